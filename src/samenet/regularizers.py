"""Regularizers: what a weight, or the output of a layer, adds to the loss.

The penalty belongs to the loss in training and in evaluation, and only trainable weights have one.
What an output adds is divided by the size of the batch. Keras holds the factors in 32 bits; so
does the PyTorch program, whose functions are in `templates/torch/regularizers.py`. Weight decay of
an optimizer is something else: it is in no loss, and with Adam it takes other steps.
Source: https://keras.io/api/layers/regularizers/
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from samenet.catalogue import Catalogue
from samenet.codegen.expression import Call, Name, call
from samenet.graph.ir import Shape
from samenet.lowering import lowers
from samenet.schema import NonNegative
from samenet.weight_rules import NameOrTable, WeightRule


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


OF_OUTPUTS: Catalogue[WeightRule] = Catalogue(
    "samenet",
    {"l1": "regularizers.L1", "l1_l2": "regularizers.L1L2", "l2": "regularizers.L2"},
)
"""The class of each `type` that outputs may have."""

CATALOGUE: Catalogue[WeightRule] = Catalogue(
    "samenet",
    {**OF_OUTPUTS.places, "orthogonal": "regularizers.OrthogonalRegularizer"},
)
"""The class of each `type`."""

Regularizer = Annotated[L1 | L2 | L1L2 | OrthogonalRegularizer, NameOrTable(CATALOGUE)]
"""What a weight adds to the loss."""

ActivityRegularizer = Annotated[L1 | L2 | L1L2, NameOrTable(OF_OUTPUTS)]
"""What the outputs of a layer add to the loss, divided by the size of the batch."""


@lowers(L1, "keras")
@lowers(L2, "keras")
@lowers(L1L2, "keras")
def keras(regularizer: L1 | L2 | L1L2) -> Call:
    """A class of `keras.regularizers`."""
    return call(f"keras.regularizers.{type(regularizer).__name__}", **regularizer.arguments())


@lowers(OrthogonalRegularizer, "keras")
def keras_orthogonal(regularizer: OrthogonalRegularizer) -> Call:
    """Keras' class, brought to weights of 64 bits."""
    function = Name("orthogonal_regularizer", "keras/regularizers")
    return call(function, **regularizer.arguments())


@lowers(L1, "torch")
@lowers(L2, "torch")
@lowers(L1L2, "torch")
def torch(regularizer: L1 | L2 | L1L2) -> Call:
    """The function of a weight in Keras' layout that gives its penalty."""
    function = Name(regularizer.type, "torch/regularizers")
    return call("partial", function, **regularizer.arguments())


@lowers(OrthogonalRegularizer, "torch")
def torch_orthogonal(regularizer: OrthogonalRegularizer) -> Call:
    """Likewise; its function has a name apart from that of the initializer."""
    function = Name("orthogonality", "torch/regularizers")
    return call("partial", function, **regularizer.arguments())
