"""Sums of absolute values and of squares."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.lowering import lowers
from samenet.schema import NonNegative
from samenet.weight_rules import WeightRule


class L1(WeightRule):
    """The sum of the absolute values, l1 * sum |w|."""

    type: Literal["l1"]
    l1: NonNegative = Field(0.01, description="The factor of the sum of absolute values.")


class L2(WeightRule):
    """The sum of the squares, l2 * sum w^2, without a half."""

    type: Literal["l2"]
    l2: NonNegative = Field(0.01, description="The factor of the sum of squares.")


class L1L2(WeightRule):
    """Both sums: l1 * sum |w| + l2 * sum w^2."""

    type: Literal["l1_l2"]
    l1: NonNegative = Field(0.0, description="The factor of the sum of absolute values.")
    l2: NonNegative = Field(0.0, description="The factor of the sum of squares.")


@lowers(L1, "keras")
@lowers(L2, "keras")
@lowers(L1L2, "keras")
def keras(regularizer: L1 | L2 | L1L2) -> Call:
    """A class of `keras.regularizers`."""
    return call(f"keras.regularizers.{type(regularizer).__name__}", **regularizer.arguments())


@lowers(L1, "torch")
@lowers(L2, "torch")
@lowers(L1L2, "torch")
def torch(regularizer: L1 | L2 | L1L2) -> Call:
    """The function of a weight in Keras' layout that gives its penalty."""
    function = Name(regularizer.type, "torch/regularizers")
    return call("partial", function, **regularizer.arguments())
