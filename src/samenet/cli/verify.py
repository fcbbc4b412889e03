"""`samenet verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from samenet.cli.report import EXIT_INVALID, OVERRIDES, SPEC
from samenet.frameworks import import_frameworks
from samenet.lowering import BACKENDS, FIDELITIES, Fidelity

if TYPE_CHECKING:
    from samenet.runtime import Precision
    from samenet.verification.drift_report import DriftReport
    from samenet.verification.report import Report


@click.command()
@click.argument("spec", type=SPEC)
@click.option(
    "--steps",
    type=click.IntRange(min=2),
    default=10,
    show_default=True,
    help="The steps of the optimizer that are compared, in two epochs.",
)
@click.option(
    "--precision",
    type=click.Choice(["float64", "float32"]),
    default="float64",
    show_default=True,
    help="What both compute in; in float32 rounding hides small mistakes.",
)
@click.option("--batch-size", type=click.IntRange(min=1), help="Samples of a compared batch.")
@click.option(
    "--program",
    type=SPEC,
    help="A compiled program, perhaps edited: is it still the spec's? It is executed.",
)
@click.option(
    "--fidelity",
    type=click.Choice(FIDELITIES),
    default="exact",
    show_default=True,
    help="idiomatic: how far does each framework drift with parts of its own, and why?",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How the result is printed.",
)
@OVERRIDES
def verify(
    spec: Path,
    steps: int,
    precision: Precision,
    batch_size: int | None,
    program: Path | None,
    fidelity: Fidelity,
    form: str,
    overrides: tuple[str, ...],
) -> None:
    """Show that the programs of SPEC are the same network with the same training.

    They are built, started with the same weights and batches, and compared: weights, every layer's
    input and output, loss, gradients, steps, statistics, learning rates, history and predictions.
    Ends with status 1 if anything differs.

    With --fidelity idiomatic each framework's program is compared with itself: parts that are
    brought to SPEC's meaning give way to the framework's own, one at a time, then all together.
    What then differs is information; the status is 0.
    """
    from samenet import api

    if program is not None and fidelity != "exact":
        raise click.UsageError("--fidelity compares compiled programs; leave --program out")
    loaded = api.load(spec, overrides)
    if fidelity == "idiomatic":
        from samenet.cli.fidelity import print_drift
        from samenet.verification.drift import exchanging

        import_frameworks(exchanging(loaded))
        drift = api.drift(loaded, steps=steps, precision=precision, batch_size=batch_size)
        if not printed(drift, form):
            print_drift(drift)
        return
    if program is None:
        import_frameworks(BACKENDS)
    try:
        report = api.verify(
            loaded, steps=steps, precision=precision, batch_size=batch_size, program=program
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if not printed(report, form):
        print_report(report)
    if not report.agrees:
        click.get_current_context().exit(EXIT_INVALID)


def printed(report: Report | DriftReport, form: str) -> bool:
    """Print a report in a form for machines or pages; whether that is asked for."""
    if form == "json":
        click.echo(report.as_json())
    elif form == "markdown":
        click.echo(report.as_markdown(), nl=False)
    return form != "text"


def print_report(report: Report) -> None:
    """A table, what was left out, and the verdict."""
    from rich.console import Console
    from rich.table import Table

    from samenet.verification.report import shown

    title = f"{report.name}: {' and '.join(report.subjects)}, {report.precision}"
    table = Table(title=title, title_justify="left")
    for name in ("compared", "largest at"):
        table.add_column(name)
    for name in ("difference", "allowed"):
        table.add_column(name, justify="right")
    table.add_column("")
    for row in report.rows:
        verdict = "same" if row.agrees else "differs"
        table.add_row(row.what, row.where, shown(row.difference), f"{row.tolerance:.0e}", verdict)
    Console().print(table)
    for note in report.notes:
        click.echo(f"note: {note}")
    click.echo(f"{report.verdict}.")
