"""Scales: numbers to places, and the round numbers along an axis."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """From numbers to places in px, in proportion to them or to their logarithms.

    Attributes:
        low: the number at `start`; above 0 on a logarithmic scale.
        high: the number at `end`, above `low`.
        start: a place in px.
        end: a place in px, left of or above `start` as well.
        logarithmic: whether equal ratios are equally long.
    """

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        """The place of a number; one outside of the axis stands at its end."""
        low, high, value = (self._part(number) for number in (self.low, self.high, value))
        part = min(max((value - low) / (high - low), 0.0), 1.0)
        return self.start + part * (self.end - self.start)

    def ticks(self, count: int = 5) -> tuple[float, ...]:
        """About `count` round numbers from `low` to `high`."""
        if self.logarithmic:
            first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
            step = max(1, -(-(last - first) // count))
            return tuple(10.0**power for power in range(first, last + 1, step))
        step = _round_step((self.high - self.low) / max(count, 1))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return tuple(round(step * number, 12) for number in range(first, last + 1))

    def _part(self, value: float) -> float:
        return math.log10(max(value, self.low)) if self.logarithmic else value


def around(
    values: Iterable[float], *, zero: bool = False, room: float = 0.06
) -> tuple[float, float]:
    """The lowest and the highest number of an axis for values, with room beside them.

    Args:
        values: finite numbers, perhaps none or all the same.
        zero: whether 0 is on the axis in any case.
        room: of the range, on both sides.
    """
    found = [*values, *((0.0,) if zero else ())] or [0.0, 1.0]
    low, high = min(found), max(found)
    if high - low < 1e-5 * max(abs(low), abs(high)):  # a difference that only rounding makes
        room = 0.0
    beside = (high - low) * room or abs(high) * 0.1 or 0.5
    return low - beside, high + beside


def decades(values: Iterable[float]) -> tuple[float, float]:
    """The powers of ten around positive numbers, for a logarithmic axis."""
    found = [min(max(value, 1e-300), 1e300) for value in values if value > 0] or [1.0]
    low, high = math.floor(math.log10(min(found))), math.ceil(math.log10(max(found)))
    return 10.0**low, 10.0 ** max(high, low + 1)


def _round_step(size: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below a size."""
    if not (math.isfinite(size) and size > 0):
        return 1.0
    power = 10.0 ** math.floor(math.log10(size))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= size * (1 - 1e-9))


def shown(value: float | None, digits: int = 4) -> str:
    """A number as a person reads it; a dash for none."""
    if value is None or math.isnan(value):
        return "\u2013"
    if value and not 1e-3 <= abs(value) < 1e6:
        text = f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
    elif value == int(value) and abs(value) >= 1000:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.{digits}f}"
    return text.replace("-", "\u2212")


def signed(value: float | None, digits: int = 4) -> str:
    """A difference with its sign."""
    return ("+" if value is not None and value > 0 else "") + shown(value, digits)


def tick_text(value: float) -> str:
    """A round number beside an axis, without zeros at its end."""
    if value and (abs(value) < 1e-3 or abs(value) >= 1e5):
        return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("-", "\u2212")
    return f"{value:,.6f}".rstrip("0").rstrip(".").replace("-", "\u2212")
