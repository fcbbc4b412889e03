"""`samenet report`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    default="report.html",
    show_default=True,
    help="The file to write; - for standard output.",
)
def report(paths: tuple[Path, ...], output: Path) -> None:
    """Write what came out as one page of HTML.

    PATHS are folders that `samenet train --output` has written, files `result.json` of an ablation
    or a sweep, and reports of `samenet verify --format json`. The page needs no network and no
    other file.
    """
    from samenet import api, files

    try:
        text = api.report(paths)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if str(output) == "-":
        click.echo(text, nl=False)
    else:
        files.write(output, text.encode())
        click.echo(f"wrote {output}", err=True)
