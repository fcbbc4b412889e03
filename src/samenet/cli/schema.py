"""`samenet schema`."""

from __future__ import annotations

import json

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of specs, for editors; layers of your own (--layers) are in it."""
    from samenet.spec.json_schema import json_schema

    click.echo(json.dumps(json_schema(), indent=1))
