"""Intervals, p-values and verdicts, against published numbers and SciPy's own tests."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from samenet.ablation.statistics import Difference, difference, holm, spread, verdicts

DRUG_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
DRUG_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
"""Student (1908): the hours of sleep that ten patients gained with two drugs."""


def test_the_data_of_student() -> None:
    """R's `t.test(extra ~ group, data = sleep, paired = TRUE)`, as its manual prints it."""
    found = difference(DRUG_1, DRUG_2)
    assert found.difference == pytest.approx(-1.58)
    assert (found.low, found.high) == pytest.approx((-2.4598858, -0.7001142), abs=1e-7)
    assert found.p == pytest.approx(0.002833, abs=5e-7)
    assert (found.n, found.lost) == (10, 0)


@pytest.mark.parametrize("count", [2, 3, 7])
def test_intervals_and_p_values_are_those_of_scipy(count: int) -> None:
    ours, theirs = np.random.default_rng(count).normal(size=(2, count))
    found, expected = difference(list(ours), list(theirs)), stats.ttest_rel(ours, theirs)
    interval = expected.confidence_interval(0.95)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-12)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-12)
    of = spread(list(ours))
    assert of is not None
    assert (of.mean, of.std) == pytest.approx((ours.mean(), ours.std(ddof=1)), rel=1e-12)


def test_holm() -> None:
    """R: `p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")`."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def judged(*columns: list[float | None], mode: str = "max") -> list[str]:
    """The verdicts on columns of differences to zero."""
    found = [difference(column, [0.0] * len(column)) for column in columns]
    return [verdict for verdict, _ in verdicts(found, mode)]


CLEAR: list[float | None] = [1.0, 1.01, 0.99]


def test_verdicts() -> None:
    assert judged(CLEAR) == ["better"]
    assert judged(CLEAR, mode="min") == ["worse"]
    assert judged([1.0, -1.0, 0.5]) == ["nothing shown"]
    assert judged([1.0, 1.1]) == ["too few seeds"]
    assert judged([1.0]) == ["too few seeds"]
    assert judged([1.0, None, 1.0]) == ["diverged"]
    assert judged([None, None, None]) == ["diverged"]


def test_equal_differences_show_nothing() -> None:
    """Accuracies are counts: three that are equal say nothing of how they would spread."""
    assert judged([0.0, 0.0, 0.0], [0.25, 0.25, 0.25]) == ["nothing shown", "nothing shown"]


def test_many_comparisons_ask_for_more() -> None:
    """What is below 0.05 alone is not beside nine others, where one in two would be by chance."""
    one: list[float | None] = [1.0, 1.4, 0.6]
    other: list[float | None] = [1.0, -1.0, 0.1]
    assert 0.005 < (difference(one, [0.0] * 3).p or 0) < 0.06
    assert judged([1.0, 1.3, 0.7]) == ["better"]
    assert judged([1.0, 1.3, 0.7], *[other] * 9)[0] == "nothing shown"


def test_false_finds_are_as_rare_as_promised() -> None:
    """Without any difference at most 5 % of tables name one (and 4 standard errors of that)."""
    tables, random = 150, np.random.default_rng(0)
    finds = 0
    for _ in range(tables):
        reference = random.normal(size=4)
        found: list[Difference] = [
            difference(list(column), list(reference)) for column in random.normal(size=(6, 4))
        ]
        finds += any(verdict in ("better", "worse") for verdict, _ in verdicts(found, "max"))
    assert finds / tables < 0.05 + 4 * (0.05 * 0.95 / tables) ** 0.5
