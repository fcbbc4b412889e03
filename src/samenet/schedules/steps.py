"""Rates that stay and jump: constant, step_decay, piecewise_constant_decay.

`step_decay` is Keras' `ExponentialDecay` with `staircase`, `piecewise_constant_decay` Keras' own:
the value changes behind its boundary (PyTorch's `MultiStepLR`: at its milestone).
Source: https://keras.io/api/optimizers/learning_rate_schedules/piecewise_constant_decay/
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Binary, Expression
from samenet.schedules.base import (
    BaseSchedule,
    Length,
    NaturalLength,
    Refusal,
    Stretch,
    formula,
    span,
)
from samenet.schema import NonNegative, OpenFraction, Positive


class Constant(BaseSchedule):
    """rate = initial * factor."""

    type: Literal["constant"]
    factor: Positive = Field(1.0, description="What the optimizer's rate is multiplied by.")

    def rate(self, stretch: Stretch) -> Expression:
        if self.factor == 1.0:
            return stretch.initial
        return Binary(stretch.initial, "*", self.factor)


class StepDecay(BaseSchedule):
    """rate = initial * decay_rate ** floor(time / decay_steps)."""

    type: Literal["step_decay"]
    decay_rate: OpenFraction = Field(description="The factor of each step down.")
    decay_steps: Length = Field(description="How long it is from one step down to the next.")

    def rate(self, stretch: Stretch) -> Expression:
        return formula(
            "step_decay",
            stretch,
            initial=stretch.initial,
            decay_rate=self.decay_rate,
            decay_steps=stretch.length(self.decay_steps),
        )


class PiecewiseConstantDecay(BaseSchedule):
    """rate = values[i] from behind boundaries[i - 1] to boundaries[i], which it includes.

    The values stand in place of the optimizer's `learning_rate`.
    """

    type: Literal["piecewise_constant_decay"]
    boundaries: tuple[NaturalLength, ...] = Field(
        min_length=1, max_length=1000, description="The last time of each value but the last."
    )
    values: tuple[NonNegative, ...] = Field(
        min_length=2, max_length=1001, description="The learning rates, one more than boundaries."
    )

    def rate(self, stretch: Stretch) -> Expression:
        return formula(
            "piecewise_constant_decay",
            stretch,
            boundaries=tuple(stretch.length(boundary) for boundary in self.boundaries),
            values=self.values,
        )

    def refusals(self, stretch: Stretch) -> Iterator[Refusal]:
        if len(self.values) != len(self.boundaries) + 1:
            wanted = f"{len(self.boundaries)} boundaries part {len(self.boundaries) + 1} values"
            yield Refusal(("values",), f"{wanted}, found {len(self.values)}")
        yield from ordered("boundaries", self.boundaries, stretch)


def ordered(key: str, lengths: tuple[int | str, ...], stretch: Stretch) -> Iterator[Refusal]:
    """The refusal of times that do not increase."""
    spans = [span(length, stretch.clock) for length in lengths]
    for earlier, later in pairwise(spans):
        if later.exceeds(earlier, stretch.epochs) is False:
            yield Refusal((key,), f"{key} must increase")
            return
