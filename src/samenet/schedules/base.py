"""What schedules have in common: their clock, their lengths, the stretch of training they run over.

A schedule is a function of the time, which is a step or an epoch, counted from 0. Both programs
carry the same function, computed in double precision, and set the rate before the step or the epoch
begins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError, PydanticKnownError

from samenet.codegen.expression import Binary, Call, Expression, Name, call
from samenet.diagnostics import Path
from samenet.schema import Model

Clock = Literal["step", "epoch"]

_EPOCHS = re.compile(r"([1-9][0-9]{0,8}) epochs?")
_MOST = 2**31 - 1


def _checked(least: int) -> Callable[[Any], int | str]:
    """The check of lengths of at least so many units."""

    def check(value: Any) -> int | str:
        if isinstance(value, str) and _EPOCHS.fullmatch(value):
            return value
        if type(value) is not int:
            raise PydanticCustomError("length", "no length")
        if value < least:
            raise PydanticKnownError("greater_than_equal", {"ge": least})
        if value > _MOST:
            raise PydanticKnownError("less_than_equal", {"le": _MOST})
        return value

    return check


def _described(least: int) -> dict[str, Any]:
    """The JSON Schema of the same."""
    words = {"type": "string", "pattern": f"^{_EPOCHS.pattern}$"}
    number = {"type": "integer", "minimum": least, "maximum": _MOST}
    return {"anyOf": [number, words]}


Length = Annotated[int | str, BeforeValidator(_checked(1)), WithJsonSchema(_described(1))]
"""A stretch of time: a number of units of the clock, or a text such as "5 epochs"."""

NaturalLength = Annotated[int | str, BeforeValidator(_checked(0)), WithJsonSchema(_described(0))]
"""The same, zero included."""


class Span(NamedTuple):
    """A number of steps and of epochs, beside all that the training has if it is `whole`."""

    steps: int = 0
    epochs: int = 0
    whole: bool = False

    def __sub__(self, other: Span) -> Span:
        return Span(
            self.steps - other.steps, self.epochs - other.epochs, self.whole and not other.whole
        )

    def exceeds(self, other: Span, epochs: int) -> bool | None:
        """Whether it is longer in a training of so many epochs; None where the data decide."""
        steps = self.steps - other.steps
        difference = self.epochs - other.epochs + (self.whole - other.whole) * epochs
        if steps * difference < 0:
            return None
        return steps + difference > 0


def span(length: int | str, clock: Clock) -> Span:
    """What a length means on a clock."""
    if isinstance(length, str):
        return Span(epochs=int(length.partition(" ")[0]))
    return Span(epochs=length) if clock == "epoch" else Span(steps=length)


class Stretch(NamedTuple):
    """The part of a training over which a schedule runs.

    Attributes:
        clock: what time is counted in.
        initial: the learning rate of the optimizer.
        start: when it begins.
        end: when it ends.
        epochs: the epochs of the whole training.
    """

    clock: Clock
    initial: float
    start: Span
    end: Span
    epochs: int

    @property
    def time(self) -> Expression:
        """The time since it began."""
        now = Name(self.clock)
        return now if self.start == Span() else Binary(now, "-", self._printed(self.start))

    def length(self, value: int | str | None, after: int | str = 0) -> Expression:
        """A length, or what remains of the stretch behind another length."""
        if value is not None:
            return self._printed(span(value, self.clock))
        rest = self._rest(after)
        printed = self._printed(rest)
        # Where the data decide whether anything remains.
        mixed = rest.steps != 0 and (rest.whole or rest.epochs != 0)
        return call("max", printed, 1) if mixed else printed

    def is_empty(self, after: int | str = 0) -> bool:
        """Whether nothing remains of it behind a length, whatever the data are."""
        return self._rest(after).exceeds(Span(), self.epochs) is False

    def _rest(self, after: int | str) -> Span:
        return self.end - self.start - span(after, self.clock)

    def _printed(self, value: Span) -> Expression:
        """A span in units of the clock."""
        epochs = _sum(Name("EPOCHS") if value.whole else None, value.epochs)
        if self.clock == "epoch":
            return 0 if epochs is None else epochs
        if epochs is None:
            return value.steps
        per_epoch = Name("steps_per_epoch")
        return _sum(per_epoch if epochs == 1 else Binary(epochs, "*", per_epoch), value.steps)


def _sum(value: Expression, number: int) -> Expression:
    """A value and a number added up; either may be nothing."""
    if value is None:
        return number or None
    if number == 0:
        return value
    return Binary(value, "+" if number > 0 else "-", abs(number))


class Refusal(NamedTuple):
    """A mistake in the keys of a schedule."""

    path: Path
    message: str
    hint: str = ""


class Part(NamedTuple):
    """One of several schedules: whether it is its turn (None for the last), and its rate."""

    condition: Expression
    rate: Expression


class BaseSchedule(Model):
    """The keys of every schedule."""

    clock: Clock | None = Field(
        None,
        description="What the rate changes with, and what plain lengths count; by default "
        '"epoch", for the schedules of a sequence what the sequence has.',
    )

    def rate(self, stretch: Stretch) -> Expression:
        """The learning rate at the time of a stretch."""
        raise NotImplementedError

    def parts(self, stretch: Stretch) -> list[Part]:
        """The schedules that take turns, with the condition of each; itself if it is alone."""
        return [Part(None, self.rate(stretch))]

    def refusals(self, stretch: Stretch) -> Iterator[Refusal]:
        """What its keys demand of each other and of the training, and do not get."""
        del stretch
        yield from ()


def formula(name: str, stretch: Stretch, **arguments: Expression) -> Call:
    """The call of a function of the time."""
    return call(Name(name, "shared/schedules"), stretch.time, **arguments)


def no_rest(stretch: Stretch, key: str, after: int | str = 0) -> Iterator[Refusal]:
    """The refusal of a length that is left out where nothing remains for it."""
    if stretch.is_empty(after):
        message = f"{key} is left out, and nothing of the training remains for it"
        yield Refusal(("type",), message, f"set {key}, or train for more epochs")
