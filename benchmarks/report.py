"""What came out: a JSON file for each question, a Markdown table of it, and a plot."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"

PACKAGES = ("samenet", "pydantic", "torch", "tensorflow-cpu", "tensorflow", "keras", "lightning")

UNITS = {"s": (1.0, "s"), "ms": (1.0, "ms"), "us": (1.0, "µs"), "bytes": (1 / 2**20, "MiB")}
"""By the last word of a figure's name: what it is multiplied by, and the unit that is shown."""


def write(name: str, question: str, rows: Sequence[Mapping[str, Any]], folder: Path) -> str:
    """Write the results of a question and its plot; returns their table."""
    from benchmarks.plot import draw

    folder.mkdir(parents=True, exist_ok=True)
    result = {"question": question.strip(), "machine": machine(), "rows": rows}
    text = json.dumps(result, indent=1) + "\n"
    (folder / f"{name}.json").write_text(text, encoding="utf-8")
    draw(
        [
            (title, [row for row in found if row["figure"] == found[0]["figure"]])
            for title, found in _by(rows, "group")
        ],
        folder / f"{name}.png",
    )
    return table(result)


def machine() -> dict[str, Any]:
    """What it was measured on, in words, and how busy that was at the end."""
    installed = {dist.metadata["Name"].lower(): dist.version for dist in metadata.distributions()}
    return {
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": {name: installed[name] for name in PACKAGES if name in installed},
        "load_average": os.getloadavg()[0],
    }


def table(result: Mapping[str, Any]) -> str:
    """The rows as a Markdown table: a line for each contestant, a column for each figure."""
    lines: list[str] = []
    for group, rows in _by(result["rows"], "group"):
        figures = list(dict.fromkeys(row["figure"] for row in rows))
        lines += [
            f"| {group} | {' | '.join(_heading(name) for name in figures)} |",
            f"| --- | {' | '.join('---' for _ in figures)} |",
        ]
        for name, found in _by(rows, "name"):
            cells = {row["figure"]: _cell(row) for row in found}
            lines.append(f"| {name} | {' | '.join(cells.get(f, '') for f in figures)} |")
        lines.append("")
    return "\n".join(lines)


def _heading(figure: str) -> str:
    words, _, unit = figure.rpartition("_")
    return f"{words.replace('_', ' ').replace('cpu', 'CPU')}, {UNITS[unit][1]}"


def _cell(row: Mapping[str, Any]) -> str:
    scale, _ = UNITS[row["figure"].rpartition("_")[2]]
    value = row["median"] * scale
    text = f"{value:.3g}" if value < 1000 else f"{value:.0f}"
    if row["ratio"] is None:
        return text
    ratio = row["ratio"]
    return f"{text} (**{ratio['median']:.2f}**, {ratio['lower']:.2f}–{ratio['upper']:.2f})"


def _by(rows: Iterable[Mapping[str, Any]], key: str) -> list[tuple[str, list[Mapping[str, Any]]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return list(found.items())
