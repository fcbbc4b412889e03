"""Several runs of one spec side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from samenet.training.run import Run


def print_comparison(runs: Sequence[Run]) -> None:
    """Print a table: a row for each figure, a column for each run."""
    table = Table(title=f"{runs[0].spec.name}: what came out", title_justify="left")
    table.add_column("")
    for run in runs:
        table.add_column(run.backend, justify="right")
    columns = [figures(run) for run in runs]
    for name in columns[0]:
        table.add_row(name, *(column[name] for column in columns))
    Console().print(table)


def figures(run: Run) -> dict[str, str]:
    """The figures of a run by name, in the order of the table."""
    result = {
        "trainable parameters": f"{run.parameters(trainable=True):,}",
        "other parameters": f"{run.parameters(trainable=False):,}",
        "epochs": str(run.epochs),
    }
    for name, mode in run.spec.modes().items():
        for prefix, part in (("", "training"), ("val_", "validation")):
            values = run.history.get(prefix + name)
            if values is None:
                continue
            finite = [value for value in values if math.isfinite(value)] or values
            best = min(finite) if mode == "min" else max(finite)
            result[f"{part} {name}, final"] = f"{values[-1]:.4f}"
            result[f"{part} {name}, best"] = f"{best:.4f} (epoch {values.index(best) + 1})"
    result["learning rate at the end"] = f"{run.history['learning_rate'][-1]:.3g}"
    result["seconds"] = f"{run.seconds:.1f}"
    return result
