"""`samenet evaluate` and `samenet predict`: what is made of trained weights."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from samenet.cli.report import OVERRIDES
from samenet.frameworks import import_frameworks
from samenet.lowering import BACKENDS, Backend

if TYPE_CHECKING:
    from samenet.training.evaluation import Results
    from samenet.training.saved import Saved

Command = TypeVar("Command", bound=Callable[..., Any])


def trained(command: Command) -> Command:
    """The arguments that say which weights are meant, and which samples."""
    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    for option in (
        OVERRIDES,
        click.option("--data", type=click.Path(path_type=Path), help="A file of samples."),
        click.option("--weights", type=file, help="The weights, a safetensors file of a run."),
        click.argument("source", metavar="RUN|SPEC", type=click.Path(exists=True, path_type=Path)),
    ):
        command = option(command)
    return command


@click.command()
@trained
@click.option(
    "-b",
    "--backend",
    "backends",
    multiple=True,
    type=click.Choice(BACKENDS),
    help="The framework; may be given twice. Default: the one that trained, else all installed.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="How the result is printed.",
)
def evaluate(
    source: Path,
    weights: Path | None,
    data: Path | None,
    overrides: tuple[str, ...],
    backends: tuple[Backend, ...],
    form: str,
) -> None:
    """Print the loss and the metrics of trained weights.

    RUN is the folder of a run, or one with those of both frameworks; a SPEC needs --weights. The
    samples are the spec's own for validation and test, or those of --data.
    """
    from samenet.training.evaluation import evaluated, restored

    chosen: list[tuple[Saved, Backend]] = [
        (item, backend)
        for item in _saved(source, weights, overrides)
        for backend in dict.fromkeys(backends) or _backends(item)
    ]
    import_frameworks([backend for _, backend in chosen])
    results: dict[str, Results] = {}
    for item, backend in chosen:
        other = item.backend not in (None, backend)
        name = f"{backend}, weights of {item.backend}" if other else backend
        results[name] = evaluated(restored(item, backend), data)
    {"text": _print_table, "json": _print_json, "csv": _print_csv}[form](results)


@click.command()
@trained
@click.option("-b", "--backend", type=click.Choice(BACKENDS), help="The framework.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write: a table, .csv or .parquet, or arrays, .npz.",
)
@click.option("--force", is_flag=True, help="Replace a file.")
def predict(
    source: Path,
    weights: Path | None,
    data: Path | None,
    overrides: tuple[str, ...],
    backend: Backend | None,
    output: Path,
    force: bool,
) -> None:
    """Write what a trained network gives for the samples of --data, which need no targets.

    RUN and SPEC are those of `samenet evaluate`. A table has a line for each sample, with the
    probabilities and the most probable class where the network gives these.
    """
    from samenet.data.embedded import Embedded
    from samenet.files import write
    from samenet.training.evaluation import predicted, restored
    from samenet.training.predictions import writer

    try:
        content = writer(output.suffix)
    except ValueError as error:
        raise click.UsageError(f"--output {output}: {error}") from error
    if output.exists() and not force:
        raise click.UsageError(f"{output} exists; --force replaces it")
    item, backend = _one(_saved(source, weights, overrides), backend)
    if data is None and not isinstance(item.spec.data, Embedded):
        raise click.UsageError("--data names the file of the samples")
    import_frameworks([backend])
    write(output, content(item.spec, predicted(restored(item, backend), data)))
    click.echo(f"wrote {output}")


def _saved(source: Path, weights: Path | None, overrides: tuple[str, ...]) -> list[Saved]:
    from samenet.training.saved import saved

    if not source.is_dir() and weights is None:
        raise click.UsageError(
            "--weights names the weights of a spec; the folder of a run has its own"
        )
    return saved(source, weights, overrides)


def _backends(item: Saved) -> Sequence[Backend]:
    """The frameworks in which weights are taken if nobody says so."""
    from samenet import runtime
    from samenet.diagnostics import FrameworkError

    if item.backend is not None:
        return [item.backend]
    installed: list[Backend] = [backend for backend in BACKENDS if runtime.is_installed(backend)]
    if not installed:
        raise FrameworkError(f"no framework is installed; install one: {runtime.INSTALL['torch']}")
    return installed


def _one(found: Sequence[Saved], backend: Backend | None) -> tuple[Saved, Backend]:
    """The weights of which somebody predicts, and the framework."""
    own = [item for item in found if item.backend == backend] if backend else found
    item = (own or found)[0]
    if len(own or found) > 1:
        raise click.UsageError("there are runs of both frameworks; --backend chooses one")
    return item, backend or _backends(item)[0]


def _rows(results: Mapping[str, Results]) -> list[tuple[str, list[float]]]:
    """What was measured, and the numbers of all columns."""
    first = next(iter(results.values()))
    return [
        (f"{part} {name}", [result[part][name] for result in results.values()])
        for part, values in first.items()
        for name in values
    ]


def _print_table(results: Mapping[str, Results]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    table.add_column("")
    for name in results:
        table.add_column(name, justify="right")
    for what, numbers in _rows(results):
        table.add_row(what, *(f"{number:.6g}" for number in numbers))
    Console().print(table)


def _print_json(results: Mapping[str, Results]) -> None:
    click.echo(json.dumps(results, indent=2))


def _print_csv(results: Mapping[str, Results]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["measured", *results])
    writer.writerows([what, *numbers] for what, numbers in _rows(results))
    click.echo(text.getvalue(), nl=False)
