"""`samenet compile`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from samenet.cli.report import EXIT_INVALID, OVERRIDES, SPEC
from samenet.diagnostics import printable
from samenet.lowering import BACKENDS, FIDELITIES, Backend, Fidelity

if TYPE_CHECKING:
    from samenet.compiler import Program


@click.command()
@click.argument("spec", type=SPEC)
@click.option("-b", "--backend", required=True, type=click.Choice(BACKENDS), help="The framework.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    default="-",
    help="The file to write; standard output by default.",
)
@click.option("--force", is_flag=True, help="Replace a file that was not written by samenet.")
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; fail, and show how they differ, if the file is not this program.",
)
@click.option(
    "--fidelity",
    type=click.Choice(FIDELITIES),
    default="exact",
    show_default=True,
    help="idiomatic: the framework's own parts, also where they mean something else than SPEC.",
)
@OVERRIDES
def compile(
    spec: Path,
    backend: Backend,
    output: Path,
    force: bool,
    check: bool,
    fidelity: Fidelity,
    overrides: tuple[str, ...],
) -> None:
    """Write the Keras or PyTorch program of SPEC.

    No framework is needed. An embedded data set is written beside the program. A file that
    somebody has edited is not replaced without --force. The head of an idiomatic program lists what
    differs in it.
    """
    from samenet import api

    if check and str(output) == "-":
        raise click.UsageError("--check compares with a file; name it with --output")
    loaded = api.load(spec, overrides)
    program = api.compile(loaded, backend, fidelity=fidelity)
    if check:
        raise SystemExit(0 if is_current(output, program) else EXIT_INVALID)
    if str(output) == "-":
        click.echo(program.text, nl=False)
        return
    if not force:
        refuse_foreign(output, program)
    for path in program.write(output):
        click.echo(f"wrote {path}", err=True)
    for option, file in loaded.data.files_by_option().items():
        looked_for = output.parent / file
        if not looked_for.exists():
            message = f"note: the program looks for {looked_for}; {option} names another"
            click.echo(message, err=True)


MAX_LINES = 40
"""How many lines of a difference are shown."""


def is_current(path: Path, program: Program) -> bool:
    """Whether a file is the program, with its data beside it; prints how it is not."""
    if not path.exists():
        click.echo(f"{printable(str(path))} does not exist")
        return False
    text = path.read_text(encoding="utf-8", errors="replace")
    if text != program.text:
        _show_difference(text, program.text, path)
        return False
    if program.data_file is not None:
        beside = path.with_name(program.data_file.name)
        if not beside.exists() or beside.read_bytes() != program.data_file.read_bytes():
            click.echo(f"{printable(str(beside))} is not the data set of the program")
            return False
    return True


def _show_difference(old: str, new: str, path: Path) -> None:
    """The lines that differ, without those around them; none can begin a command to a CI."""
    from difflib import unified_diff

    names = (str(path), "what the spec compiles to")
    lines = list(unified_diff(old.splitlines(), new.splitlines(), *names, n=0, lineterm=""))
    for line in lines[:MAX_LINES]:
        click.echo(printable(line))
    if len(lines) > MAX_LINES:
        click.echo(f"... and {len(lines) - MAX_LINES:,} more lines")
    click.echo(f"{printable(str(path))} is not what its spec compiles to")


def refuse_foreign(path: Path, program: Program) -> None:
    """Refuse to replace a file that is not as samenet wrote it."""
    from samenet.compiler import is_unedited

    foreign: Path | None = None
    if path.exists() and not is_unedited(path.read_text(encoding="utf-8", errors="replace")):
        foreign = path
    elif program.data_file is not None:
        beside = path.with_name(program.data_file.name)
        if beside.exists() and beside.read_bytes() != program.data_file.read_bytes():
            foreign = beside
    if foreign is not None:
        message = f"{foreign} is not as samenet wrote it; --force replaces it all the same"
        raise click.UsageError(message)
