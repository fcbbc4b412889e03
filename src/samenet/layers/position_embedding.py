"""PositionEmbedding: a trained vector for each position of a sequence.

The output has the shape of the input, of which only that counts; an add layer adds the two. It is a
layer of KerasHub, which programs bring along.
Source: Devlin et al. (2018), https://arxiv.org/abs/1810.04805;
https://keras.io/keras_hub/api/modeling_layers/position_embedding/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, Weight, shape_text
from samenet.initializers import Initializer
from samenet.layers.base import TrainableLayer
from samenet.lowering import TorchLayer, lowers
from samenet.schema import Count


class PositionEmbedding(TrainableLayer):
    """A vector for each position: (N, ..., steps, features), the shape of the input."""

    type: Literal["position_embedding"]
    sequence_length: Count = Field(description="For how many positions there are vectors.")
    initializer: Initializer = Field("glorot_uniform", description="Of the vectors.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if len(shape) < 2 or shape[-2] > self.sequence_length:
            raise ShapeError(
                f"position_embedding has vectors for {self.sequence_length} positions and takes "
                f"shape (N, steps, features), found {shape_text(shape)}",
                "make sequence_length as large as the number of steps",
            )
        return shape

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        shape = (self.sequence_length, inputs[0][-1])
        return (Weight("embeddings", shape, self.initializer),)


@lowers(PositionEmbedding, "keras")
def keras(layer: PositionEmbedding, node: ResolvedNode) -> Call:
    """A layer that the program brings along."""
    function = Name("PositionEmbedding", "keras/embeddings")
    return call(function, layer.sequence_length, name=node.name)


@lowers(PositionEmbedding, "torch")
def torch(layer: PositionEmbedding, node: ResolvedNode) -> TorchLayer:
    """A module that the program brings along."""
    function = Name("PositionEmbedding", "torch/embeddings")
    return TorchLayer(
        module=call(function, layer.sequence_length, node.input_shape[-1]),
        weights={"embeddings": Name("embeddings")},
    )
