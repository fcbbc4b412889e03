"""`samenet validate`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from samenet.cli.report import EXIT_INVALID, OVERRIDES, counted, print_diagnostics
from samenet.diagnostics import Diagnostic

PATTERNS = ("*.net.toml", "*.net.json")


@click.command()
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, readable=True, path_type=Path)
)
@OVERRIDES
def validate(paths: tuple[Path, ...], overrides: tuple[str, ...]) -> None:
    """Check specs: files, or folders to search for *.net.toml and *.net.json.

    No framework is needed. All mistakes of all files are reported.
    """
    from samenet import api

    specs = list(dict.fromkeys(_specs(paths)))
    found: list[Diagnostic] = []
    for path in specs:
        found += api.validate(path, overrides)
    if found:
        print_diagnostics(found)
        raise SystemExit(EXIT_INVALID)
    click.echo(f"{counted(len(specs), 'spec')} checked, no mistakes.")


def _specs(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        files = sorted({file for pattern in PATTERNS for file in path.rglob(pattern)})
        if not files:
            raise click.UsageError(f"no {' or '.join(PATTERNS)} in the folder {path}")
        yield from files
