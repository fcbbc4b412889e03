"""LSTM: a state h and a cell c, with gates for input i, forgetting f and output o.

i, f, o = sigmoid(x W + h U + b), g = tanh(x W + h U + b), each with kernels of its own;
c = f c + i g and h = o tanh(c). Both frameworks keep the kernels in the order i, f, g, o. PyTorch's
LSTM has a second bias, which would train beside the first and is a constant zero here.
Source: Hochreiter and Schmidhuber (1997), https://doi.org/10.1162/neco.1997.9.8.1735;
https://keras.io/api/layers/recurrent_layers/lstm/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.graph.ir import ResolvedNode
from samenet.initializers import Initializer, LSTMBias
from samenet.layers.base import ActivationName
from samenet.layers.recurrent import (
    HELPERS,
    ONE_BIAS,
    Native,
    Recurrent,
    bias_option,
    keras_layer,
    torch_layer,
)
from samenet.lowering import KerasLayer, TorchLayer, lowers


class LSTM(Recurrent):
    """A long short-term memory: (N, steps, features) to (N, units)."""

    GATES = 4
    STATES = ("h", "c")

    type: Literal["lstm"]
    recurrent_activation: ActivationName = Field(
        "sigmoid", description="The function of the gates."
    )
    unit_forget_bias: bool = Field(
        True, description="Whether the bias of forgetting starts at 1, so that it remembers."
    )

    @property
    def first_bias(self) -> Initializer:
        return LSTMBias(self.bias_initializer) if self.unit_forget_bias else self.bias_initializer


@lowers(LSTM, "keras")
def keras(layer: LSTM, node: ResolvedNode) -> Call | KerasLayer:
    """`layers.LSTM`."""
    return keras_layer(layer, node, "layers.LSTM", layer.units)


@lowers(LSTM, "torch")
def torch(layer: LSTM, node: ResolvedNode) -> TorchLayer:
    """`nn.LSTM` with one bias, for tanh and sigmoid; else a loop."""
    native = None
    if (layer.activation, layer.recurrent_activation) == ("tanh", "sigmoid"):
        name = Name("LSTM", HELPERS)
        module = call(name, node.input_shape[-1], layer.units, **bias_option(layer))
        native = Native(module, ONE_BIAS)
    return torch_layer(layer, node, native, "StepwiseLSTM")
