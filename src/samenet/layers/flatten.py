"""Flatten: (N, a, b, ...) to (N, a * b * ...), the last axis fastest (channels last).

Source: https://keras.io/api/layers/reshaping_layers/flatten/
"""

from __future__ import annotations

import math
from typing import Literal

from samenet.codegen.expression import Call, Expression, call
from samenet.graph.ir import ResolvedNode, Shape
from samenet.layers.base import Layer
from samenet.lowering import TorchLayer, lowers


class Flatten(Layer):
    """Makes one axis of all but the batch axis."""

    INTEGERS = "keeps"

    type: Literal["flatten"]

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        return (math.prod(shape),)


@lowers(Flatten, "keras")
def keras(layer: Flatten, node: ResolvedNode) -> Call:
    """`layers.Flatten`."""
    del layer
    return call("layers.Flatten", name=node.name)


@lowers(Flatten, "torch")
def torch(layer: Flatten, node: ResolvedNode) -> TorchLayer:
    """`torch.flatten` of everything after the batch axis."""
    del layer, node

    def flattened(x: Expression) -> Expression:
        return call("torch.flatten", x, start_dim=1)

    return TorchLayer(function=flattened)
