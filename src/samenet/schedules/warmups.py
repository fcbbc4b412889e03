"""Rates that rise to the optimizer's: linear_warmup, which stays there, and one_cycle.

Keras has neither. The names of the arguments are those of PyTorch's `LinearLR` and `OneCycleLR`,
with the optimizer's `learning_rate` in place of `max_lr`. Momentum does not cycle.
Source: Goyal et al. (2017), https://arxiv.org/abs/1706.02677; Smith and Topin (2017),
https://arxiv.org/abs/1708.07120;
https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Expression, Name
from samenet.schedules.base import BaseSchedule, Length, Refusal, Stretch, formula, no_rest
from samenet.schema import Fraction, Positive


class LinearWarmup(BaseSchedule):
    """rate = initial * (start_factor + (1 - start_factor) * min(time / warmup_steps, 1))."""

    type: Literal["linear_warmup"]
    warmup_steps: Length | None = Field(
        None, description="How long the rate rises; by default all that remains."
    )
    start_factor: Fraction = Field(0.0, description="The first rate as a fraction of the last.")

    def rate(self, stretch: Stretch) -> Expression:
        return formula(
            "linear_warmup",
            stretch,
            initial=stretch.initial,
            start_factor=self.start_factor,
            warmup_steps=stretch.length(self.warmup_steps),
        )

    def refusals(self, stretch: Stretch) -> Iterator[Refusal]:
        if self.warmup_steps is None:
            yield from no_rest(stretch, "warmup_steps")


class OneCycle(BaseSchedule):
    """Up to the optimizer's rate, then down to nearly nothing.

    From rate / div_factor to rate over pct_start * total_steps, then down to
    rate / div_factor / final_div_factor, which it reaches at total_steps - 1 and keeps. With
    three_phase it first comes down as it went up.
    """

    type: Literal["one_cycle"]
    total_steps: Length | None = Field(
        None, description="How long the cycle is; by default all that remains."
    )
    pct_start: Fraction = Field(0.3, description="The part of the cycle that rises.")
    anneal_strategy: Literal["cos", "linear"] = Field(
        "cos", description="Along half a cosine or a straight line."
    )
    div_factor: Positive = Field(25.0, description="The highest rate over the first one.")
    final_div_factor: Positive = Field(1e4, description="The first rate over the last one.")
    three_phase: bool = Field(
        False, description="Whether it comes down as it went up before it goes further."
    )

    def rate(self, stretch: Stretch) -> Expression:
        anneal = "cosine_between" if self.anneal_strategy == "cos" else "straight_between"
        return formula(
            "one_cycle",
            stretch,
            initial=stretch.initial,
            total_steps=stretch.length(self.total_steps),
            pct_start=self.pct_start,
            div_factor=self.div_factor,
            final_div_factor=self.final_div_factor,
            three_phase=self.three_phase,
            between=Name(anneal, "shared/schedules"),
        )

    def refusals(self, stretch: Stretch) -> Iterator[Refusal]:
        if self.total_steps is None:
            yield from no_rest(stretch, "total_steps")
        if self.three_phase and self.pct_start > 0.5:
            message = "three_phase rises and falls over pct_start each, which is more than half"
            yield Refusal(("pct_start",), message, "set pct_start to at most 0.5")
