"""Rates that fall by a power of the time: exponential, inverse time, polynomial, inverse root.

The first three have the formulas of Keras' classes. The last is that of Vaswani et al. (2017),
https://arxiv.org/abs/1706.03762, section 5.3, with the optimizer's rate at the end of the warm-up.
Source: https://keras.io/api/optimizers/learning_rate_schedules/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Expression
from samenet.schedules.base import BaseSchedule, Length, Refusal, Stretch, formula, no_rest
from samenet.schema import NonNegative, Positive


class ExponentialDecay(BaseSchedule):
    """rate = initial * decay_rate ** (time / decay_steps)."""

    type: Literal["exponential_decay"]
    decay_rate: Positive = Field(description="The factor over `decay_steps`.")
    decay_steps: Length = Field(1, description="How long it takes to apply the factor once.")
    staircase: bool = Field(False, description="Whether the factor is applied all at once.")

    def rate(self, stretch: Stretch) -> Expression:
        return formula(
            "step_decay" if self.staircase else "exponential_decay",
            stretch,
            initial=stretch.initial,
            decay_rate=self.decay_rate,
            decay_steps=stretch.length(self.decay_steps),
        )


class InverseTimeDecay(BaseSchedule):
    """rate = initial / (1 + decay_rate * time / decay_steps)."""

    type: Literal["inverse_time_decay"]
    decay_rate: NonNegative = Field(description="What the divisor grows by over `decay_steps`.")
    decay_steps: Length = Field(1, description="How long it takes the divisor to grow by that.")
    staircase: bool = Field(False, description="Whether it grows all at once.")

    def rate(self, stretch: Stretch) -> Expression:
        return formula(
            "inverse_time_decay_in_steps" if self.staircase else "inverse_time_decay",
            stretch,
            initial=stretch.initial,
            decay_rate=self.decay_rate,
            decay_steps=stretch.length(self.decay_steps),
        )


class PolynomialDecay(BaseSchedule):
    """rate = (initial - end) * (1 - min(time / decay_steps, 1)) ** power + end.

    With `cycle`, decay_steps is multiplied by max(ceil(time / decay_steps), 1), in place of min.
    """

    type: Literal["polynomial_decay"]
    decay_steps: Length | None = Field(
        None, description="How long it takes to reach the end; by default all that remains."
    )
    end_learning_rate: NonNegative = Field(0.0001, description="The rate at the end.")
    power: Positive = Field(1.0, description="1 for a straight line.")
    cycle: bool = Field(False, description="Whether it rises again behind the end.")

    def rate(self, stretch: Stretch) -> Expression:
        return formula(
            "polynomial_decay_in_cycles" if self.cycle else "polynomial_decay",
            stretch,
            initial=stretch.initial,
            end_learning_rate=self.end_learning_rate,
            power=self.power,
            decay_steps=stretch.length(self.decay_steps),
        )

    def refusals(self, stretch: Stretch) -> Iterator[Refusal]:
        if self.decay_steps is None:
            yield from no_rest(stretch, "decay_steps")


class InverseSquareRootDecay(BaseSchedule):
    """rate = initial * min(time / warmup_steps, sqrt(warmup_steps / time))."""

    type: Literal["inverse_square_root_decay"]
    warmup_steps: Length = Field(description="How long it rises, in a straight line from 0.")

    def rate(self, stretch: Stretch) -> Expression:
        return formula(
            "inverse_square_root_decay",
            stretch,
            initial=stretch.initial,
            warmup_steps=stretch.length(self.warmup_steps),
        )
