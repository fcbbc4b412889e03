"""The catalogue of schedules: the learning rate as a function of the step or the epoch.

A schedule is its class: the formula with its source, the arguments, and the call of the function of
`templates/shared/schedules.py` that both programs carry.
"""

from __future__ import annotations

from typing import Annotated

from samenet.catalogue import Catalogue
from samenet.schedules.base import BaseSchedule, Part, Refusal, Span, Stretch

SINGLE: Catalogue[BaseSchedule] = Catalogue(
    "samenet.schedules",
    {
        "constant": "steps.Constant",
        "cosine_decay": "cosine.CosineDecay",
        "cosine_decay_restarts": "cosine.CosineDecayRestarts",
        "exponential_decay": "decays.ExponentialDecay",
        "inverse_square_root_decay": "decays.InverseSquareRootDecay",
        "inverse_time_decay": "decays.InverseTimeDecay",
        "linear_warmup": "warmups.LinearWarmup",
        "one_cycle": "warmups.OneCycle",
        "piecewise_constant_decay": "steps.PiecewiseConstantDecay",
        "polynomial_decay": "decays.PolynomialDecay",
        "step_decay": "steps.StepDecay",
    },
)
"""The class of each `type` of those that are no sequence."""

CATALOGUE: Catalogue[BaseSchedule] = Catalogue(
    "samenet.schedules", {**SINGLE.places, "sequence": "sequence.Sequence"}
)
"""The class of each `type`."""

Schedule = Annotated[BaseSchedule, CATALOGUE]

__all__ = ["CATALOGUE", "SINGLE", "BaseSchedule", "Part", "Refusal", "Schedule"]


def parts(schedule: Schedule, initial: float, epochs: int) -> list[Part]:
    """The schedules that take turns, or the only one.

    Args:
        schedule: what the spec says.
        initial: the learning rate of the optimizer.
        epochs: the epochs of the training.

    Returns:
        Expressions of the time, called `step` or `epoch`, of EPOCHS and steps_per_epoch.
    """
    return schedule.parts(whole(schedule, initial, epochs))


def refusals(schedule: Schedule, initial: float, epochs: int) -> list[Refusal]:
    """What the keys of a schedule demand of each other and of the training, and do not get."""
    return list(schedule.refusals(whole(schedule, initial, epochs)))


def whole(schedule: Schedule, initial: float, epochs: int) -> Stretch:
    """The training, as a stretch of time on the clock of a schedule."""
    return Stretch(schedule.clock or "epoch", initial, Span(), Span(whole=True), epochs)
