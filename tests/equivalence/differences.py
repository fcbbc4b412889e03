"""How far two results are apart, and whether that is no more than it may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def largest(found: Any, expected: Any) -> float:
    """The largest absolute difference of two arrays, or of two dictionaries of arrays."""
    if isinstance(expected, Mapping):
        assert found.keys() == expected.keys()
        return max(largest(found[key], expected[key]) for key in expected)
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    return float(np.abs(found - expected).max(initial=0.0))


def within(tolerance: float, found: Any, expected: Any, what: str = "") -> None:
    """Assert that nothing differs by more than a tolerance."""
    difference = largest(found, expected)
    assert difference <= tolerance, f"{what} differs by {difference:.1e}"  # also if it is NaN
