"""SimpleRNN: h = tanh(x W + h U + b) at each step.

PyTorch's RNN has a second bias, which would train beside the first and is a constant zero here.
Source: Elman (1990), https://doi.org/10.1207/s15516709cog1402_1;
https://keras.io/api/layers/recurrent_layers/simple_rnn/
"""

from __future__ import annotations

from typing import Literal

from samenet.codegen.expression import Call, Name, call
from samenet.graph.ir import ResolvedNode
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


class SimpleRNN(Recurrent):
    """A recurrent layer without gates: (N, steps, features) to (N, units)."""

    GATES = 1

    type: Literal["simple_rnn"]


@lowers(SimpleRNN, "keras")
def keras(layer: SimpleRNN, node: ResolvedNode) -> Call | KerasLayer:
    """`layers.SimpleRNN`."""
    return keras_layer(layer, node, "layers.SimpleRNN", layer.units)


@lowers(SimpleRNN, "torch")
def torch(layer: SimpleRNN, node: ResolvedNode) -> TorchLayer:
    """`nn.RNN` with one bias, which knows tanh and relu; else a loop."""
    native = None
    if layer.activation in ("tanh", "relu"):
        relu = {"nonlinearity": "relu"} if layer.activation == "relu" else {}
        name, features = Name("SimpleRNN", HELPERS), node.input_shape[-1]
        native = Native(call(name, features, layer.units, **relu, **bias_option(layer)), ONE_BIAS)
    return torch_layer(layer, node, native, "StepwiseSimpleRNN")
