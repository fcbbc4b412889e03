"""Dense: y = x W + b on the last axis.

Keras keeps the kernel as (inputs, units), PyTorch's Linear as (units, inputs); both apply it to
the last axis of an input of any rank.
Source: https://keras.io/api/layers/core_layers/dense/
"""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import ResolvedNode, Shape, Weight
from samenet.layers.base import KernelAndBias
from samenet.lowering import TorchLayer, lowers
from samenet.schema import Count
from samenet.weight_rules import keras_options


class Dense(KernelAndBias):
    """A fully connected layer: (N, ..., inputs) to (N, ..., units)."""

    SUPPORTS_MASKING = True

    type: Literal["dense"]
    units: Count = Field(description="The size of the output's last axis.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        return (*shape[:-1], self.units)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (shape,) = inputs
        return self.kernel_and_bias((shape[-1], self.units), (self.units,))

    def multiply_adds(self, *inputs: Shape) -> int:
        (shape,) = inputs
        return math.prod(shape) * self.units


@lowers(Dense, "keras")
def keras(layer: Dense, node: ResolvedNode) -> Call:
    """`layers.Dense`."""
    options: dict[str, Expression] = {} if layer.use_bias else {"use_bias": False}
    return call("layers.Dense", layer.units, **options, **keras_options(layer), name=node.name)


@lowers(Dense, "torch")
def torch(layer: Dense, node: ResolvedNode) -> TorchLayer:
    """`nn.Linear`, whose weight is the kernel transposed."""
    options = {} if layer.use_bias else {"bias": False}
    return TorchLayer(
        module=call("nn.Linear", node.input_shape[-1], layer.units, **options),
        weights={"kernel": Name("weight.T"), "bias": Name("bias")},
    )
