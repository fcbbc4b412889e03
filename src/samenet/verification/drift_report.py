"""What the measurement of drift found, and how it is shown."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

from samenet.lowering import Backend
from samenet.verification.report import shown

ROUNDING: Mapping[str, float] = MappingProxyType({"float64": 1e-7, "float32": 1e-5})
"""No larger differences are called drift: numbers of 32 bits hardly tell them."""

TOGETHER = "all of them"
"""The row of all parts that are exchanged together."""

NAMES: Mapping[Backend, str] = MappingProxyType({"keras": "Keras", "torch": "PyTorch"})

OWNERS: Mapping[Backend, str] = MappingProxyType({"keras": "Keras'", "torch": "PyTorch's"})


@dataclass(frozen=True)
class Distance:
    """The largest difference of a kind.

    Attributes:
        what: "weights", "statistics", "predictions", "learning rate" or "loss".
        where: the weight, the output or the value of an epoch that differs most.
        difference: as a fraction of the largest value where that is above 1; infinite where what
            is compared is no number or not there.
    """

    what: str
    where: str
    difference: float

    def as_tree(self) -> dict[str, str | float | None]:
        """It for JSON, which has no numbers that are not finite."""
        finite = math.isfinite(self.difference)
        difference = self.difference if finite else None
        return {"what": self.what, "where": self.where, "difference": difference}


@dataclass(frozen=True)
class Drift:
    """How far a program is from the exact one of the same framework, with a part exchanged.

    Attributes:
        part: what the spec calls it, or `TOGETHER` for all that can be exchanged.
        backend: the framework.
        own: what of the framework's own stands in its place.
        law: what that differs in.
        source: where the framework says so.
        start: the predictions before any step.
        first: what differs after one step of the optimizer.
        last: what differs after all steps.
        decisions: what it does otherwise between epochs, or an empty string.
        failure: how the program with the part fails, or an empty string.
    """

    part: str
    backend: Backend
    own: str
    law: str
    source: str
    start: tuple[Distance, ...] = ()
    first: tuple[Distance, ...] = ()
    last: tuple[Distance, ...] = ()
    decisions: str = ""
    failure: str = ""

    @property
    def largest(self) -> tuple[Distance, Distance, Distance]:
        """The largest difference before any step, after one and after all."""
        start, first, last = (_largest(found) for found in (self.start, self.first, self.last))
        return start, first, last

    def as_tree(self, precision: str) -> dict[str, object]:
        """It for JSON."""
        distances = {key: getattr(self, key) for key in ("start", "first", "last")}
        trees = {key: [found.as_tree() for found in values] for key, values in distances.items()}
        return {**asdict(self), **trees, "drifts": self.drifts(precision)}

    def drifts(self, precision: str) -> bool:
        """Whether anything differs by more than rounding."""
        if self.decisions or self.failure:
            return True
        return not all(found.difference <= ROUNDING[precision] for found in self.largest)


@dataclass(frozen=True)
class DriftReport:
    """How far the frameworks' own parts are from the programs' exact ones.

    Attributes:
        name: the name of the network.
        precision: "float64" or "float32".
        steps: how many steps of the optimizer were taken.
        batch_size: the samples of a step.
        rows: each part that was exchanged, in the order of its framework's idioms, and behind them
            all together.
        same: by framework, what of the spec is the same in both programs.
        kept: by framework, the helpers of the program in whose place it has no part, and what they
            are.
        notes: what else there is to know.
        spec: the spec of the network, with nothing left to be filled in.
    """

    name: str
    precision: str
    steps: int
    batch_size: int
    rows: tuple[Drift, ...]
    same: Mapping[Backend, tuple[str, ...]]
    kept: Mapping[Backend, Mapping[str, str]]
    notes: tuple[str, ...] = ()
    spec: str = ""

    @property
    def drifting(self) -> tuple[Drift, ...]:
        """The parts that differ by more than rounding."""
        return tuple(row for row in self.rows if row.drifts(self.precision))

    @property
    def verdict(self) -> str:
        """One sentence."""
        parts = [row for row in self.drifting if row.part != TOGETHER]
        if not parts:
            return "no part of the frameworks' own drifts here"
        # The last row of a framework has all parts.
        whole: dict[Backend, Drift] = {row.backend: row for row in self.rows}
        said = [
            f"{shown(row.largest[2].difference)} in {NAMES[backend]}"
            for backend, row in whole.items()
            if row.drifts(self.precision) and not row.failure
        ]
        count = "1 part drifts" if len(parts) == 1 else f"{len(parts)} parts drift"
        if not said:
            return count
        together = " all together" if len(parts) > 1 else ""
        return f"{count}; after {self.steps} steps{together} by {' and '.join(said)}"

    def as_json(self) -> str:
        """All of it; differences that are no finite numbers are null."""
        return json.dumps(
            {
                "kind": "drift",
                "name": self.name,
                "precision": self.precision,
                "steps": self.steps,
                "batch_size": self.batch_size,
                "verdict": self.verdict,
                "rows": [row.as_tree(self.precision) for row in self.rows],
                "same": self.same,
                "kept": self.kept,
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
        if self.drifting:
            yield f"| | part | before | 1 step | {self.steps} steps | largest at | what differs |"
            yield "| --- | --- | --- | --- | --- | --- | --- |"
        for row in self.drifting:
            cells = (NAMES[row.backend], row.part, *numbers(row), place(row), explained(row))
            yield f"| {' | '.join(cell.replace('|', '') for cell in cells)} |"
        if self.drifting:
            yield ""
        for line in self.remarks():
            yield f"- {line}"

    def remarks(self) -> Iterator[str]:
        """What does not drift, what is the same, what stays samenet's, and the notes."""
        for row in self.rows:
            if not row.drifts(self.precision):
                most = shown(max(found.difference for found in row.largest))
                what = f"{row.part} ({row.own})" if row.own else row.part
                yield f"no drift beyond rounding: {what}, {most}; {row.law}"
        for backend, kinds in self.same.items():
            if kinds:
                yield f"the same in both programs for {NAMES[backend]}: {', '.join(kinds)}"
        for backend, helpers in self.kept.items():
            for name, what in helpers.items():
                yield f"samenet's own for {NAMES[backend]} in both programs: {name} ({what})"
        yield from self.notes


def numbers(row: Drift) -> tuple[str, str, str]:
    """The largest differences before any step, after one and after all."""
    if row.failure:
        return "", "", ""
    start, first, last = (shown(found.difference) for found in row.largest)
    return start, first, last


def place(row: Drift) -> str:
    """Where the difference after all steps is largest."""
    last = row.largest[2]
    if row.failure or not last.difference:
        return ""
    return f"{last.what}, {last.where}" if last.where else last.what


def explained(row: Drift) -> str:
    """What differs, and what came of it."""
    clauses = "; ".join(filter(None, (row.law, row.decisions, row.failure)))
    return f"{row.own}: {clauses}" if row.own else clauses


def _largest(found: tuple[Distance, ...]) -> Distance:
    def size(distance: Distance) -> float:
        return math.inf if math.isnan(distance.difference) else distance.difference

    return max(found, key=size, default=Distance("", "", 0.0))
