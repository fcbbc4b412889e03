"""`samenet sweep`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samenet.cli.report import OVERRIDES, SPEC
from samenet.cli.studies import default_backends, layer_files, study_options
from samenet.cli.train import interrupted_by_termination
from samenet.lowering import Backend

if TYPE_CHECKING:
    from samenet.search.study import Task


@click.command()
@click.argument("spec", type=SPEC)
@click.option("--trials", type=click.IntRange(min=1), help="Trainings, in place of the spec's.")
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the data.")
@study_options
@OVERRIDES
def sweep(
    spec: Path,
    trials: int | None,
    epochs: int | None,
    backends: tuple[Backend, ...],
    output: Path | None,
    storage: str | None,
    jobs: int,
    force: bool,
    form: str,
    quiet: bool,
    overrides: tuple[str, ...],
) -> None:
    """Search the best values for the paths in the table [search.space] of SPEC.

    --output receives best.net.toml, the spec with the values that were best.
    """
    from samenet import api
    from samenet.search.report import as_markdown, print_report
    from samenet.search.study import Options, swept, task
    from samenet.studies.claims import LostError

    if len(backends) > 1:
        raise click.UsageError("a search is done in one framework; give --backend once")
    document = api.read(spec, overrides)
    (backend,) = default_backends(backends)
    options = Options(output, storage, jobs, force, layer_files())
    try:
        found = task(document, backend, trials=trials, epochs=epochs)
        with interrupted_by_termination(None):
            result = swept(found, options, None if quiet else _progress(found))
    except (ValueError, LostError) as error:
        if isinstance(error, api.SpecError):
            raise
        raise click.UsageError(str(error)) from error
    if form == "json":
        click.echo(result.as_json(), nl=False)
    elif form == "markdown":
        click.echo(as_markdown(result.data), nl=False)
    else:
        print_report(result.data)
    for name in ("result.json", "best.net.toml"):
        if output is not None and (output / name).exists():
            click.echo(f"wrote {output / name}", err=True)


def _progress(found: Task) -> Any:
    """A line for each trial that is done."""
    from samenet.search.result import trial_of

    def finished(number: int, result: Mapping[str, Any], done: int, of: int) -> None:
        trial = trial_of(number, result, found.monitor)
        value = trial["state"] if trial["value"] is None else f"{trial['value']:.4f}"
        chosen = "  ".join(f"{path} {item}" for path, item in trial["parameters"].items())
        click.echo(f"[{done}/{of}] trial {number}  {found.monitor} {value}  {chosen}", err=True)

    return finished
