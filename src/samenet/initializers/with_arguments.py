"""Initializers that take arguments."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.graph.ir import Shape
from samenet.schema import NonNegative, Positive
from samenet.weight_rules import WeightRule


class Constant(WeightRule):
    """All numbers the same."""

    type: Literal["constant"]
    value: float = Field(0.0, description="The number.")


class Identity(WeightRule):
    """Ones on the diagonal of a matrix, which need not be square."""

    type: Literal["identity"]
    gain: float = Field(1.0, description="The number on the diagonal.")

    def refusal(self, shape: Shape) -> str:
        """It takes a matrix."""
        return "" if len(shape) == 2 else f"identity makes a matrix, not the shape {shape}"


class RandomNormal(WeightRule):
    """Normally distributed numbers."""

    type: Literal["random_normal"]
    mean: float = Field(0.0, description="The mean.")
    stddev: NonNegative = Field(0.05, description="The standard deviation.")


class TruncatedNormal(WeightRule):
    """Normally distributed numbers, drawn again beyond two standard deviations."""

    type: Literal["truncated_normal"]
    mean: float = Field(0.0, description="The mean.")
    stddev: NonNegative = Field(0.05, description="The standard deviation before the cut.")


class RandomUniform(WeightRule):
    """Numbers distributed evenly between two bounds."""

    type: Literal["random_uniform"]
    minval: float = Field(-0.05, description="The lower bound.")
    maxval: float = Field(0.05, description="The upper bound.")

    def refusal(self, shape: Shape) -> str:
        """The bounds have an order."""
        del shape
        if self.minval > self.maxval:
            return f"minval {self.minval} is above maxval {self.maxval}"
        return ""


class VarianceScaling(WeightRule):
    """Random numbers of variance scale / fan."""

    type: Literal["variance_scaling"]
    scale: Positive = Field(1.0, description="The variance times the fan.")
    mode: Literal["fan_in", "fan_out", "fan_avg"] = Field(
        "fan_in", description="The fan: inputs of a unit, outputs of an input, or their mean."
    )
    distribution: Literal["truncated_normal", "untruncated_normal", "uniform"] = Field(
        "truncated_normal", description="The distribution."
    )


class Orthogonal(WeightRule):
    """Orthogonal rows or columns, whichever are fewer; all axes but the last count as one."""

    type: Literal["orthogonal"]
    gain: float = Field(1.0, description="The length of each row or column.")

    def refusal(self, shape: Shape) -> str:
        """It takes at least a matrix."""
        return "" if len(shape) > 1 else f"orthogonal makes two axes or more, not the shape {shape}"
