"""`samenet diff`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from samenet.cli.find import STDIN, read_stdin
from samenet.cli.report import EXIT_INVALID
from samenet.diagnostics import Diagnostic, SpecError
from samenet.document import Document, parse

if TYPE_CHECKING:
    from samenet.spec.model import Spec

FILE = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)


@click.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="What is printed.",
)
@click.option("--exit-code", is_flag=True, help="End with status 1 if the two differ in meaning.")
@click.option(
    "--set",
    "overrides",
    metavar="PATH=VALUE",
    multiple=True,
    help="Change a value of NEW, e.g. optimizer.learning_rate=0.01 or layers[2].units=64.",
)
@click.option(
    "--stdin-filename",
    metavar="FILE",
    help="The name of what is read from standard input (-), as if it stood there.",
)
@click.pass_context
def diff(
    context: click.Context,
    old: str,
    new: str,
    form: Literal["text", "markdown", "json"],
    exit_code: bool,
    overrides: tuple[str, ...],
    stdin_filename: str | None,
) -> None:
    """Say what NEW means otherwise than OLD: files, one of which may be -.

    Layout, variables, blocks, what they extend and defaults are filled in before they are
    compared; the names of the specs do not count. No framework is needed.
    """
    from samenet import api
    from samenet.difference import forms

    if old == new == STDIN:
        raise click.UsageError("only one of the two can be standard input")
    found: list[Diagnostic] = []
    loaded: list[Spec] = []
    for name, changed in ((old, ()), (new, overrides)):
        try:
            loaded.append(api.load(_source(name, stdin_filename), changed))
        except SpecError as error:
            found += error.diagnostics
    if found:
        raise SpecError(found)
    difference = api.diff(*loaded)
    if form == "json":
        text = forms.as_json(difference)
    elif form == "markdown":
        text = forms.as_markdown(difference)
    else:
        text = forms.as_text(difference, colour=True)  # click removes it where no terminal is
    click.echo(text, nl=False)
    if exit_code and difference:
        context.exit(EXIT_INVALID)


def _source(name: str, stdin_filename: str | None) -> Path | Document:
    """The file of a name, or what stands in standard input."""
    if name != STDIN:
        return Path(name)
    content, file, is_json = read_stdin(stdin_filename)
    return parse(content, file=file, is_json=is_json)
