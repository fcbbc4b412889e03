"""`samenet diagram`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from samenet.cli.report import OVERRIDES, SPEC

if TYPE_CHECKING:
    from samenet.diagrams import Format


@click.command()
@click.argument("spec", type=SPEC)
@click.option(
    "--format",
    "form",
    type=click.Choice(["svg", "mermaid", "dot"]),
    help="A picture, text that GitHub draws, or text for Graphviz; by the suffix of --output "
    "(.svg, .mmd, .dot), else mermaid.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    default="-",
    help="The file to write; standard output by default.",
)
@OVERRIDES
def diagram(spec: Path, form: Format | None, output: Path, overrides: tuple[str, ...]) -> None:
    """Draw the network of SPEC: layers, output shapes, parameters, blocks as groups.

    No framework is needed. Layers or blocks that are alike and follow each other are drawn once.
    """
    from samenet import api, files

    by_suffix: dict[str, Format] = {".svg": "svg", ".dot": "dot", ".gv": "dot"}
    form = form or by_suffix.get(output.suffix.lower(), "mermaid")
    loaded = api.load(spec, overrides)
    try:
        text = api.diagram(loaded, form).rstrip("\n") + "\n"
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if str(output) == "-":
        click.echo(text, nl=False)
    else:
        files.write(output, text.encode())
        click.echo(f"wrote {output}", err=True)
