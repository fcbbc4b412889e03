"""How far arrays are apart, and how far they may be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from samenet.graph.ir import ResolvedGraph
from samenet.runtime import Precision
from samenet.verification.report import Row
from samenet.verification.subjects import Arrays


@dataclass(frozen=True)
class Tolerances:
    """What is allowed, as a fraction of the largest value where that is above 1.

    Attributes:
        forward: for outputs and losses.
        backward: for gradients.
        training: for everything after steps, in which rounding grows.
    """

    forward: float
    backward: float
    training: float


TOLERANCES: Mapping[Precision, Tolerances] = MappingProxyType(
    {
        "float64": Tolerances(1e-8, 1e-8, 1e-6),
        "float32": Tolerances(1e-4, 1e-3, 1e-2),
    }
)


ROUGH = ("gelu", "softplus", "mish")
"""Functions that TensorFlow computes with constants of single precision: 5e-9 for each."""


def tolerances(graph: ResolvedGraph, precision: Precision) -> Tolerances:
    """What is allowed for a network."""
    allowed = TOLERANCES[precision]
    rough = any(
        node.kind in ROUGH or getattr(node.layer, "activation", None) in ROUGH
        for node in graph.nodes
    )
    if precision == "float64" and rough:
        return Tolerances(*(100 * value for value in astuple(allowed)))
    return allowed


def relative(found: Any, expected: Any) -> float:
    """The largest difference, as a fraction of the largest value where that is above 1.

    Equal infinities and NaN in the same places count as equal.
    """
    found, expected = (np.asarray(v, dtype=np.float64) for v in (found, expected))
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    if same.all():
        return 0.0
    finite = np.abs(expected[np.isfinite(expected)])
    scale = max(1.0, float(finite.max(initial=0.0)))
    with np.errstate(invalid="ignore"):
        return float(np.abs(np.where(same, 0.0, found - expected)).max() / scale)


def largest(what: str, found: Arrays, expected: Arrays, allowed: float) -> Row:
    """The row of the largest difference of arrays by name."""
    worst = Row(what, "", 0.0, allowed)
    for name, values in expected.items():
        if name not in found or found[name].shape != values.shape:
            return replace(worst, where=name, difference=float("inf"))
        difference = relative(found[name], values)
        if not difference <= worst.difference:
            worst = replace(worst, where=name, difference=difference)
            if math.isnan(difference):
                return worst
    return worst


def laid_out(found: np.ndarray, expected: np.ndarray) -> float | None:
    """The difference of what layers read or give, whichever has its channels first."""
    candidates = [found]
    if found.ndim > 2:
        candidates += [np.moveaxis(found, 1, -1), np.moveaxis(found, -1, 1)]
    differences = [relative(v, expected) for v in candidates if v.shape == expected.shape]
    return min(differences, default=None)


def course(
    what: str,
    found: Sequence[Arrays],
    expected: Sequence[Arrays],
    names: Any,
    allowed: float,
) -> Row:
    """The largest difference in the course of a training; the first step that is not allowed."""
    worst = Row(f"{what} ({len(expected)})", "", 0.0, allowed)
    if len(found) != len(expected):
        return replace(worst, where="the number of steps", difference=float("inf"))
    for step, (values, wanted) in enumerate(zip(found, expected, strict=True), start=1):
        row = largest(
            worst.what,
            {name: values[name] for name in names},
            {name: wanted[name] for name in names},
            allowed,
        )
        row = replace(row, where=f"step {step}, {row.where}")
        if not row.agrees:
            cause = "the optimizer, the order of samples, or what acts after a step"
            return replace(row, cause=cause)
        if row.difference >= worst.difference:
            worst = row
    return worst


def histories(
    found: Mapping[str, Sequence[float]], expected: Mapping[str, Sequence[float]], allowed: float
) -> Row:
    """Losses, metrics and rates of each epoch, and how many there are."""
    arrays = [{k: np.array(v) for k, v in sorted(h.items())} for h in (found, expected)]
    row = largest("history", arrays[0], arrays[1], allowed)
    return replace(row, what=f"history of {len(next(iter(expected.values())))} epochs")
