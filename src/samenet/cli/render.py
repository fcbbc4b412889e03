"""`samenet render`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from samenet.cli.report import OVERRIDES, SPEC


@click.command()
@click.argument("spec", type=SPEC)
@click.option(
    "--format",
    type=click.Choice(["toml", "json"]),
    default="toml",
    show_default=True,
    help="What is printed.",
)
@OVERRIDES
def render(spec: Path, format: Literal["toml", "json"], overrides: tuple[str, ...]) -> None:
    """Print SPEC with nothing left to be filled in.

    What it extends, variables, blocks and defaults are written out, and every key has a value.
    What is printed is itself a spec, and its programs are the same.
    """
    from samenet import api

    click.echo(api.render(spec, overrides, format), nl=False)
