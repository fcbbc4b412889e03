"""Charts as SVG that compare: intervals around differences, pairs, points on a log scale.

The forms and colours of `samenet.reports.charts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from samenet.reports.scales import Scale, around, decades, shown, signed, tick_text
from samenet.svg import cut, element, image, path, text_width

SIGNS = {
    "better": "\u25b2",
    "worse": "\u25bc",
    "nothing shown": "\u25cf",
    "too few seeds": "\u25cb",
    "diverged": "\u2715",
}
"""The form of each verdict, so that no colour is needed to tell them apart."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A difference with an interval around it, and what it says."""

    label: str
    detail: str
    value: float | None
    low: float | None
    high: float | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two values of the same thing, of training and of validation."""

    label: str
    first: float | None
    second: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """A difference beside what is allowed, both at least 0; None for one that is no number."""

    label: str
    value: float | None
    limit: float
    agrees: bool


def intervals(
    title: str,
    rows: Sequence[Interval],
    measure: str,
    *,
    higher_is_better: bool,
    width: float = 460,
) -> Markup:
    """A row for each difference: its interval, a line at zero, and its verdict in a word."""
    left, right, top, height = 14.0, width - 14, 40.0, 50.0
    finite = [v for row in rows for v in (row.value, row.low, row.high) if v is not None]
    x = Scale(*around(finite, zero=True), left, right)
    bottom = top + height * len(rows)
    words = ("worse", "better") if higher_is_better else ("better", "worse")
    sides = [
        element("text", f"\u25c0 {words[0]}", x=left, y=16, class_=f"side {words[0]}"),
        element("text", f"{words[1]} \u25b6", x=right, y=16, class_=f"side {words[1]} right"),
    ]
    parts: list[Markup] = list(_value_axis(x, top - 12, bottom, measure))
    parts.append(element("path", d=path([(x(0), 22), (x(0), bottom)]), class_="zero"))
    for index, row in enumerate(rows):
        parts.append(_interval(row, x, top + height * index, right))
    said = "; ".join(f"{row.label} {signed(row.value)}, {row.verdict}" for row in rows)
    return image(title, said, width, bottom + 38, *sides, *parts, class_="chart")


def _interval(row: Interval, x: Scale, top: float, right: float) -> Markup:
    sign = SIGNS.get(row.verdict, "\u25cf")
    kind = row.verdict.replace(" ", "-") if row.verdict in SIGNS else "nothing-shown"
    verdict = f"{sign} {row.verdict}"
    value = signed(row.value)
    room = right - x.start - text_width(f"{value}  {verdict}", 12.5) - 16
    name = f"{row.label} \u2013 {row.detail}" if row.detail else row.label
    said = f"{name}: {value} [{signed(row.low)}, {signed(row.high)}], {row.verdict}"
    y = top + 31
    parts = [
        element("title", said),
        element("rect", x=x.start - 8, y=top, width=right - x.start + 16, height=46, class_="row"),
        element("text", cut(row.label, 13, room), x=x.start, y=top + 15, class_="name"),
        element("text", f"{value}  {verdict}", x=right, y=top + 15, class_=f"verdict {kind} right"),
    ]
    if row.low is not None and row.high is not None:
        ends = (x(row.low), x(row.high))
        whiskers = [path([(end, y - 5), (end, y + 5)]) for end in ends]
        line = path([(ends[0], y), (ends[1], y)]) + "".join(whiskers)
        parts.append(element("path", d=line, class_=f"whisker {kind}"))
    if row.value is not None:
        point = element("text", sign, x=x(row.value), y=y + 5, class_=f"point {kind}")
        parts.append(point)
    return element("g", *parts)


def _value_axis(x: Scale, top: float, bottom: float, label: str) -> Iterator[Markup]:
    for tick in x.ticks(4):
        yield element("path", d=path([(x(tick), top), (x(tick), bottom)]), class_="grid")
        yield element("text", tick_text(tick), x=x(tick), y=bottom + 16, class_="tick centre")
    middle = (x.start + x.end) / 2
    yield element("text", label, x=middle, y=bottom + 32, class_="tick centre")


def pairs(title: str, rows: Sequence[Pair], measure: str, *, width: float = 460) -> Markup:
    """A row for each pair of training (ring) and validation (dot), joined by their distance."""
    left, right, top, height = 14.0, width - 14, 34.0, 44.0
    x = Scale(
        *around(v for row in rows for v in (row.first, row.second) if v is not None), left, right
    )
    bottom = top + height * len(rows)
    legend = [
        element("circle", cx=left + 6, cy=12, r=5, class_="ring hue1"),
        element("text", "training", x=left + 17, y=16),
        element("circle", cx=left + 90, cy=12, r=5, class_="dot hue0"),
        element("text", "validation", x=left + 101, y=16),
    ]
    parts: list[Markup] = list(_value_axis(x, top - 8, bottom, measure))
    for index, row in enumerate(rows):
        parts.append(_pair(row, x, top + height * index, right))
    said = "; ".join(f"{r.label} {shown(r.first)} and {shown(r.second)}" for r in rows)
    return image(title, said, width, bottom + 38, *legend, *parts, class_="chart")


def _pair(row: Pair, x: Scale, top: float, right: float) -> Markup:
    y = top + 27
    gap = None if row.first is None or row.second is None else row.first - row.second
    said = f"{row.label}: training {shown(row.first)}, validation {shown(row.second)}"
    parts = [
        element("title", said),
        element("rect", x=x.start - 8, y=top, width=right - x.start + 16, height=40, class_="row"),
        element(
            "text", cut(row.label, 13, right - x.start - 90), x=x.start, y=top + 14, class_="name"
        ),
        element("text", f"gap {signed(gap)}", x=right, y=top + 14, class_="tick right"),
    ]
    if row.first is not None and row.second is not None:
        line = path([(x(row.first), y), (x(row.second), y)])
        parts.append(element("path", d=line, class_="join"))
    if row.first is not None:
        parts.append(element("circle", cx=x(row.first), cy=y, r=5, class_="ring hue1"))
    if row.second is not None:
        parts.append(element("circle", cx=x(row.second), cy=y, r=5, class_="dot hue0"))
    return element("g", *parts)


def points(title: str, rows: Sequence[Point], measure: str, *, width: float = 640) -> Markup:
    """Differences (dots) and what is allowed (bars) on a logarithmic scale; 0 at its left end."""
    names, left, right, top, height = 14.0, 286.0, width - 20, 34.0, 24.0
    low, high = decades(v for row in rows for v in (row.value or 0.0, row.limit))
    x = Scale(low / 10, high, left, right, logarithmic=True)
    bottom = top + height * len(rows)
    legend = [
        element("circle", cx=left + 5, cy=12, r=4.5, class_="dot hue0"),
        element("text", "difference", x=left + 15, y=16),
        element("path", d=path([(left + 95, 5), (left + 95, 19)]), class_="limit"),
        element("text", "allowed", x=left + 103, y=16),
        element("text", "0", x=x.start, y=bottom + 16, class_="tick centre"),
    ]
    axis = Scale(low, high, x(low), right, logarithmic=True)
    parts: list[Markup] = list(_value_axis(axis, top - 6, bottom, measure))
    for index, row in enumerate(rows):
        y = top + height * index + height / 2
        parts.append(_point(row, x, y, names, left))
    said = "; ".join(f"{row.label} {shown(row.value)}" for row in rows)
    return image(title, said, width, bottom + 38, *legend, *parts, class_="chart")


def _point(row: Point, x: Scale, y: float, names: float, left: float) -> Markup:
    known = row.value is not None
    value = shown(row.value) if known else "not comparable"
    said = f"{row.label}: {value}, allowed {shown(row.limit)}"
    place = x(row.value or 0.0) if row.value is not None else x.end
    kind = "dot hue0" if row.agrees else "dot hue1"
    parts = [
        element("title", said),
        element("rect", x=names - 6, y=y - 11, width=x.end - names + 12, height=22, class_="row"),
        element("text", cut(row.label, 12, left - names - 24), x=names, y=y + 4),
    ]
    if row.limit > 0:
        limit = path([(x(row.limit), y - 7), (x(row.limit), y + 7)])
        parts.append(element("path", d=limit, class_="limit"))
    parts.append(element("circle", cx=place, cy=y, r=4.5, class_=kind))
    return element("g", *parts)
