"""The result of a search as a table for a terminal or a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from samenet.studies.tables import console_of, markdown, printed

Table = Mapping[str, Any]

MOST = 20
"""How many trials a table shows."""


def head(data: Table) -> tuple[str, ...]:
    """The names of the columns."""
    return ("trial", data["monitor"], *data["space"], "epoch", "seconds")


def rows(data: Table) -> Iterator[tuple[str, ...]]:
    """The best trials, and the other ones behind them, as cells of a table."""
    sign = 1 if data["mode"] == "min" else -1
    trials = sorted(
        data["trials"],
        key=lambda item: (item["value"] is None, sign * (item["value"] or 0.0), item["number"]),
    )
    for trial in trials[:MOST]:
        value = trial["state"] if trial["value"] is None else f"{trial['value']:.4f}"
        seconds = "" if trial["seconds"] is None else f"{trial['seconds']:.1f}"
        chosen = (_shown(trial["parameters"][path]) for path in data["space"])
        yield str(trial["number"]), value, *chosen, str(trial["epoch"] or ""), seconds


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def notes(data: Table) -> Iterator[str]:
    """What was best, and how far that can be trusted."""
    best = next((item for item in data["trials"] if item["number"] == data["best"]), None)
    if best is None:
        yield "no training came to its end with finite values"
        return
    chosen = ", ".join(f"{path} = {_shown(v)}" for path, v in best["parameters"].items())
    yield f"best: {data['monitor']} {best['value']:.4f} in trial {best['number']} with {chosen}"
    if data["importance"]:
        parts = (f"{path} {value:.0%}" for path, value in data["importance"].items())
        yield f"what explains the differences: {', '.join(parts)}"
    count = len(data["trials"])
    if count > MOST:
        yield f"{MOST} of {count:,} trials are shown"
    yield (
        "the best of many looks better than it is: it was chosen by these very data, with one "
        "seed; [ablation.changes] and samenet ablate compare it with what you had over several"
    )


def as_markdown(data: Table) -> str:
    """The table and the notes for a page or a comment."""
    lines = [*markdown(head(data), rows(data)), "", *(f"- {text}" for text in notes(data))]
    return "\n".join(lines) + "\n"


def print_report(data: Table) -> None:
    """The best trials first, then what was best."""
    console = console_of()
    printed(console, f"{data['name']} {data['backend']}: {data['sampler']}", head(data), rows(data))
    for text in notes(data):
        console.print(text, markup=False, highlight=False)
