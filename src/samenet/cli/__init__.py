"""The command line. Each command is a file, imported with what it needs when it runs.

What the exit status says is in `samenet.cli.report.STATUS`.
"""

from __future__ import annotations

import importlib
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Any, cast

import click
from click.exceptions import NoSuchCommand

from samenet.cli.report import (
    EXIT_FRAMEWORK,
    EXIT_INTERRUPTED,
    EXIT_USAGE,
    STATUS,
    print_diagnostics,
    status_of,
)
from samenet.diagnostics import FrameworkError, SpecError, printable
from samenet.version import VERSION

COMMANDS = (
    "validate",
    "explain",
    "schema",
    "lsp",
    "render",
    "diff",
    "compile",
    "build",
    "diagram",
    "train",
    "evaluate",
    "predict",
    "verify",
    "ablate",
    "sweep",
    "report",
)
"""The commands, each in a module of its name unless `MODULES` says otherwise."""

MODULES = {"evaluate": "trained", "predict": "trained", "report": "page"}


class Commands(click.Group):
    """The commands; turns what a user can cause into a message and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in the order of the help."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command, of which the module is imported now."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"samenet.cli.{MODULES.get(cmd_name, cmd_name)}")
        return cast("click.Command", getattr(module, cmd_name))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named, or the names that are like it."""
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            raise NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; end with a message and an exit status where it cannot be done."""
        try:
            return super().invoke(ctx)
        except SpecError as error:
            print_diagnostics(error.diagnostics, err=True)
            ctx.exit(status_of(error.diagnostics))
        except FrameworkError as error:
            click.echo(f"error: {printable(str(error))}", err=True)
            ctx.exit(EXIT_FRAMEWORK)
        except OSError as error:
            reason = error.strerror or str(error)
            name = f"{error.filename}: " if error.filename else ""
            click.echo(f"error: {printable(name + reason)}", err=True)
            ctx.exit(EXIT_USAGE)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(EXIT_INTERRUPTED)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExit status:\n" + "\n".join(f"{code:5}  {text}" for code, text in STATUS.items()),
)
@click.version_option(VERSION, prog_name="samenet")
@click.option(
    "--layers",
    "files",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A Python file that registers layers of your own. It is executed.",
)
def main(files: tuple[Path, ...]) -> None:
    """One spec, the same network in Keras and PyTorch."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a message of any letters, on any terminal
            stream.reconfigure(errors="backslashreplace")
    click.get_current_context().obj = files
    for file in files:
        execute(file)


def execute(file: Path) -> None:
    """Run a file of layers; what goes wrong in it is told with its line."""
    import runpy
    import traceback

    try:
        runpy.run_path(str(file), run_name=file.stem)
    except Exception as error:
        lines = traceback.extract_tb(error.__traceback__)
        own = [line.lineno for line in lines if line.filename == str(file)]
        place = f"{file}:{own[-1]}" if own else str(file)
        raise click.UsageError(f"--layers: {place}: {type(error).__name__}: {error}") from error
