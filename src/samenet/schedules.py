"""Schedules: the learning rate as a function of the epoch, counted from 0.

Both programs carry the same function (`templates/shared/schedules.py`), computed in double
precision, and set the rate before the epoch begins. The formulas and the names of the arguments
are those of Keras' schedules, with epochs in place of steps.
Source: https://keras.io/api/optimizers/learning_rate_schedules/;
cosine: Loshchilov and Hutter (2016), https://arxiv.org/abs/1608.03983
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.schema import Count, Fraction, Model, OpenFraction, Positive


class StepDecay(Model):
    """rate = initial * decay_rate ** floor(epoch / decay_steps)."""

    type: Literal["step_decay"]
    decay_rate: OpenFraction = Field(description="The factor of each step.")
    decay_steps: Count = Field(description="Epochs between two steps.")


class ExponentialDecay(Model):
    """rate = initial * decay_rate ** (epoch / decay_steps)."""

    type: Literal["exponential_decay"]
    decay_rate: OpenFraction = Field(description="The factor over `decay_steps` epochs.")
    decay_steps: Count = Field(1, description="Epochs over which the factor is applied.")


class CosineDecay(Model):
    """rate = initial * (alpha + (1 - alpha) * (1 + cos(pi * min(epoch / decay_steps, 1))) / 2)."""

    type: Literal["cosine_decay"]
    decay_steps: Count = Field(description="Epochs until the lowest rate, which then stays.")
    alpha: Fraction = Field(0.0, description="The lowest rate as a fraction of the initial one.")


class CosineDecayRestarts(Model):
    """Cosine decay that starts again after each period.

    The first period has `first_decay_steps` epochs, each further one `t_mul` times as many; its
    first rate is `m_mul` times that of the period before.
    """

    type: Literal["cosine_decay_restarts"]
    first_decay_steps: Count = Field(description="Epochs of the first period.")
    t_mul: Annotated[float, Field(ge=1)] = Field(2.0, description="Growth of the periods.")
    m_mul: Positive = Field(1.0, description="Factor of each period's first rate.")
    alpha: Fraction = Field(0.0, description="The lowest rate as a fraction of the initial one.")


Schedule = Annotated[
    StepDecay
    | ExponentialDecay
    | CosineDecay
    | CosineDecayRestarts,
    Field(discriminator="type"),
]  # fmt: skip


def expression(schedule: Schedule, initial: float) -> Call:
    """The rate of the epoch called `epoch`, for both backends."""
    arguments = schedule.model_dump(exclude={"type"})
    function = Name(schedule.type, "shared/schedules")
    return call(function, Name("epoch"), initial=initial, **arguments)
