"""What the commands that do many trainings have in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from samenet.lowering import BACKENDS, Backend

Command = TypeVar("Command", bound=Callable[..., Any])


def study_options(command: Command) -> Command:
    """The options of a study: where it is, and who works on it."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option(
        "-b",
        "--backend",
        "backends",
        multiple=True,
        type=click.Choice(BACKENDS),
        help="The framework. Default: PyTorch, if it is installed.",
    ),
    click.option(
        "-o",
        "--output",
        type=click.Path(file_okay=False, path_type=Path),
        help="A folder for the trainings and result.json. The same command goes on with it, also "
        "while another one works on it.",
    ),
    click.option(
        "--storage",
        metavar="URL",
        help="A storage of Optuna, such as sqlite:///FILE, in place of a journal in --output. "
        "Machines that share it share the work.",
    ),
    click.option(
        "--jobs",
        type=click.IntRange(min=1, max=1024),
        default=1,
        show_default=True,
        help="Processes that work at the same time.",
    ),
    click.option("--force", is_flag=True, help="Begin anew: remove what is there."),
    click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json", "markdown"]),
        default="text",
        show_default=True,
        help="How the result is printed.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="Show no progress."),
)


def default_backends(backends: tuple[Backend, ...]) -> tuple[Backend, ...]:
    """The frameworks that are named, else the one that is installed, PyTorch first.

    Raises:
        FrameworkError: none is installed.
    """
    from samenet import runtime
    from samenet.diagnostics import FrameworkError

    if backends:
        return tuple(dict.fromkeys(backends))
    for backend in ("torch", "keras"):
        if runtime.is_installed(backend):
            return (backend,)
    raise FrameworkError(f"no framework is installed; install one: {runtime.INSTALL['torch']}")


def layer_files() -> tuple[Path, ...]:
    """The files of `--layers`, which further processes have to execute as well."""
    return click.get_current_context().find_root().obj or ()
