"""`samenet train`."""

from __future__ import annotations

import signal
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread
from typing import TYPE_CHECKING

import click

from samenet.cli.compile import refuse_foreign
from samenet.cli.report import DEVICE, EXIT_FAILED, OVERRIDES, SPEC
from samenet.frameworks import import_frameworks
from samenet.lowering import BACKENDS, Backend

if TYPE_CHECKING:
    from samenet.compiler import Program
    from samenet.training.progress import Progress
    from samenet.training.run import Run

CHECKPOINTS: dict[Backend, str] = {"keras": "checkpoint.npz", "torch": "checkpoint.pt"}
"""Where the programs keep the state of their training."""


@click.command()
@click.argument("spec", type=SPEC)
@click.option(
    "-b",
    "--backend",
    "backends",
    multiple=True,
    type=click.Choice(BACKENDS),
    help="The framework; give it twice to train in both and compare. Default: all installed.",
)
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the data.")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for program, history and weights; each framework gets a folder in it.",
)
@click.option("--force", is_flag=True, help="Replace the files of an earlier run.")
@click.option("--resume", is_flag=True, help="Go on with the run in --output where it ended.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@DEVICE
@OVERRIDES
def train(
    spec: Path,
    backends: tuple[Backend, ...],
    epochs: int | None,
    output: Path | None,
    force: bool,
    resume: bool,
    quiet: bool,
    device: str,
    overrides: tuple[str, ...],
) -> None:
    """Train SPEC and show what came out, side by side if in several frameworks."""
    from samenet import api, runtime
    from samenet.diagnostics import FrameworkError
    from samenet.training.comparison import print_comparison
    from samenet.training.lock import held

    if resume and output is None:
        raise click.UsageError("--resume needs --output, the folder of the run")
    if resume and force:
        raise click.UsageError("--resume goes on with a run, --force replaces it; choose one")
    loaded = api.load(spec, overrides)
    backends = backends or tuple(item for item in BACKENDS if runtime.is_installed(item))
    if not backends:
        raise FrameworkError(f"no framework is installed; install one: {runtime.INSTALL['torch']}")
    backends = tuple(dict.fromkeys(backends))
    folders: dict[Backend, Path] = {item: output / item for item in backends} if output else {}
    if loaded.writing and not output:
        raise click.UsageError(f"{loaded.writing} writes files; --output says into which folder")
    runs: list[Run] = []
    written: list[Path] = []
    with held(folders.values()), interrupted_by_termination(output):
        for backend, folder in folders.items():
            program = api.compile(loaded, backend)
            _prepare(folder, program, loaded.name, force=force, resume=resume)
        import_frameworks(backends)
        for backend in backends:
            folder = folders.get(backend)
            run = api.train(
                loaded,
                backend,
                epochs=epochs,
                progress=_progress(quiet=quiet),
                checkpoint=folder,
                device=device,
            )
            runs.append(run)
            if folder is not None:  # at once: what follows may fail
                written += run.write(folder)
    print_comparison(runs)
    for path in written:
        click.echo(f"wrote {path}")
    _end(runs, output)


def _end(runs: Sequence[Run], output: Path | None) -> None:
    """End the command with the status of a failure if a training has failed."""
    messages = [
        _failure(run, reason, output and output / run.backend)
        for run in runs
        if (reason := run.failure)
    ]
    for message in messages:
        click.echo(message, err=True)
    if messages:
        click.get_current_context().exit(EXIT_FAILED)


def _failure(run: Run, reason: str, folder: Path | None) -> str:
    """That a training has failed, why, and what is left of it."""
    message = f"error: the training in {run.backend} failed: {reason}\n  help: "
    if folder is None:
        return f"{message}--output FOLDER keeps the last epoch with finite loss and weights"
    epochs = run.kept_epochs(folder)
    if not epochs:
        return f"{message}no epoch ended with finite loss and weights; lower the learning rate"
    file = folder / CHECKPOINTS[run.backend]
    kept = f"{file} keeps epoch {epochs}, the last with finite loss and weights"
    return f"{message}{kept}; --resume --epochs {epochs} writes these"


@contextmanager
def interrupted_by_termination(output: Path | None) -> Generator[None]:
    """Who ends the process interrupts it, as Ctrl-C does, and is told how to go on."""
    main = current_thread() is main_thread()  # no other can set what a signal does
    # Ctrl-C does the same where nobody has changed it.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler) if main else None
    try:
        yield
    except KeyboardInterrupt:
        if output is not None:
            click.echo(f"the same command with --resume goes on from {output}", err=True)
        raise
    finally:
        if main:
            signal.signal(signal.SIGTERM, before)


def _progress(*, quiet: bool) -> Progress:
    from rich.console import Console

    from samenet.training.progress import Live, Log, Progress

    if quiet:
        return Progress()
    console = Console(stderr=True)
    return Live(console) if console.is_terminal else Log()


def _prepare(folder: Path, program: Program, name: str, *, force: bool, resume: bool) -> None:
    """Make the folder of a run, with its program in it; fails before the training, not after it.

    Raises:
        click.UsageError: it holds another run, or none that this one goes on with.
        OSError: it cannot be written.
    """
    file = folder / f"{name}_{program.backend}.py"
    checkpoints = [path for path in CHECKPOINTS.values() if (folder / path).exists()]
    if resume:
        if checkpoints and not (file.exists() and file.read_text() == program.text):
            message = f"{file} is not what the spec compiles to, so its run cannot go on"
            raise click.UsageError(f"{message}; --force begins another one")
    elif force:
        for path in checkpoints:
            (folder / path).unlink()
    elif checkpoints or (folder / "weights.safetensors").exists():
        message = f"{folder} holds an earlier run"
        raise click.UsageError(f"{message}; --resume goes on with it, --force replaces it")
    else:
        refuse_foreign(file, program)
    program.write(file)
