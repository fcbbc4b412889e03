"""What the commands print alike."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from samenet.diagnostics import Diagnostic
from samenet.diagnostics.text import render

EXIT_INVALID = 1
EXIT_USAGE = 2
EXIT_FRAMEWORK = 3
EXIT_INTERRUPTED = 130

SPEC = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


OVERRIDES = click.option(
    "--set",
    "overrides",
    metavar="PATH=VALUE",
    multiple=True,
    help="Change a value of the spec, e.g. optimizer.learning_rate=0.01 or layers[2].units=64.",
)


def print_diagnostics(diagnostics: Iterable[Diagnostic], *, err: bool = False) -> None:
    """Print findings with excerpts of their files, and how many there are.

    They are the output of `validate`; for other commands they are errors (`err`).
    """
    found = list(diagnostics)
    shown = render(found, _sources(found))
    click.echo(f"{shown}Found {counted(len(found), 'mistake')}.", err=err)


def counted(number: int, noun: str) -> str:
    """`1 mistake`, `2 mistakes`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _sources(found: Iterable[Diagnostic]) -> dict[str, str]:
    """The text of each file that a finding points into."""
    sources: dict[str, str] = {}
    for file in {item.file for item in found if item.file and item.span}:
        try:
            sources[file] = Path(file).read_text(encoding="utf-8-sig", errors="replace")
        except OSError:
            continue
    return sources
