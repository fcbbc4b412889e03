"""The command line. Each command is a file; what a command needs is imported when it runs.

Exit status: 0 done, 1 a spec (or its data) is invalid, 2 wrong usage, 3 a framework is missing,
130 interrupted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from samenet.cli import build, compile, render, train, validate
from samenet.cli.report import (
    EXIT_FRAMEWORK,
    EXIT_INTERRUPTED,
    EXIT_INVALID,
    EXIT_USAGE,
    print_diagnostics,
)
from samenet.diagnostics import FrameworkError, SpecError, printable
from samenet.version import VERSION


class Commands(click.Group):
    """The commands; turns what a user can cause into a message and an exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; end with a message and an exit status where it cannot be done."""
        try:
            return super().invoke(ctx)
        except SpecError as error:
            print_diagnostics(error.diagnostics, err=True)
            ctx.exit(EXIT_INVALID)
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


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
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
    """One spec, the same network in Keras and PyTorch.

    Exit status: 0 done, 1 a spec or its data are invalid, 2 wrong usage, 3 a framework is missing.
    """
    for file in files:
        _execute(file)


def _execute(file: Path) -> None:
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


for command in (validate.validate, render.render, compile.compile, build.build, train.train):
    main.add_command(command)
