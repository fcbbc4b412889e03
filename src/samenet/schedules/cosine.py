"""Rates that fall along half a cosine: once, perhaps behind a warm-up, or again and again.

The formulas are those of Keras' `CosineDecay` and `CosineDecayRestarts`. PyTorch's
`CosineAnnealingLR` climbs again behind its end; Keras' stays at the lowest rate.
Source: Loshchilov and Hutter (2016), https://arxiv.org/abs/1608.03983;
https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from samenet.codegen.expression import Expression
from samenet.schedules.base import (
    BaseSchedule,
    Length,
    NaturalLength,
    Refusal,
    Stretch,
    formula,
    no_rest,
)
from samenet.schema import Fraction, NonNegative, Positive


class CosineDecay(BaseSchedule):
    """rate = first * (alpha + (1 - alpha) * (1 + cos(pi * min(time / decay_steps, 1))) / 2).

    With `warmup_target`, first = warmup_target and time begins behind `warmup_steps`, during which
    rate = initial + (warmup_target - initial) * time / warmup_steps.
    """

    type: Literal["cosine_decay"]
    decay_steps: Length | None = Field(
        None,
        description="How long it takes to reach the lowest rate, which then stays; by default "
        "all that remains.",
    )
    alpha: Fraction = Field(0.0, description="The lowest rate as a fraction of the first one.")
    warmup_target: Positive | None = Field(None, description="The rate at the end of the warm-up.")
    warmup_steps: NaturalLength = Field(0, description="How long the warm-up takes.")
    initial_learning_rate: NonNegative | None = Field(
        None, description="Where the warm-up begins; by default the optimizer's `learning_rate`."
    )

    def rate(self, stretch: Stretch) -> Expression:
        initial = self.initial_learning_rate
        name, options = "cosine_decay", dict[str, Expression]()
        if self.warmup_target is not None:
            name = "cosine_decay_after_warmup"
            options["warmup_target"] = self.warmup_target
            options["warmup_steps"] = stretch.length(self.warmup_steps)
        return formula(
            name,
            stretch,
            initial=stretch.initial if initial is None else initial,
            **options,
            decay_steps=stretch.length(self.decay_steps, self.warmup_steps),
            alpha=self.alpha,
        )

    def refusals(self, stretch: Stretch) -> Iterator[Refusal]:
        if self.warmup_target is None:
            hint = "set warmup_target, the rate at the end of the warm-up"
            for key in ("warmup_steps", "initial_learning_rate"):
                if getattr(self, key):
                    yield Refusal((key,), f"{key} does nothing without warmup_target", hint)
        elif self.warmup_steps == 0:
            message = "warmup_target does nothing without warmup_steps"
            hint = "set warmup_steps, or the optimizer's learning_rate"
            yield Refusal(("warmup_target",), message, hint)
        elif self.decay_steps is None:
            yield from no_rest(stretch, "decay_steps", self.warmup_steps)


class CosineDecayRestarts(BaseSchedule):
    """Cosine decay that starts again after each period.

    The first period has `first_decay_steps`, each further one `t_mul` times as many; its first rate
    is `m_mul` times that of the period before.
    """

    type: Literal["cosine_decay_restarts"]
    first_decay_steps: Length = Field(description="How long the first period is.")
    t_mul: Annotated[float, Field(ge=1)] = Field(2.0, description="Growth of the periods.")
    m_mul: Positive = Field(1.0, description="Factor of each period's first rate.")
    alpha: Fraction = Field(0.0, description="The lowest rate as a fraction of the initial one.")

    def rate(self, stretch: Stretch) -> Expression:
        return formula(
            "cosine_decay_restarts",
            stretch,
            initial=stretch.initial,
            first_decay_steps=stretch.length(self.first_decay_steps),
            t_mul=self.t_mul,
            m_mul=self.m_mul,
            alpha=self.alpha,
        )
