"""Activation: a named function of each element (softmax: of the last axis).

The functions are Keras'. PyTorch's of the same name agree, with these settings: gelu is the exact
one in both; leaky_relu has the slope 0.2 of Keras' activation, in 32 bits (PyTorch: 0.01); softmax
names its axis. PyTorch's softplus is linear above 20, where the difference is below 3e-9.
Source: https://keras.io/api/layers/activations/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import ResolvedNode
from samenet.layers.base import ActivationName, Layer
from samenet.lowering import TorchLayer, lowers


class Activation(Layer):
    """Applies a function to its input; the shape stays."""

    type: Literal["activation"]
    activation: ActivationName = Field(description="The name of the function.")

    @property
    def computes(self) -> ActivationName:
        return self.activation


@lowers(Activation, "keras")
def keras(layer: Activation, node: ResolvedNode) -> Call:
    """`layers.Activation`."""
    return call("layers.Activation", layer.activation, name=node.name)


TORCH: dict[ActivationName, Callable[[Expression], Expression]] = {
    "elu": lambda x: call("F.elu", x),
    "gelu": lambda x: call("F.gelu", x),
    "leaky_relu": lambda x: call("F.leaky_relu", x, Name("LEAKY_SLOPE", "torch/layers")),
    "linear": lambda x: x,
    "relu": lambda x: call("F.relu", x),
    "selu": lambda x: call("F.selu", x),
    "sigmoid": lambda x: call("torch.sigmoid", x),
    "silu": lambda x: call("F.silu", x),
    "softmax": lambda x: call("F.softmax", x, dim=-1),
    "softplus": lambda x: call("F.softplus", x),
    "tanh": lambda x: call("torch.tanh", x),
}


@lowers(Activation, "torch")
def torch(layer: Activation, node: ResolvedNode) -> TorchLayer:
    """The function of the same name."""
    del node
    return TorchLayer(function=TORCH[layer.activation])
