"""The catalogue of schedules: the learning rate as a function of the step or the epoch.

A schedule is its class: the formula with its source, the arguments, and the call of the function of
`templates/shared/schedules.py` that both programs carry.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from samenet.schedules.base import Refusal, Span, Stretch
from samenet.schedules.sequence import Part, Sequence, Single

Schedule = Annotated[Single | Sequence, Field(discriminator="type")]

__all__ = ["Part", "Refusal", "Schedule", "parts", "refusals"]


def parts(schedule: Schedule, initial: float, epochs: int) -> list[Part]:
    """The schedules that take turns, or the only one.

    Args:
        schedule: what the spec says.
        initial: the learning rate of the optimizer.
        epochs: the epochs of the training.

    Returns:
        Expressions of the time, called `step` or `epoch`, of EPOCHS and steps_per_epoch.
    """
    stretch = whole(schedule, initial, epochs)
    if isinstance(schedule, Sequence):
        return schedule.parts(stretch)
    return [Part(None, schedule.rate(stretch))]


def refusals(schedule: Schedule, initial: float, epochs: int) -> list[Refusal]:
    """What the keys of a schedule demand of each other and of the training, and do not get."""
    return list(schedule.refusals(whole(schedule, initial, epochs)))


def whole(schedule: Schedule, initial: float, epochs: int) -> Stretch:
    """The training, as a stretch of time on the clock of a schedule."""
    return Stretch(schedule.clock or "epoch", initial, Span(), Span(whole=True), epochs)
