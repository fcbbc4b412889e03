"""A picture of the results of a question: the ratios to the references, with their quartiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

REFERENCE, OURS, OTHER = "#8a8f98", "#2f6fde", "#c5cad3"

Rows = Sequence[Mapping[str, Any]]


def draw(groups: Sequence[tuple[str, Rows]], file: Path) -> None:
    """Draw a chart below the other for each group: what its first figure costs.

    Args:
        groups: titles, and a row for each contestant, the reference first.
        file: where the picture goes; its suffix says as what.
    """
    heights = [len(rows) + 1.5 for _, rows in groups]
    figure, charts = plt.subplots(
        len(groups),
        figsize=(8, 0.32 * sum(heights)),
        height_ratios=heights,
        squeeze=False,
        layout="constrained",
    )
    for chart, (title, rows) in zip(charts.flat, groups, strict=True):
        _chart(chart, title, rows)
    figure.savefig(file, dpi=110)
    plt.close(figure)


def _chart(chart: Axes, title: str, rows: Rows) -> None:
    names = [row["name"] for row in rows]
    ratios = [row["ratio"] for row in rows]
    medians = [ratio["median"] for ratio in ratios]
    below = [ratio["median"] - ratio["lower"] for ratio in ratios]
    above = [ratio["upper"] - ratio["median"] for ratio in ratios]
    colours = [_colour(name, index) for index, name in enumerate(names)]
    chart.barh(names, medians, xerr=[below, above], color=colours, height=0.7, ecolor="#444")
    chart.axvline(1, color=REFERENCE, linewidth=1, zorder=0)
    chart.invert_yaxis()
    chart.set_title(title, loc="left", fontsize=10, fontweight="bold")
    chart.tick_params(labelsize=9)
    chart.spines[["top", "right"]].set_visible(False)
    for index, (ratio, median) in enumerate(zip(ratios, medians, strict=True)):
        chart.annotate(
            f"{median:.2f}",
            (ratio["upper"], index),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    chart.margins(x=0.1)


def _colour(name: str, index: int) -> str:
    if index == 0:
        return REFERENCE
    return OURS if name.startswith("samenet") else OTHER
