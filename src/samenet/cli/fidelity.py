"""How `samenet verify --fidelity idiomatic` prints what it has measured."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from samenet.lowering import BACKENDS
from samenet.verification.drift_report import OWNERS, DriftReport, explained, numbers, place


def print_drift(report: DriftReport) -> None:
    """For each framework a table of what drifts, and what that is; then what does not."""
    for backend in reversed(BACKENDS):
        rows = [row for row in report.drifting if row.backend == backend]
        if not rows:
            continue
        title = f"{report.name}: the program with {OWNERS[backend]} own parts, {report.precision}"
        table = Table(title=title, title_justify="left")
        table.add_column("part", overflow="fold")
        for name in ("before", "1 step", f"{report.steps} steps"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("largest at", overflow="fold")
        for row in rows:
            table.add_row(row.part, *numbers(row), place(row))
        Console().print(table)
        for row in rows:
            if explained(row):
                click.echo(f"- {row.part}, {explained(row)}.")
        click.echo()
    for line in report.remarks():
        click.echo(f"note: {line}")
    click.echo(f"{report.verdict}.")
