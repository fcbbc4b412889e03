"""The article on a sweep: what was tried, and what was best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from markupsafe import Markup

from samenet.reports.charts import Panel, Series, curves
from samenet.reports.networks import FRAMEWORKS, network
from samenet.reports.parts import Article, Section, facts, figure, note, table
from samenet.reports.results import Sweep, Trial
from samenet.reports.scales import shown


def article(result: Sweep, key: str) -> Article:
    """What a sweep says: the search, its trials from the best to the worst, their curves."""
    sections = (
        Section("The search", tuple(_search(result))),
        Section("Trials", (_trials(result),)),
        Section("Curves", tuple(_curves(result))),
        Section("What was asked", (_facts(result),)),
        *network(result.spec, {}),
    )
    return Article(key, result.name, "sweep", _lead(result), sections)


def _lead(result: Sweep) -> str:
    best = _best(result)
    if best is None:
        return "No training came to its end with finite values."
    chosen = ", ".join(f"{name} = {_value(value)}" for name, value in best.parameters.items())
    return f"Best {result.monitor}: {shown(best.value)}, in trial {best.number}, with {chosen}."


def _best(result: Sweep) -> Trial | None:
    return next((trial for trial in result.trials if trial.number == result.best), None)


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _search(result: Sweep) -> Iterator[Markup]:
    """The value of each trial, the best so far, and how much each path explains."""
    values = tuple(trial.value for trial in result.trials)
    better = min if result.mode == "min" else max

    def best_of(best: float | None, value: float | None) -> float | None:
        known = [number for number in (best, value) if number is not None]
        return better(known) if known else None

    lines = (
        Series("a trial", values, 5, "dots"),
        Series("best so far", tuple(accumulate(values, best_of)), 0),
    )
    title = f"{result.name}: {result.monitor} by trial"
    picture = curves(title, [Panel(result.monitor, lines)], axis="trials made")
    yield figure(
        picture, "Trials in the order of the search; the line is the best so far.", kind="wide"
    )
    if result.importance:
        rows = [(path, shown(share, 2)) for path, share in result.importance.items()]
        yield table("How much each path explains of the differences", ("path", "share"), rows)


def _trials(result: Sweep) -> Markup:
    """All trials, the best one first, those without a value at the end."""
    sign = 1 if result.mode == "min" else -1
    ordered = sorted(
        result.trials,
        key=lambda t: (t.value is None, sign * (t.value or 0.0), t.number),
    )
    paths = list(dict.fromkeys(path for trial in result.trials for path in trial.parameters))
    head = ["trial", "state", result.monitor, "epoch", "seconds", *paths]
    rows = [
        (
            str(trial.number),
            f"{trial.state}: {trial.error}" if trial.error else trial.state,
            shown(trial.value),
            "" if trial.epoch is None else str(trial.epoch),
            shown(trial.seconds, 1),
            *(_value(trial.parameters.get(path, "")) for path in paths),
        )
        for trial in ordered
    ]
    return table("From the best to the worst", head, rows, words=2)


def _curves(result: Sweep) -> Iterator[Markup]:
    """The monitored value of all trials by epoch, the best one thick."""
    best = _best(result)
    trials = [
        trial for trial in result.trials if trial.history and trial.history.get(result.monitor)
    ]
    if not trials:
        yield note("No trial has a history.")
        return
    panel = Panel(result.monitor, tuple(_lines(trials, best, result.monitor)), 200)
    title = f"{result.name}: {result.monitor} of all trials by epoch"
    yield figure(
        curves(title, [panel]), "A thin line for each trial, a thick one for the best.", kind="wide"
    )


def _lines(trials: Sequence[Trial], best: Trial | None, name: str) -> Iterator[Series]:
    for trial in trials:
        values = (trial.history or {})[name]
        if trial is best:
            yield Series(f"trial {trial.number}, the best", values, 0)
        else:
            yield Series("", values, 5, "thin")


def _facts(result: Sweep) -> Markup:
    pairs = [
        ("judged by", f"{result.monitor}, {result.mode}"),
        ("framework", FRAMEWORKS.get(result.backend, result.backend)),
        ("sampler", result.sampler),
        ("pruning", "" if result.pruning is None else str(result.pruning)),
        ("epochs", "" if result.epochs is None else str(result.epochs)),
        ("seed", "" if result.seed is None else str(result.seed)),
        ("samenet", result.samenet),
    ]
    return facts((name, value) for name, value in pairs if value)
