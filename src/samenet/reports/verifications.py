"""The article on a verification."""

from __future__ import annotations

from samenet.reports.comparisons import Point, points
from samenet.reports.networks import compiled, network, spec_of
from samenet.reports.parts import Article, Section, facts, figure, note, table
from samenet.reports.results import Comparison, Verification


def article(result: Verification, key: str) -> Article:
    """What a verification says: differences against tolerances, as a figure and a table."""
    rows = [Point(row.what, row.difference, row.tolerance, row.agrees) for row in result.rows]
    title = f"{result.name}: differences of {' and '.join(result.subjects)}"
    caption = "The largest difference of each comparison, in the order of computation."
    cells = [
        (
            row.what,
            row.where,
            _difference(row),
            f"{row.tolerance:.0e}" if row.tolerance else "0",
            "same" if row.agrees else "differs",
        )
        for row in result.rows
    ]
    head = ("compared", "largest at", "difference", "allowed", "")
    known = [
        ("compared", " and ".join(result.subjects)),
        ("precision", result.precision),
        ("steps", str(result.steps)),
    ]
    sections = (
        Section(
            "Differences",
            (
                facts(known),
                figure(points(title, rows, "difference (log scale)"), caption, kind="wide"),
                table("Every comparison", head, cells, words=2),
                *map(note, result.notes),
            ),
        ),
        *network(result.spec, compiled(spec_of(result.spec))),
    )
    return Article(key, result.name, "verification", f"{result.verdict}.", sections)


def _difference(row: Comparison) -> str:
    if row.difference is None:
        return "not comparable"
    return f"{row.difference:.1e}" if row.difference else "0"
