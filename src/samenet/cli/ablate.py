"""`samenet ablate`."""

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
    from samenet.ablation.result import Question
    from samenet.spec.studies import Design

DESIGNS = ("ladder", "one-at-a-time", "leave-one-out", "factorial")


@click.command()
@click.argument("spec", type=SPEC)
@click.option(
    "--design",
    type=click.Choice(DESIGNS),
    help="ladder: the plain baseline, then one technique more at a time (the default). "
    "one-at-a-time: each alone. leave-one-out: all but each. factorial: all sets of them.",
)
@click.option("--seeds", type=click.IntRange(min=1), help="Trainings of each variant.")
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the data.")
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Look at this technique only; all others stay as the spec has them.",
)
@click.option(
    "--write",
    "written",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write each variant as a spec into this folder, and train nothing.",
)
@study_options
@OVERRIDES
def ablate(
    spec: Path,
    design: Design | None,
    seeds: int | None,
    epochs: int | None,
    only: tuple[str, ...],
    written: Path | None,
    backends: tuple[Backend, ...],
    output: Path | None,
    storage: str | None,
    jobs: int,
    force: bool,
    form: str,
    quiet: bool,
    overrides: tuple[str, ...],
) -> None:
    """Show what each technique of SPEC buys.

    The plain baseline and variants with some of the techniques are trained with several seeds and
    compared, pairs of the same seed. Techniques are what SPEC uses (batch normalization, dropout,
    a schedule, early stopping, ...) and the changes of its table [ablation.changes].
    """
    from samenet import api
    from samenet.ablation.report import as_markdown, print_report
    from samenet.ablation.study import Options, ablated, asked
    from samenet.studies.claims import LostError

    document = api.read(spec, overrides)
    loaded = api.load(spec, overrides)
    options = Options(
        backends=default_backends(backends) if written is None else backends,
        design=design,
        seeds=seeds,
        epochs=epochs,
        only=only,
        output=output,
        storage=storage,
        jobs=jobs,
        force=force,
        layers=layer_files(),
    )
    try:
        question = asked(document, loaded, options)
        if written is not None:
            _write(question, written, force=force)
            return
        with interrupted_by_termination(None):
            result = ablated(question, options, None if quiet else _progress(question))
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
    if output is not None:
        click.echo(f"wrote {output / 'result.json'}", err=True)


def _write(question: Question, folder: Path, *, force: bool) -> None:
    """Write the variants as specs, numbered in their order."""
    from samenet.files import write
    from samenet.spec.rendering import rendered
    from samenet.spec.toml import dumped

    texts = {
        folder / f"{index:02d}_{variant.name}.net.toml": dumped(rendered(variant.spec))
        for index, variant in enumerate(question.plan.variants)
    }
    for path, text in texts.items():
        if path.exists() and path.read_text(encoding="utf-8") != text and not force:
            raise click.UsageError(f"{path} holds something else; --force replaces it")
    for path, text in texts.items():
        write(path, text.encode())
        click.echo(f"wrote {path}")


def _progress(question: Question) -> Any:
    """A line for each training that is done."""
    from samenet.ablation.report import shown
    from samenet.studies.judging import judged_epoch, values_at

    specs = {variant.name: variant.spec for variant in question.plan.variants}

    def finished(
        name: str, seed: int, backend: Backend, result: Mapping[str, Any], done: int, of: int
    ) -> None:
        history = result["history"]
        epoch = judged_epoch(specs[name], history)
        value = values_at(history, epoch)[question.monitor]
        text = "diverged" if value is None else shown(value)
        click.echo(
            f"[{done}/{of}] {name} seed {seed} {backend}  {question.monitor} {text}  "
            f"epoch {epoch}/{len(history['loss'])}  {result['seconds']:.1f} s",
            err=True,
        )

    return finished
