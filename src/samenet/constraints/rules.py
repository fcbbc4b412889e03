"""Each constraint, and how it is said in both frameworks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import Shape
from samenet.lowering import lowers
from samenet.schema import Fraction, NonNegative, Positive
from samenet.weight_rules import WeightRule


def _tuple(value: Any) -> Any:
    return (value,) if type(value) is int else value


Axis = Annotated[int, Field(ge=-8, le=7)]
Axes = Annotated[tuple[Axis, ...], Field(min_length=1), BeforeValidator(_tuple)]
"""One axis or an array of them, negative ones counted from the end."""

AXES = "The axis or axes along which norms are taken, in Keras' layout."


class NormConstraint(WeightRule):
    """A constraint on the norms of a weight along some axes."""

    axis: Axes = Field((0,), description=AXES)

    def arguments(self, *, defaults: bool = True) -> dict[str, Expression]:
        """The arguments in Keras' order, the axes last, with a single axis as a number."""
        values = super().arguments(defaults=defaults)
        axis = values.pop("axis", None)
        if axis is not None:
            values["axis"] = self.axis[0] if len(self.axis) == 1 else self.axis
        return values

    def refusal(self, shape: Shape) -> str:
        """All axes have to be there, each once."""
        rank = len(shape)
        for axis in self.axis:
            if not -rank <= axis < rank:
                return f"there is no axis {axis} in the shape {shape}"
        if len({axis % rank for axis in self.axis}) < len(self.axis):
            return f"an axis of the shape {shape} stands twice in {list(self.axis)}"
        return ""


class MaxNorm(NormConstraint):
    """Norms above a bound are brought down to it."""

    type: Literal["max_norm"]
    max_value: Positive = Field(2.0, description="The largest norm.")


class UnitNorm(NormConstraint):
    """All norms are brought to 1."""

    type: Literal["unit_norm"]


class NonNeg(WeightRule):
    """Negative numbers become 0."""

    type: Literal["non_neg"]


class MinMaxNorm(NormConstraint):
    """Norms outside of two bounds are brought to them, or by a fraction of the way."""

    type: Literal["min_max_norm"]
    min_value: NonNegative = Field(0.0, description="The smallest norm.")
    max_value: Positive = Field(1.0, description="The largest norm.")
    rate: Fraction = Field(1.0, description="The fraction of the way that a step takes.")

    def refusal(self, shape: Shape) -> str:
        """The bounds have an order, besides."""
        if self.min_value > self.max_value:
            return f"min_value {self.min_value} is above max_value {self.max_value}"
        return super().refusal(shape)


@lowers(MaxNorm, "keras")
@lowers(UnitNorm, "keras")
@lowers(NonNeg, "keras")
@lowers(MinMaxNorm, "keras")
def keras(constraint: WeightRule) -> Call:
    """A class of `keras.constraints`."""
    arguments = constraint.arguments()
    bound = arguments.get("max_value")
    if isinstance(bound, float) and bound.is_integer():
        arguments["max_value"] = int(bound)  # as Keras annotates it
    return call(f"keras.constraints.{type(constraint).__name__}", **arguments)


@lowers(MaxNorm, "torch")
@lowers(UnitNorm, "torch")
@lowers(NonNeg, "torch")
@lowers(MinMaxNorm, "torch")
def torch(constraint: WeightRule) -> Expression:
    """The function of a weight in Keras' layout that gives what it is brought to."""
    function = Name(constraint.kind, "torch/constraints")
    arguments = constraint.arguments()
    return call("partial", function, **arguments) if arguments else function
