"""Softmax: exp(x_i) / sum_j exp(x_j) along an axis, or over several axes together.

Keras' layer would lay a mask over the axes from the last one on, where no mask of samples fits; so
such inputs are refused (`activation` leaves masks alone).
Source: https://keras.io/api/layers/activation_layers/softmax/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import ResolvedNode, Shape, ShapeError
from samenet.layers.axes import Axes, as_argument, positions
from samenet.layers.base import ActivationName, Layer
from samenet.lowering import TorchLayer, lowers


class Softmax(Layer):
    """Makes probabilities that sum to 1 along the axis; the shape stays."""

    type: Literal["softmax"]
    axis: Axes = Field(
        (-1,), description="Along which axis or axes; counted with the batch, -1 is the last."
    )

    @property
    def computes(self) -> ActivationName:
        return "softmax" if self.axis == (-1,) else "linear"

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        positions(self.axis, shape, "softmax")
        return shape

    def output_mask(self, masks: Sequence[bool]) -> int | Literal["own"] | None:
        if masks[0]:
            raise ShapeError(
                "softmax cannot take an input with a mask",
                'use { type = "activation", activation = "softmax" }',
            )
        return None


@lowers(Softmax, "keras")
def keras(layer: Softmax, node: ResolvedNode) -> Call:
    """`layers.Softmax`."""
    options = {} if layer.axis == (-1,) else {"axis": as_argument(layer.axis)}
    return call("layers.Softmax", **options, name=node.name)


@lowers(Softmax, "torch")
def torch(layer: Softmax, node: ResolvedNode) -> TorchLayer:
    """`F.softmax`, which takes one axis; a helper takes several."""
    del node

    def softmax(x: Expression) -> Expression:
        if len(layer.axis) == 1:
            return call("F.softmax", x, dim=layer.axis[0])
        return call(Name("softmax", "torch/activations"), x, layer.axis)

    return TorchLayer(function=softmax)
