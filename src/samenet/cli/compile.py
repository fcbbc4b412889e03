"""`samenet compile`."""

from __future__ import annotations

from pathlib import Path

import click

from samenet.cli.report import SPEC
from samenet.lowering import BACKENDS, Backend


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
def compile(spec: Path, backend: Backend, output: Path, force: bool) -> None:
    """Write the Keras or PyTorch program of SPEC.

    No framework is needed. An embedded data set is written beside the program. A file that
    somebody has edited is not replaced without --force.
    """
    from samenet import api

    program = api.compile(spec, backend)
    if str(output) == "-":
        click.echo(program.text, nl=False)
        return
    if not force:
        refuse_edited(output)
    for path in program.write(output):
        click.echo(f"wrote {path}", err=True)


def refuse_edited(path: Path) -> None:
    """Refuse to replace a file that is not a program as samenet wrote it."""
    from samenet.compiler import is_unedited

    if path.exists() and not is_unedited(path.read_text(encoding="utf-8", errors="replace")):
        raise click.UsageError(
            f"{path} is not a program as samenet wrote it; --force replaces it all the same"
        )
