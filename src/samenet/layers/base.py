"""What every layer has: a name, a rule for its output shape, its weights."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.graph.ir import Shape, Weight
from samenet.schema import LayerName, Model, Rate

ActivationName = Literal[
    "elu",
    "gelu",
    "leaky_relu",
    "linear",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]


class Layer(Model):
    """A layer; a subclass adds a `type` and Keras' arguments."""

    name: LayerName | None = Field(None, description="A name of your own, unique in the network.")

    @property
    def computes(self) -> ActivationName:
        """The activation that the layer is, for a loss that looks for it at the end, or linear."""
        return "linear"

    def output_shape(self, *inputs: Shape) -> Shape:
        """The shape of the output for given input shapes, both without the batch.

        Raises:
            ShapeError: the layer cannot take such an input.
        """
        (shape,) = inputs
        return shape

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """The weights that the layer owns, in Keras' order and layouts."""
        del inputs
        return ()


class WeightedLayer(Layer):
    """A layer that may bring its activation, batch normalization and dropout along.

    The order is weights, [batch normalization], activation, [batch normalization], dropout;
    `graph.expand` turns them into layers of their own, so that no lowering sees them. (The Keras
    program writes an activation that follows at once as the argument `activation`.)
    """

    activation: ActivationName = Field("linear", description="The function after the weights.")
    batch_normalization: Literal["before_activation", "after_activation", "none"] = Field(
        "none", description="Whether and where the outputs are batch-normalized."
    )
    dropout: Rate = Field(0.0, description="The fraction of the outputs dropped in training.")
