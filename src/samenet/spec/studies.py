"""The tables of a spec that say what is tried out with it: `[ablation]` and `[search]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticKnownError

from samenet.schema import Count, Model, SpecName

Design = Literal["ladder", "one-at-a-time", "leave-one-out", "factorial"]
Sampler = Literal["tpe", "random", "grid"]


def _number(value: Any) -> Any:
    """A number, which stays whole if it is written as one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticKnownError("float_type")
    if not abs(value) < float("inf"):
        raise PydanticKnownError("finite_number")
    return value


Number = Annotated[Any, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
"""A finite number; unlike a float it remembers whether it is whole."""


class Ablation(Model):
    """What `samenet ablate` tries out; it has no part in the programs.

    The techniques are those that the spec uses, which are taken out, and `changes`.
    """

    design: Design = Field("ladder", description="Which variants there are.")
    seeds: Count = Field(
        3, description="How often each variant is trained; seeds count up from training.seed."
    )
    monitor: str | None = Field(
        None,
        description="What the verdict is about; by default the first metric of the validation "
        "data, else the loss.",
    )
    target: Number | None = Field(
        None, description="A value of the monitor; the epochs until it is reached are counted."
    )
    changes: Mapping[SpecName, Mapping[str, Any]] = Field(
        default_factory=dict[str, Mapping[str, Any]],
        description="More techniques, by their names: paths as for --set, with values.",
    )


class Range(Model):
    """The values that `samenet sweep` may choose for a path: `choices`, or `low` and `high`."""

    low: Number | None = Field(None, description="The least value.")
    high: Number | None = Field(None, description="The largest value.")
    log: bool = Field(False, description="Whether factors count, not differences.")
    step: Number | None = Field(None, description="Values are low, low + step, ...")
    choices: tuple[str | bool | int | float | tuple[Any, ...], ...] | None = Field(
        None, description="In place of these: the values one by one."
    )

    @property
    def bounds(self) -> tuple[Any, Any]:
        """The least and the largest value, of a range without choices."""
        return self.low, self.high

    @property
    def whole(self) -> bool:
        """Whether its values are whole numbers."""
        return all(isinstance(bound, int) for bound in self.bounds)

    def extremes(self) -> list[Any]:
        """Values that have to be valid if all of them are."""
        return list(self.bounds if self.choices is None else self.choices)

    def refusal(self) -> tuple[str, str] | None:  # noqa: PLR0911  (a rule on each line)
        """What is wrong with its keys, and how to mend it."""
        example = "write { low = 1e-4, high = 1e-1, log = true } or { choices = [...] }"
        if self.choices is not None:
            if self.model_fields_set != {"choices"}:
                return "there are choices, and other keys as well", example
            repeated = any(value in self.choices[:i] for i, value in enumerate(self.choices))
            if not self.choices or repeated:
                return "the choices must be at least one value, each of them once", example
            return None
        low, high = self.bounds
        if low is None or high is None:
            return "there must be low and high, or choices", example
        if low >= high:
            return f"low ({low}) must be less than high ({high})", ""
        if self.log and (low <= 0 or self.step is not None):
            return "with log = true, low is greater than 0 and there is no step", ""
        if self.step is not None and not 0 < self.step <= high - low:
            return "step must be greater than 0, and at most high - low", ""
        if self.whole and isinstance(self.step, float):
            return "the step between whole numbers must be a whole number", ""
        return None


class Search(Model):
    """What `samenet sweep` looks for the best values of; it has no part in the programs."""

    space: Mapping[str, Range] = Field(
        min_length=1, description="The values to choose from, by paths (in quotes) as for --set."
    )
    sampler: Sampler = Field(
        "tpe", description="How values are chosen: by what was good so far, at random, or all."
    )
    trials: Count = Field(20, description="How many trainings there are; a grid has its own.")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Of the choice of values.")
    monitor: str | None = Field(
        None,
        description="What is to become best; by default the first metric of the validation data, "
        "else the loss.",
    )
    pruning: bool = Field(
        False,
        description="Whether a training ends that is worse than the median of those before it.",
    )
    warmup: Count = Field(3, description="Epochs in which no training is ended.")
