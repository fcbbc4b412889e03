"""The article on an ablation: what helped, at a glance and in numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from markupsafe import Markup

from samenet.reports.charts import Panel, Series, curves
from samenet.reports.comparisons import SIGNS, Interval, Pair, intervals, pairs
from samenet.reports.networks import FRAMEWORKS, compiled, network, pictures, spec_of
from samenet.reports.parts import Article, Section, facts, figure, folded, grid, note, source, table
from samenet.reports.results import Ablation, Difference, Differences, Training, Variant
from samenet.reports.scales import around, shown, signed

DESIGNS: Mapping[str, str] = {
    "ladder": "each variant adds one technique to the one before it",
    "one-at-a-time": "each variant adds one technique to the baseline",
    "leave-one-out": "each variant leaves one technique out",
    "factorial": "every combination of the techniques",
}

MOST_NAMED = 5
"""How many variants of a verdict the sentence at the top names."""


def article(result: Ablation, key: str) -> Article:
    """What an ablation says: what helped, curves, gaps, values, networks, sources."""
    best = best_variant(result)
    spec = spec_of(best.spec)
    sections = [
        Section("What helped", tuple(_helped(result))),
        Section("Training and validation", tuple(_gaps(result))),
        Section("Curves", tuple(_curves(result))),
        Section("In numbers", tuple(_tables(result))),
        Section("What was asked", (_facts(result),)),
        Section("Variants", tuple(_variants(result))),
        *network(best.spec, compiled(spec)),
    ]
    return Article(key, result.name, "ablation", _lead(result, best), tuple(sections))


def best_variant(result: Ablation) -> Variant:
    """The variant whose monitored value is best in the mean, in the first framework."""
    sign = 1 if result.mode == "max" else -1
    means = [
        (sign * mean, -number, variant)
        for number, variant in enumerate(result.variants)
        if (mean := _mean(variant, result.backends[0], result.monitor)) is not None
    ]
    return max(means, key=lambda item: item[:2])[2] if means else result.variants[0]


def _lead(result: Ablation, best: Variant) -> str:
    """What helped and what did not, in words."""
    backend, monitor = result.backends[0], result.monitor
    by_verdict: dict[str, list[str]] = {word: [] for word in SIGNS}
    for variant in result.variants[1:]:
        found = _difference(variant.against_baseline, backend, monitor)
        if found is not None:
            said = f"{variant.title} ({signed(found.difference)})"
            by_verdict.setdefault(found.verdict, []).append(said)
    parts = [f"{word}: {_few(names)}" for word, names in by_verdict.items() if names]
    value = shown(_mean(best, backend, monitor))
    against = result.variants[0].title
    said = f" Against {against}: {'; '.join(parts)}." if parts else ""
    return f"Best {monitor} with {best.title}: {value}.{said}"


def _few(names: Sequence[str]) -> str:
    """Names in a sentence, the rest of many only counted."""
    rest = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _mean(variant: Variant, backend: str, name: str) -> float | None:
    found = variant.summary.get(backend, {}).get(name)
    return found.mean if found else None


def _difference(found: Differences, backend: str, name: str) -> Difference | None:
    return found.get(backend, {}).get(name)


def _helped(result: Ablation) -> Iterator[Markup]:
    """For each framework the differences to the baseline, to the rung below, and the effects."""
    first = result.variants[0].title
    for backend in result.backends:
        shown_as = _of(result, backend)
        figures = [
            _intervals(result, f"against {first}{shown_as}", _rows(result, backend, "baseline")),
            _intervals(
                result, f"what each step added{shown_as}", _rows(result, backend, "previous")
            ),
            _intervals(result, f"effect of each technique{shown_as}", _effects(result, backend)),
        ]
        yield grid(item for item in figures if item is not None)
    yield note(
        f"Differences of {result.monitor} in pairs of the same seed, over {_seeds(result)}. A line "
        "is the interval in which the mean lies with 95 % confidence. One that crosses zero shows "
        "nothing; a verdict also allows for how many differences are looked at."
    )


def _seeds(result: Ablation) -> str:
    count = len(result.seeds)
    return f"{count} seed{'' if count == 1 else 's'}"


def _of(result: Ablation, backend: str) -> str:
    return f", {FRAMEWORKS.get(backend, backend)}" if len(result.backends) > 1 else ""


def _rows(result: Ablation, backend: str, other: str) -> list[Interval]:
    details = {item.key: item.detail for item in result.techniques}
    rows: list[Interval] = []
    for variant in result.variants[1:]:
        against = variant.against_baseline if other == "baseline" else variant.against_previous
        found = _difference(against, backend, result.monitor)
        if found is not None:
            detail = details.get(variant.added or "", "")
            rows.append(_interval(variant.title, detail, found))
    return rows


def _effects(result: Ablation, backend: str) -> list[Interval]:
    effects = result.effects.get(backend, {})
    return [
        _interval(item.title, item.detail, found)
        for item in result.techniques
        if (found := effects.get(item.key, {}).get(result.monitor)) is not None
    ]


def _interval(label: str, detail: str, found: Difference) -> Interval:
    return Interval(label, detail, found.difference, found.low, found.high, found.verdict)


def _intervals(result: Ablation, title: str, rows: Sequence[Interval]) -> Markup | None:
    if not rows:
        return None
    better = result.mode == "max"
    measure = f"difference of {result.monitor}"
    picture = intervals(title, rows, measure, higher_is_better=better)
    return figure(picture, title[0].upper() + title[1:], kind="narrow")


def _gaps(result: Ablation) -> Iterator[Markup]:
    """How far training and validation are apart."""
    name = result.monitor.removeprefix("val_")
    figures: list[Markup] = []
    for backend in result.backends:
        rows = [
            Pair(v.title, _mean(v, backend, name), _mean(v, backend, f"val_{name}"))
            for v in result.variants
        ]
        caption = (
            f"Means of {name}{_of(result, backend)}: the longer the line, the more it overfits"
        )
        figures.append(figure(pairs(caption, rows, name), caption, kind="narrow"))
    yield grid(figures)


def _curves(result: Ablation) -> Iterator[Markup]:
    """For each variant the monitored value by epoch: the mean, and thin the single seeds."""
    name = result.monitor.removeprefix("val_")
    for backend in result.backends:
        runs = {v.name: [r for r in v.runs if r.backend == backend] for v in result.variants}
        limits = _limits(runs, (name, f"val_{name}"))
        yield grid(
            curves(
                f"{variant.title}: {name} by epoch",
                [_panel(variant.title + _of(result, backend), runs[variant.name], name, limits)],
                width=460,
            )
            for variant in result.variants
        )
    yield note("Thick lines are means over the seeds that still train, thin lines single seeds.")


def _limits(runs: Mapping[str, Sequence[Training]], names: Sequence[str]) -> tuple[float, float]:
    """One axis for all variants, without the few values that would flatten all others."""
    values = sorted(
        value
        for trainings in runs.values()
        for run in trainings
        for name in names
        for value in run.history.get(name, ())
        if value is not None
    )
    cut = len(values) // 50
    return around(values[cut : len(values) - cut] if cut else values)


def _panel(title: str, runs: Sequence[Training], name: str, limits: tuple[float, float]) -> Panel:
    return Panel(title, tuple(_lines(runs, name)), 150, limits=limits)


def _lines(runs: Sequence[Training], name: str) -> Iterator[Series]:
    for key, word, hue in ((name, "training", 1), (f"val_{name}", "validation", 0)):
        found = [run.history[key] for run in runs if run.history.get(key)]
        if len(found) > 1:
            yield from (Series("", values, hue, "thin") for values in found)
        if found:
            style = "solid" if hue == 0 else "dashed"
            yield Series(word, _means(found), hue, style)


def _means(found: Sequence[Sequence[float | None]]) -> tuple[float | None, ...]:
    """The mean of each epoch over those that have a finite value there."""
    rows = [
        [values[epoch] for values in found if epoch < len(values)]
        for epoch in range(max(map(len, found)))
    ]
    known = [[value for value in row if value is not None] for row in rows]
    return tuple(fmean(row) if row else None for row in known)


def _tables(result: Ablation) -> Iterator[Markup]:
    """For each framework all variants with their values."""
    name = result.monitor.removeprefix("val_")
    target = [f"epochs to {shown(result.target)}"] if result.target is not None else []
    head = ["variant", "verdict", "difference", "95 % interval", result.monitor]
    head += [f"training {name}", "gap", "epoch", *target, "seconds", "parameters"]
    for backend in result.backends:
        rows = [tuple(_cells(result, variant, backend)) for variant in result.variants]
        caption = f"Means over {_seeds(result)} \u00b1 standard deviation{_of(result, backend)}"
        yield table(caption, head, rows, words=2)


def _cells(result: Ablation, variant: Variant, backend: str) -> Iterator[str]:
    name = result.monitor.removeprefix("val_")
    found = _difference(variant.against_baseline, backend, result.monitor)
    known = found is not None and found.low is not None
    yield variant.title
    yield found.verdict if found else ""
    yield signed(found.difference) if found else ""
    yield f"{signed(found.low)} \u2026 {signed(found.high)}" if found and known else ""
    yield _spread(variant, backend, result.monitor)
    yield _spread(variant, backend, name)
    yield signed(_mean(variant, backend, f"gap_{name}"))
    yield shown(_mean(variant, backend, "epoch"), 1)
    if result.target is not None:
        yield shown(_mean(variant, backend, "epochs_to_target"), 1)
    yield shown(_mean(variant, backend, "seconds"), 1)
    yield "" if variant.parameters is None else f"{variant.parameters:,}"


def _spread(variant: Variant, backend: str, name: str) -> str:
    found = variant.summary.get(backend, {}).get(name)
    if found is None:
        return "\u2013"
    return shown(found.mean) + (f" \u00b1 {shown(found.std)}" if found.std is not None else "")


def _facts(result: Ablation) -> Markup:
    pairs = [
        ("design", f"{result.design}: {DESIGNS.get(result.design, '')}".rstrip(": ")),
        ("judged by", f"{result.monitor}, {result.mode}"),
        ("frameworks", ", ".join(FRAMEWORKS.get(name, name) for name in result.backends)),
        ("seeds", ", ".join(map(str, result.seeds))),
        ("epochs", "" if result.epochs is None else str(result.epochs)),
        ("target", "" if result.target is None else shown(result.target)),
        ("samenet", result.samenet),
    ]
    return facts((name, value) for name, value in pairs if value)


def _variants(result: Ablation) -> Iterator[Markup]:
    """The network and the spec of each variant."""
    titles = {item.key: item.title for item in result.techniques}
    for variant in result.variants:
        names = [titles.get(key, key) for key in variant.techniques]
        content = [note(f"Techniques: {', '.join(names) or 'none'}.")]
        if variant.spec:
            content += [*pictures(spec_of(variant.spec)), source(variant.spec, "toml")]
        yield folded(variant.title, *content)
