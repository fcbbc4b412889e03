"""`samenet train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from samenet.cli.compile import refuse_foreign
from samenet.cli.frameworks import import_frameworks
from samenet.cli.report import OVERRIDES, SPEC
from samenet.lowering import BACKENDS, Backend

if TYPE_CHECKING:
    from samenet.compiler import Program
    from samenet.training.progress import Progress
    from samenet.training.run import Run


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
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@OVERRIDES
def train(
    spec: Path,
    backends: tuple[Backend, ...],
    epochs: int | None,
    output: Path | None,
    force: bool,
    quiet: bool,
    overrides: tuple[str, ...],
) -> None:
    """Train SPEC and show what came out, side by side if in several frameworks."""
    from samenet import api, runtime
    from samenet.diagnostics import FrameworkError
    from samenet.training.comparison import print_comparison

    loaded = api.load(spec, overrides)
    backends = backends or tuple(item for item in BACKENDS if runtime.is_installed(item))
    if not backends:
        raise FrameworkError(f"no framework is installed; install one: {runtime.INSTALL['torch']}")
    backends = tuple(dict.fromkeys(backends))
    if output is not None:
        if not force:
            for backend in backends:
                _refuse_used(output / backend, api.compile(loaded, backend), loaded.name)
        output.mkdir(parents=True, exist_ok=True)  # fails before the training, not after it
    import_frameworks(backends)
    runs: list[Run] = []
    written: list[Path] = []
    for backend in backends:
        run = api.train(loaded, backend, epochs=epochs, progress=_progress(quiet=quiet))
        runs.append(run)
        if output is not None:  # at once: what follows may fail
            written += run.write(output / backend)
    print_comparison(runs)
    for path in written:
        click.echo(f"wrote {path}")


def _progress(*, quiet: bool) -> Progress:
    from rich.console import Console

    from samenet.training.progress import Live, Log, Progress

    if quiet:
        return Progress()
    console = Console(stderr=True)
    return Live(console) if console.is_terminal else Log()


def _refuse_used(folder: Path, program: Program, name: str) -> None:
    """Refuse to replace the files of an earlier run."""
    if (folder / "weights.safetensors").exists():
        raise click.UsageError(f"{folder} holds an earlier run; --force replaces it")
    refuse_foreign(folder / f"{name}_{program.backend}.py", program)
