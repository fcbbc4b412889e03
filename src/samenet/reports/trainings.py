"""The article on a training, in one framework or in several over one another."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from samenet.reports.charts import Mark, Panel, Series, curves
from samenet.reports.events import Event, Happening, events
from samenet.reports.networks import FRAMEWORKS, network, spec_of
from samenet.reports.parts import Article, Section, figure, note, table
from samenet.reports.results import Run, Runs
from samenet.reports.scales import shown

SIGNS: dict[Happening, str] = {
    "rate reduced": "\u25bc",
    "best epoch": "\u25c6",
    "stopped early": "\u25a0",
}


def article(result: Runs, key: str) -> Article:
    """What a training says: curves, what happened, values at the end, facts, network, sources."""
    runs = result.runs
    text = next((run.spec for run in runs if run.spec), None)
    happened = [events(run.history, spec_of(run.spec)) for run in runs]
    programs = {run.record.backend: run.program for run in runs if run.program}
    sections = (
        Section("Curves", tuple(_curves(runs, happened))),
        Section("What came out", (_values(runs, happened),)),
        Section("What it ran with", (_facts(runs),)),
        *network(text, programs),
    )
    return Article(key, runs[0].record.name, "training", _lead(runs, happened), sections)


def framework(run: Run) -> str:
    """The name of a framework for a person."""
    return FRAMEWORKS.get(run.record.backend, run.record.backend)


def _lead(runs: Sequence[Run], happened: Sequence[Sequence[Event]]) -> str:
    return " ".join(_sentence(run, found) for run, found in zip(runs, happened, strict=True))


def _sentence(run: Run, found: Sequence[Event]) -> str:
    """The best epoch of a run, with all that was validated then."""
    best = next((event for event in found if event.what == "best epoch"), None)
    if best is None:
        return f"{framework(run)}: no epoch ended with a finite loss."
    names = [name for name in run.history if name.startswith("val_")] or [
        name for name in run.history if name != "learning_rate"
    ]
    values = [f"{name} {shown(_at(run, name, best.epoch))}" for name in names]
    where = f"best at epoch {best.epoch} of {run.record.epochs}"
    return f"{framework(run)}: {where}, with {', '.join(values)}."


def _at(run: Run, name: str, epoch: int) -> float | None:
    values = run.history.get(name, ())
    return values[epoch - 1] if 0 < epoch <= len(values) else None


def _curves(runs: Sequence[Run], happened: Sequence[Sequence[Event]]) -> Iterator[Markup]:
    """The figure, and the table of what happened."""
    names = dict.fromkeys(name for run in runs for name in run.history)
    values = [n for n in names if n != "learning_rate" and n.removeprefix("val_") == n]
    panels = [_panel(name, runs) for name in values]
    if "learning_rate" in names:
        panels.append(_rates(runs))
    several = len(runs) > 1
    marks = [
        Mark(event.epoch, SIGNS[event.what], _said(event, run, several=several), hue)
        for hue, (run, found) in enumerate(zip(runs, happened, strict=True))
        for event in found
    ]
    title = f"{runs[0].record.name}: training and validation by epoch"
    caption = "Dashed lines are of training, solid ones of validation."
    yield figure(curves(title, panels, marks), caption, kind="wide")
    rows = [
        (f"epoch {event.epoch}", framework(run), event.what, event.detail)
        for run, found in zip(runs, happened, strict=True)
        for event in found
    ]
    if rows:
        yield table("What happened", ("after", "framework", "what", "how"), rows, words=4)
    if not any(name.startswith("val_") for name in names):
        yield note("There are no validation data: all curves are of training.")


def _said(event: Event, run: Run, *, several: bool) -> str:
    where = f", {framework(run)}" if several else ""
    return f"{event.what}: epoch {event.epoch}{where}, {event.detail}"


def _panel(name: str, runs: Sequence[Run]) -> Panel:
    """A value of training and of validation, of each run."""
    lines: list[Series] = []
    for number, run in enumerate(runs):
        prefix = f"{framework(run)} " if len(runs) > 1 else ""
        hues = (number, number) if len(runs) > 1 else (1, 0)
        if name in run.history:
            lines.append(Series(f"{prefix}training", run.history[name], hues[0], "dashed"))
        if f"val_{name}" in run.history:
            lines.append(Series(f"{prefix}validation", run.history[f"val_{name}"], hues[1]))
    return Panel(name, tuple(lines))


def _rates(runs: Sequence[Run]) -> Panel:
    """The learning rates; on a logarithmic scale where they span more than a decade."""
    several = len(runs) > 1
    lines = [
        Series(
            framework(run) if several else "learning rate",
            run.history["learning_rate"],
            number if several else 2,
            "dashed" if number else "solid",
        )
        for number, run in enumerate(runs)
        if "learning_rate" in run.history
    ]
    found = [value for line in lines for value in line.values if value is not None]
    wide = bool(found) and min(found) > 0 and max(found) / min(found) > 10
    return Panel("learning rate", tuple(lines), 80, logarithmic=wide, listed=False)


def _values(runs: Sequence[Run], happened: Sequence[Sequence[Event]]) -> Markup:
    """The values of the last epoch and of the best one."""
    head = ["value"]
    columns: list[tuple[Run, int]] = []
    for run, found in zip(runs, happened, strict=True):
        best = next((event.epoch for event in found if event.what == "best epoch"), None)
        epochs = [(best, "best epoch"), (run.record.epochs, "last epoch")]
        for epoch, word in epochs:
            if epoch is not None:
                head.append(f"{framework(run)}, {word} ({epoch})")
                columns.append((run, epoch))
    names = dict.fromkeys(name for run in runs for name in run.history)
    rows = [(name, *(_shown(_at(run, name, epoch)) for run, epoch in columns)) for name in names]
    return table("Values of the best and of the last epoch", head, rows)


def _shown(value: float | None) -> str:
    return "not finite" if value is None or not math.isfinite(value) else shown(value)


def _facts(runs: Sequence[Run]) -> Markup:
    """A column for each run."""
    records = [run.record for run in runs]
    versions = dict.fromkeys(name for record in records for name in record.versions)
    rows = [
        ("epochs", *(str(record.epochs) for record in records)),
        ("seconds", *(shown(record.seconds, 1) for record in records)),
        ("seed", *("" if record.seed is None else str(record.seed) for record in records)),
        *((name, *(record.versions.get(name, "") for record in records)) for name in versions),
        ("spec (SHA-256)", *(record.spec_sha256[:16] for record in records)),
        ("program (SHA-256)", *(record.program_sha256[:16] for record in records)),
        ("folder", *(run.folder for run in runs)),
    ]
    head = ["", *map(framework, runs)]
    return table("Versions, seed, digests and time", head, rows, words=len(head))
