"""What can be said of a few numbers: their spread, the difference of pairs, and how sure that is.

Numbers of runs with the same seed belong together, so differences are taken pair by pair. Intervals
are those of Student's t distribution with n - 1 degrees of freedom, at 95 %. Where many differences
are looked at, one in twenty is beyond its interval by chance; so a verdict asks for a p-value below
0.05 after Holm's correction.
Sources: Student (1908), The Probable Error of a Mean, Biometrika 6; Holm (1979), A Simple
Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of Statistics 6.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any, Literal

from samenet.callbacks.base import Mode

CONFIDENCE = 0.95
FEWEST = 3
"""How many pairs a verdict needs."""

Verdict = Literal["better", "worse", "nothing shown", "too few seeds", "diverged"]


@dataclass(frozen=True)
class Spread:
    """The mean of numbers.

    Attributes:
        mean: their mean.
        std: their standard deviation, or None for a single one.
        low: the lower end of the interval of the mean, or None.
        high: its upper end, or None.
        n: how many they are.
    """

    mean: float
    std: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Difference:
    """The mean difference of pairs.

    Attributes:
        difference: its mean, or None if there are no pairs.
        low: the lower end of its interval, or None.
        high: its upper end, or None.
        n: how many pairs there are.
        p: how probable so large a mean is where there is no difference, or None.
        lost: how many pairs have no value, because a training has diverged.
    """

    difference: float | None
    low: float | None
    high: float | None
    n: int
    p: float | None
    lost: int


def spread(values: Sequence[float]) -> Spread | None:
    """The mean of numbers and its interval; None if there are none."""
    n = len(values)
    if not n:
        return None
    mean = fmean(values)
    if n == 1:
        return Spread(mean, None, None, None, 1)
    std = stdev(values)
    half = _quantile(n - 1) * std / math.sqrt(n)
    return Spread(mean, std, mean - half, mean + half, n)


def difference(values: Sequence[float | None], reference: Sequence[float | None]) -> Difference:
    """The mean difference of pairs, values minus reference.

    Args:
        values: in the order of the seeds; None where a training has diverged.
        reference: likewise.
    """
    pairs = list(zip(values, reference, strict=True))
    found = [a - b for a, b in pairs if a is not None and b is not None]
    of = spread(found)
    lost = len(pairs) - len(found)
    if of is None:
        return Difference(None, None, None, 0, None, lost)
    return Difference(of.mean, of.low, of.high, of.n, _p_value(of), lost)


def verdicts(differences: Sequence[Difference], mode: Mode) -> list[tuple[Verdict, float | None]]:
    """What several differences show, each with its p-value corrected for their number."""
    corrected = iter(holm([item.p for item in differences if item.p is not None]))
    return [
        (_verdict(item, p, mode), p)
        for item in differences
        for p in [None if item.p is None else next(corrected)]
    ]


def _verdict(item: Difference, p: float | None, mode: Mode) -> Verdict:
    if item.lost:
        return "diverged"
    if item.n < FEWEST or item.difference is None or p is None:
        return "too few seeds"
    if p >= 1 - CONFIDENCE:
        return "nothing shown"
    return "better" if (item.difference < 0) == (mode == "min") else "worse"


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values of a family, corrected such that the chance of any false find stays the level.

    The least is multiplied by the number of them, the next by one less, and so on; none is less
    than the one before it.
    """
    corrected = [0.0] * len(p_values)
    largest = 0.0
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p_values[index]))
        corrected[index] = largest
    return corrected


def _p_value(of: Spread) -> float | None:
    """Of the t-test that a mean is 0, on both sides; None of a single number."""
    if of.std is None:
        return None
    if of.std == 0:
        # Accuracies are counts of samples: that a few are equal says nothing of how they spread.
        return 1.0
    from scipy import stats  # noqa: PLC0415  (half a second)

    t = abs(of.mean) / of.std * math.sqrt(of.n)
    distribution: Any = stats.t
    return float(2 * distribution.sf(t, of.n - 1))


def _quantile(degrees: int) -> float:
    """How many standard errors an interval reaches to each side."""
    from scipy import stats  # noqa: PLC0415

    distribution: Any = stats.t
    return float(distribution.ppf((1 + CONFIDENCE) / 2, degrees))
