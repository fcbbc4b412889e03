"""Cosines between the rows or columns of a matrix.

Source: https://keras.io/api/layers/regularizers/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.graph.ir import Shape
from samenet.lowering import lowers
from samenet.schema import NonNegative
from samenet.weight_rules import WeightRule


class OrthogonalRegularizer(WeightRule):
    """The mean absolute cosine between two rows (or columns) of a matrix, times a factor."""

    type: Literal["orthogonal"]
    factor: NonNegative = Field(0.01, description="The factor of the mean.")
    mode: Literal["rows", "columns"] = Field("rows", description="What is to be orthogonal.")

    def refusal(self, shape: Shape) -> str:
        """It takes a matrix with a pair of rows (or columns)."""
        if len(shape) != 2:
            return f"the orthogonal regularizer takes a matrix, not the shape {shape}"
        if shape[self.mode == "columns"] < 2:
            return f"the orthogonal regularizer needs two {self.mode}, not 1"
        return ""


@lowers(OrthogonalRegularizer, "keras")
def keras(regularizer: OrthogonalRegularizer) -> Call:
    """Keras' class, brought to weights of 64 bits."""
    function = Name("orthogonal_regularizer", "keras/regularizers")
    return call(function, **regularizer.arguments())


@lowers(OrthogonalRegularizer, "torch")
def torch(regularizer: OrthogonalRegularizer) -> Call:
    """Likewise; its function has a name apart from that of the initializer."""
    function = Name("orthogonality", "torch/regularizers")
    return call("partial", function, **regularizer.arguments())
