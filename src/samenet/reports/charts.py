"""Charts as SVG, without a script: curves over epochs.

Colours and widths are classes of the page's styles. Numbers are read by resting the pointer on a
chart, or in the table that goes with each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from markupsafe import Markup

from samenet.reports.scales import Scale, around, decades, shown, tick_text
from samenet.svg import element, image, path, text_width


@dataclass(frozen=True, slots=True)
class Series:
    """A line: one value for each epoch, None where there is no finite one.

    Attributes:
        name: for the legend, or empty for a line that it does not list.
        values: of the epochs from 1 on.
        hue: the number of its colour.
        style: "solid", "dashed", "thin", or "dots" for values that are no course.
    """

    name: str
    values: tuple[float | None, ...]
    hue: int = 0
    style: Literal["solid", "dashed", "thin", "dots"] = "solid"


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines that have an axis in common, `listed` in the legend or not."""

    label: str
    series: tuple[Series, ...]
    height: float = 170
    logarithmic: bool = False
    limits: tuple[float, float] | None = None
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened after an epoch, marked in all panels."""

    epoch: int
    sign: str
    text: str
    hue: int = 0


def curves(
    title: str,
    panels: Sequence[Panel],
    marks: Sequence[Mark] = (),
    *,
    width: float = 640,
    axis: str = "epoch",
) -> Markup:
    """Panels below each other over one axis, of epochs or of what else is counted from 1."""
    left, right, gap = 56.0, width - 14, 30.0
    epochs = max((len(line.values) for panel in panels for line in panel.series), default=1)
    x = Scale(1, max(epochs, 2), left, right)
    known = {
        (line.name, line.hue, line.style): line
        for p in panels
        if p.listed
        for line in p.series
        if line.name
    }
    parts = list(_legend(list(known.values()), marks, left, right))
    top = 42.0 + 18 * max(row for row, _ in parts) if parts else 22.0
    drawn = [part for _, part in parts]
    first = top
    for panel in panels:
        drawn.append(_panel(panel, x, top))
        top += panel.height + gap
    bottom = top - gap
    drawn += _epoch_axis(x, epochs, bottom, axis)
    drawn += [_mark(mark, x, first, bottom) for mark in marks]
    drawn += _columns(panels, marks, x, first, bottom, axis)
    names = "; ".join(_said(panel) for panel in panels)
    return image(title, names, width, bottom + 36, *drawn, class_="chart")


def _said(panel: Panel) -> str:
    """The last values of a panel, for who does not see it."""
    ends = [
        f"{line.name} ends at {shown(line.values[-1] if line.values else None)}"
        for line in panel.series
        if line.name
    ]
    return f"{panel.label}: {', '.join(ends)}"


def _legend(
    lines: Sequence[Series], marks: Sequence[Mark], left: float, right: float
) -> Iterator[tuple[int, Markup]]:
    """What lines and signs mean, each with the row in which it stands."""
    entries = [(line.name, line) for line in lines]
    signs = {(mark.sign, mark.text.partition(":")[0]): None for mark in marks}
    x, row = left, 0
    for name, line in [*entries, *((f"{sign} {word}", None) for sign, word in signs)]:
        space = (28 if line else 6) + text_width(name, 12) + 14
        if x + space > right and x > left:
            x, row = left, row + 1
        y = 14 + 18 * row
        if line and line.style == "dots":
            yield row, element("circle", cx=x + 11, cy=y - 4, r=3, class_=f"dot hue{line.hue % 6}")
        elif line:
            drawn = path([(x, y - 4), (x + 22, y - 4)])
            yield row, element("path", d=drawn, class_=f"line hue{line.hue % 6} {line.style}")
        yield row, element("text", name, x=x + (28 if line else 0), y=y)
        x += space


def _panel(panel: Panel, x: Scale, top: float) -> Markup:
    """The axis of a panel, its grid and its lines."""
    values = [v for line in panel.series for v in line.values if v is not None]
    logarithmic = panel.logarithmic and all(value > 0 for value in values)
    low, high = panel.limits or (decades(values) if logarithmic else around(values))
    y = Scale(low, high, top + panel.height, top, logarithmic)
    parts = [element("text", panel.label, x=x.start, y=top - 6, class_="label")]
    for tick in y.ticks(max(2, int(panel.height // 32))):
        line = path([(x.start, y(tick)), (x.end, y(tick))])
        parts.append(element("path", d=line, class_="grid"))
        text = element("text", tick_text(tick), x=x.start - 8, y=y(tick) + 4, class_="tick right")
        parts.append(text)
    for line in sorted(panel.series, key=lambda line: line.style != "thin"):
        parts += _line(line, x, y)
    if not values:
        middle = (x.start + x.end) / 2
        text = "no finite value"
        parts.append(
            element("text", text, x=middle, y=top + panel.height / 2, class_="tick centre")
        )
    return element("g", *parts)


def _line(line: Series, x: Scale, y: Scale) -> Iterator[Markup]:
    """A line with gaps where it has no value, and a dot where a value stands alone."""
    style = f"hue{line.hue % 6} {line.style}"
    for known, run in groupby(enumerate(line.values, 1), lambda item: item[1] is not None):
        points = [(x(epoch), y(value)) for epoch, value in run if value is not None]
        if known and (len(points) == 1 or line.style == "dots"):
            for across, down in points:
                yield element("circle", cx=across, cy=down, r=3, class_=f"dot {style}")
        elif known:
            yield element("path", d=path(points), class_=f"line {style}")


def _epoch_axis(x: Scale, epochs: int, bottom: float, axis: str) -> Iterator[Markup]:
    yield element("path", d=path([(x.start, bottom), (x.end, bottom)]), class_="axis")
    ticks = [tick for tick in x.ticks(8) if tick >= 1 and tick == int(tick)] if epochs > 1 else []
    for tick in dict.fromkeys([1.0, *ticks]):
        text = element("text", f"{tick:.0f}", x=x(tick), y=bottom + 16, class_="tick centre")
        yield text
    middle = (x.start + x.end) / 2
    yield element("text", axis, x=middle, y=bottom + 31, class_="tick centre")


def _mark(mark: Mark, x: Scale, top: float, bottom: float) -> Markup:
    """A line through all panels with its sign at the top."""
    place = x(mark.epoch)
    line = element(
        "path", d=path([(place, top), (place, bottom)]), class_=f"mark hue{mark.hue % 6}"
    )
    sign = element("text", mark.sign, x=place, y=top - 2, class_=f"sign hue{mark.hue % 6}")
    return element("g", element("title", mark.text), line, sign)


def _columns(
    panels: Sequence[Panel],
    marks: Sequence[Mark],
    x: Scale,
    top: float,
    bottom: float,
    axis: str,
) -> Iterator[Markup]:
    """For each epoch what the pointer reads there: all values, and what happened."""
    epochs = max((len(line.values) for panel in panels for line in panel.series), default=0)
    half = (x.end - x.start) / max(epochs - 1, 1) / 2
    for epoch in range(1, epochs + 1):
        values = [
            f"{panel.label}, {line.name}: {shown(line.values[epoch - 1])}"
            for panel in panels
            for line in panel.series
            if line.name and epoch <= len(line.values)
        ]
        events = [mark.text for mark in marks if mark.epoch == epoch]
        title = element("title", "\n".join([f"{axis} {epoch}", *values, *events]))
        start, end = max(x(epoch) - half, x.start), min(x(epoch) + half, x.end)
        size = {"width": end - start, "height": bottom - top}
        yield element("rect", title, x=start, y=top, **size, class_="column")
