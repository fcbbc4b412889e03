"""The result of an ablation as tables that one reads at a glance, for a terminal or a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from samenet.ablation.statistics import FEWEST
from samenet.diagnostics import listed
from samenet.studies.tables import console_of, markdown, printed

Table = Mapping[str, Any]


@dataclass(frozen=True)
class Sheet:
    """A table for one framework.

    Attributes:
        title: what stands above it.
        head: the names of its columns.
        rows: its cells.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Cell = Callable[[Table], str]
"""What stands in a column, of a variant."""


def sheets(data: Table) -> Iterator[Sheet]:
    """A table for each framework, a row for each variant."""
    monitor = data["monitor"]
    for backend in data["backends"]:
        columns = list(_columns(data, backend))
        head = tuple(name for name, _ in columns)
        rows = tuple(tuple(cell(item) for _, cell in columns) for item in data["variants"])
        yield Sheet(f"{data['name']} {backend}: {data['design']}", head, rows)
    for backend, effects in data.get("effects", {}).items():
        rows = tuple((key, _difference(effects[key][monitor])) for key in effects)
        head = ("", f"effect on {monitor}")
        yield Sheet(f"{data['name']} {backend}: all with it, minus all without", head, rows)


def _columns(data: Table, backend: str) -> Iterator[tuple[str, Cell]]:
    monitor, first = data["monitor"], data["variants"][0]

    def of(name: str) -> Callable[[Table], Table | None]:
        return lambda item: item["summary"][backend].get(name)

    def compared(key: str) -> Cell:
        return lambda item: _difference(item[key][backend][monitor]) if key in item else ""

    def short(name: str, *, signed: bool = False) -> Cell:
        return lambda item: _short(of(name)(item), signed=signed)

    yield "", lambda item: item["title"]
    yield monitor, lambda item: _mean(of(monitor)(item))
    yield f"against {data['reference']}", compared("against_baseline")
    if data["design"] == "ladder" and len(data["variants"]) > 2:
        yield "against the row above", compared("against_previous")
    gap = f"gap_{monitor.removeprefix('val_')}"
    if gap in first["summary"][backend]:
        yield "gap", short(gap, signed=True)
    yield "epoch", short("epoch")
    if data["target"] is not None:
        seeds = len(data["seeds"])
        yield f"to {data['target']}", lambda item: _reached(of("epochs_to_target")(item), seeds)
    yield "seconds", short("seconds")


def _mean(of: Table | None) -> str:
    """A mean, and how far its interval reaches to each side."""
    if of is None:
        return "diverged"
    half = "" if of["high"] is None else f" ± {shown(of['high'] - of['mean'])}"
    return shown(of["mean"]) + half + (f" ({of['lost']} diverged)" if of["lost"] else "")


def _short(of: Table | None, *, signed: bool = False) -> str:
    return "" if of is None else shown(of["mean"], signed=signed, digits=3)


def _reached(of: Table | None, seeds: int) -> str:
    """The mean of the epochs, of those trainings that got there."""
    if of is None:
        return "never"
    rest = "" if of["n"] == seeds else f" ({of['n']} of {seeds})"
    return shown(of["mean"], digits=3) + rest


def _difference(of: Table) -> str:
    """A difference, how far its interval reaches to each side, and the verdict below."""
    if of["difference"] is None:
        return of["verdict"]
    half = "" if of["high"] is None else f" ± {shown(of['high'] - of['difference'])}"
    return f"{shown(of['difference'], signed=True)}{half}\n{of['verdict']}"


def shown(value: float, *, signed: bool = False, digits: int = 4) -> str:
    """A number in few digits."""
    sign = "+" if signed else ""
    usual = value == 0 or 1e-3 <= abs(value) < 10
    if usual and digits == 4:
        return f"{value:{sign}.4f}"
    return f"{value:{sign}.{digits}g}"


def notes(data: Table) -> Iterator[str]:
    """What one has to know to read the tables."""
    seeds, monitor = len(data["seeds"]), data["monitor"]
    for item in data["techniques"]:
        yield f"{item['title']}: {item['detail']}"
    better = "high" if data["mode"] == "max" else "low"
    yield (
        f"{monitor} ({better} is good) is the mean over {_seeds(seeds)} ± half its 95 % interval, "
        "at the epoch whose weights a training ends with; gap is training minus validation"
    )
    if seeds < FEWEST:
        yield f"a verdict needs at least {FEWEST} seeds: --seeds {FEWEST}"
        return
    count = len(data["variants"]) - 1
    yield (
        "differences are those of pairs of the same seed, ± half their interval; a verdict needs "
        f"p < 0.05 in a paired t-test, after Holm's correction for {count} comparisons"
    )


def conclusion(data: Table) -> Iterator[str]:
    """What was shown and what was not, a sentence for each framework."""
    monitor = data["monitor"]
    for backend in data["backends"]:
        found: dict[str, list[str]] = {}
        for variant in data["variants"][1:]:
            verdict = variant["against_baseline"][backend][monitor]["verdict"]
            found.setdefault(verdict, []).append(variant["title"])
        parts = [f"{verdict}: {listed(titles, 'and')}" for verdict, titles in found.items()]
        yield f"{backend}, {monitor} against {data['reference']}: {'; '.join(parts)}"


def _seeds(count: int) -> str:
    return "one seed" if count == 1 else f"{count} seeds"


def as_markdown(data: Table) -> str:
    """The tables and the notes for a page or a comment."""
    lines: list[str] = []
    for sheet in sheets(data):
        lines += [f"**{sheet.title}**", "", *markdown(sheet.head, sheet.rows), ""]
    lines += [f"- {text}" for text in (*conclusion(data), *notes(data))]
    return "\n".join(lines) + "\n"


def print_report(data: Table) -> None:
    """The tables, what they show, and how to read them."""
    console = console_of()
    for sheet in sheets(data):
        printed(console, sheet.title, sheet.head, sheet.rows)
    for text in conclusion(data):
        console.print(text, markup=False, highlight=False)
    for text in notes(data):
        console.print(f"note: {text}", markup=False, highlight=False)
