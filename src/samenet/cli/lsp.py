"""`samenet lsp`."""

from __future__ import annotations

import click

from samenet.diagnostics import FrameworkError


@click.command()
@click.option("--stdio", is_flag=True, help="Talk over standard input and output, as always.")
def lsp(stdio: bool) -> None:
    """Answer an editor about the specs that it shows, over the Language Server Protocol.

    Mistakes while one types, explanations, completion, definitions and an outline. No framework is
    needed. How editors are set up stands in docs/editors.md.
    """
    del stdio  # editors give it, and there is no other way
    try:
        from samenet.language_server.server import create
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        message = "pygls is not installed; install it: pip install 'samenet[lsp]'"
        raise FrameworkError(message) from error
    create().start_io()
