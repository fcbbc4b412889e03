"""GRU: a state h, with gates for update z and reset r.

z, r = sigmoid(x W + h U + b) and h = z h + (1 - z) g, where the candidate g is
tanh(x W + b + r (h U + b')) with `reset_after`, else tanh(x W + (r h) U + b). Keras keeps kernels
and biases in the order z, r, g and PyTorch in the order r, z, g; PyTorch knows only `reset_after`.
Source: Cho et al. (2014), https://arxiv.org/abs/1406.1078;
https://keras.io/api/layers/recurrent_layers/gru/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.graph.ir import ResolvedNode, Shape
from samenet.layers.base import ActivationName
from samenet.layers.recurrent import (
    HELPERS,
    STEPWISE_WEIGHTS,
    Native,
    Recurrent,
    bias_option,
    keras_layer,
    torch_layer,
)
from samenet.lowering import KerasLayer, TorchLayer, lowers


class GRU(Recurrent):
    """A gated recurrent unit: (N, steps, features) to (N, units)."""

    GATES = 3

    type: Literal["gru"]
    recurrent_activation: ActivationName = Field(
        "sigmoid", description="The function of the gates."
    )
    reset_after: bool = Field(
        True, description="Whether the reset gate acts after the product with the states."
    )

    @property
    def bias_shape(self) -> Shape:
        width = self.GATES * self.units
        return (2, width) if self.reset_after else (width,)


@lowers(GRU, "keras")
def keras(layer: GRU, node: ResolvedNode) -> Call | KerasLayer:
    """`layers.GRU`."""
    return keras_layer(layer, node, "layers.GRU", layer.units)


@lowers(GRU, "torch")
def torch(layer: GRU, node: ResolvedNode) -> TorchLayer:
    """PyTorch's GRU with the gates in Keras' order, where it can say the layer; else a loop."""
    if not layer.reset_after:
        return torch_layer(layer, node, None, "StepwiseResetBeforeGRU")
    native = None
    if (layer.activation, layer.recurrent_activation) == ("tanh", "sigmoid"):
        name = Name("GRU", HELPERS)
        module = call(name, node.input_shape[-1], layer.units, **bias_option(layer))
        native = Native(module, STEPWISE_WEIGHTS)
    return torch_layer(layer, node, native, "StepwiseGRU")
