"""Schedules one after the other, as PyTorch's `SequentialLR` joins them.

Each of them counts its time from its own beginning. A length that is left out reaches to the end of
its part.
Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.SequentialLR.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from samenet.codegen.expression import Binary, Name
from samenet.schedules import SINGLE
from samenet.schedules.base import BaseSchedule, Length, Part, Refusal, Stretch, span
from samenet.schedules.steps import ordered


class Sequence(BaseSchedule):
    """Schedules that take turns; each counts from its own beginning."""

    type: Literal["sequence"]
    schedules: tuple[Annotated[BaseSchedule, SINGLE], ...] = Field(
        min_length=2, max_length=100, description="The schedules, tables like this one."
    )
    milestones: tuple[Length, ...] = Field(
        min_length=1, max_length=99, description="When each schedule but the first begins."
    )

    def parts(self, stretch: Stretch) -> list[Part]:
        stretches = self._stretches(stretch)
        rates = [
            schedule.rate(own) for schedule, own in zip(self.schedules, stretches, strict=True)
        ]
        ends = [stretch.length(milestone) for milestone in self.milestones]
        conditions = [Binary(Name(stretch.clock), "<", end) for end in ends]
        return list(map(Part, [*conditions, None], rates))

    def refusals(self, stretch: Stretch) -> Iterator[Refusal]:
        count = len(self.schedules) - 1
        if len(self.milestones) != count:
            message = f"{count} milestones part {count + 1} schedules, found {len(self.milestones)}"
            yield Refusal(("milestones",), message)
            return
        unordered = list(ordered("milestones", self.milestones, stretch))
        yield from unordered
        for index, schedule in enumerate(self.schedules):
            if schedule.clock is not None:
                message = "the schedules of a sequence have the clock of the sequence"
                yield Refusal(("schedules", index, "clock"), message, "remove it here")
        if not unordered:
            for index, own in enumerate(self._stretches(stretch)):
                for path, message, hint in self.schedules[index].refusals(own):
                    yield Refusal(("schedules", index, *path), message, hint)

    def _stretches(self, stretch: Stretch) -> list[Stretch]:
        """The stretch of each schedule."""
        turns = [span(milestone, stretch.clock) for milestone in self.milestones]
        starts, ends = [stretch.start, *turns], [*turns, stretch.end]
        return [
            stretch._replace(start=start, end=end) for start, end in zip(starts, ends, strict=True)
        ]
