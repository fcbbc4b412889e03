"""`samenet compile`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from samenet.cli.report import OVERRIDES, SPEC
from samenet.lowering import BACKENDS, Backend

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
@OVERRIDES
def compile(
    spec: Path, backend: Backend, output: Path, force: bool, overrides: tuple[str, ...]
) -> None:
    """Write the Keras or PyTorch program of SPEC.

    No framework is needed. An embedded data set is written beside the program. A file that
    somebody has edited is not replaced without --force.
    """
    from samenet import api

    loaded = api.load(spec, overrides)
    program = api.compile(loaded, backend)
    if str(output) == "-":
        click.echo(program.text, nl=False)
        return
    if not force:
        refuse_foreign(output, program)
    for path in program.write(output):
        click.echo(f"wrote {path}", err=True)
    looked_for = loaded.data.file and output.parent / loaded.data.file
    if looked_for and not looked_for.exists():
        click.echo(f"note: the program looks for {looked_for}; --data names another", err=True)


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
