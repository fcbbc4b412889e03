"""What a comparison found, and how it is shown."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from samenet.lowering import Backend


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        what: what was compared, e.g. `loss`.
        where: where the largest difference is: a layer, a weight, a step or an epoch.
        difference: the largest difference, as a fraction of the largest value where that is above
            1; infinite where shapes, names or values that are no numbers differ.
        tolerance: what is allowed.
        cause: what such a difference usually comes from, or an empty string.
    """

    what: str
    where: str
    difference: float
    tolerance: float
    cause: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the difference is no larger than it may be; NaN is."""
        return self.difference <= self.tolerance


@dataclass(frozen=True)
class Report:
    """The comparison of programs.

    Attributes:
        name: the name of the network.
        subjects: what was compared: the reference first.
        backends: the framework of each.
        precision: "float64" or "float32".
        steps: how many steps of the optimizer were taken.
        rows: the comparisons of each subject with the first, in the order of computation.
        notes: what was not compared, and why.
        spec: the spec of the network, with nothing left to be filled in.
    """

    name: str
    subjects: tuple[str, ...]
    backends: tuple[Backend, ...]
    precision: str
    steps: int
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    spec: str = ""

    @property
    def agrees(self) -> bool:
        """Whether everything is within its tolerance."""
        return all(row.agrees for row in self.rows)

    @property
    def first(self) -> Row | None:
        """The first comparison that is not, in the order of computation."""
        return next((row for row in self.rows if not row.agrees), None)

    @property
    def verdict(self) -> str:
        """One sentence."""
        names = " and ".join(self.subjects)
        if self.first is None:
            return f"{names} are the same network with the same training, in {self.precision}"
        row = self.first
        place = f" at {row.where}" if row.where else ""
        cause = f"; {row.cause}" if row.cause else ""
        return f"{names} differ: {row.what}{place} by {shown(row.difference)}{cause}"

    def as_json(self) -> str:
        """All of it; differences that are no finite numbers are null."""
        rows = [
            {
                **asdict(row),
                "difference": row.difference if math.isfinite(row.difference) else None,
                "agrees": row.agrees,
            }
            for row in self.rows
        ]
        return json.dumps(
            {
                "name": self.name,
                "subjects": self.subjects,
                "backends": self.backends,
                "precision": self.precision,
                "steps": self.steps,
                "agrees": self.agrees,
                "verdict": self.verdict,
                "rows": rows,
                "notes": self.notes,
                "spec": self.spec,
            },
            indent=2,
        )

    def as_markdown(self) -> str:
        """A table for a page or a comment."""
        return "\n".join(self._markdown()) + "\n"

    def _markdown(self) -> Iterator[str]:
        yield f"**{self.name}**: {self.verdict}.\n"
        yield "| | where it is largest | difference | allowed | |"
        yield "| --- | --- | --- | --- | --- |"
        for row in self.rows:
            verdict = "same" if row.agrees else "**differs**"
            numbers = f"{shown(row.difference)} | {row.tolerance:.0e}"
            yield f"| {row.what} | {row.where} | {numbers} | {verdict} |"
        if self.notes:
            yield ""
        for note in self.notes:
            yield f"- {note}"


def shown(difference: float) -> str:
    """A difference in few digits."""
    if math.isfinite(difference):
        return f"{difference:.1e}" if difference else "0"
    return "NaN" if math.isnan(difference) else "not comparable"
