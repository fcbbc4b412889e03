"""Embedding: y = E[ids], a vector of its own for each whole number below a bound.

The vector of 0 is one like the others, also with `mask_zero`: that makes a mask for the layers
behind it (PyTorch's `padding_idx`, which never trains the vector, is something else).
Source: https://keras.io/api/layers/core_layers/embedding/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Binary, Call, Expression, Name, call, method
from samenet.constraints import Constraint
from samenet.graph.ir import ResolvedNode, Shape, Weight
from samenet.initializers import Initializer
from samenet.layers.base import TrainableLayer
from samenet.lowering import TorchLayer, lowers
from samenet.regularizers import Regularizer
from samenet.schema import Count
from samenet.weight_rules import keras_options


class EmbeddingBase(TrainableLayer):
    """A table of vectors: (N, ...) whole numbers to (N, ..., output_dim)."""

    INTEGERS = "takes"

    input_dim: Count = Field(description="How many vectors there are: the largest number plus 1.")
    output_dim: Count = Field(description="The length of a vector.")
    embeddings_initializer: Initializer = Field("random_uniform", description="Of the vectors.")
    embeddings_regularizer: Regularizer | None = Field(
        None, description="What the vectors add to the loss."
    )
    embeddings_constraint: Constraint | None = Field(
        None, description="What the vectors are brought to after each step."
    )
    mask_zero: bool = Field(False, description="Whether 0 is padding, which later layers skip.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        return (*shape, self.output_dim)

    def output_mask(self, masks: Sequence[bool]) -> int | Literal["own"] | None:
        del masks
        return "own" if self.mask_zero else None

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        del inputs
        return (
            Weight(
                "embeddings",
                (self.input_dim, self.output_dim),
                self.embeddings_initializer,
                regularizer=self.embeddings_regularizer,
                constraint=self.embeddings_constraint,
            ),
        )

    def keras_arguments(self) -> dict[str, Expression]:
        """The keyword arguments of Keras' constructor that are not the defaults."""
        mask: dict[str, Expression] = {"mask_zero": True} if self.mask_zero else {}
        return {**mask, **keras_options(self)}


class Embedding(EmbeddingBase):
    """A trained vector for each whole number: (N, ...) to (N, ..., output_dim)."""

    type: Literal["embedding"]


@lowers(Embedding, "keras")
def keras(layer: Embedding, node: ResolvedNode) -> Call:
    """`layers.Embedding`."""
    options = layer.keras_arguments()
    return call("layers.Embedding", layer.input_dim, layer.output_dim, **options, name=node.name)


@lowers(Embedding, "torch")
def torch(layer: Embedding, node: ResolvedNode) -> TorchLayer:
    """`nn.Embedding`, always without `padding_idx`."""

    def vectors(module: Name, ids: Expression) -> Expression:
        return call(module, whole(ids, node))

    return TorchLayer(
        module=call("nn.Embedding", layer.input_dim, layer.output_dim),
        function=vectors,
        weights={"embeddings": Name("weight")},
        mask=not_zero,
    )


def whole(ids: Expression, node: ResolvedNode) -> Expression:
    """The inputs as whole numbers, cut as Keras cuts them."""
    return ids if node.dtypes[0] == "int" else method(ids, "int")


def not_zero(ids: Expression, masks: tuple[Expression, ...] = ()) -> Expression:
    """The mask of numbers that are no padding."""
    del masks
    return Binary(ids, "!=", 0)
