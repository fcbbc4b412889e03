"""UnitNormalization: x over its length sqrt(sum x^2), in each sample, along some axes.

A vector of zeros stays zero in both frameworks: the length counts as 1e-12 at least.
Source: https://keras.io/api/layers/normalization_layers/unit_normalization/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import ResolvedNode, Shape
from samenet.layers.axes import Axes, as_argument, positions
from samenet.layers.base import Layer
from samenet.lowering import TorchLayer, lowers


class UnitNormalization(Layer):
    """Gives each sample the length 1 along some axes; the shape stays."""

    SUPPORTS_MASKING = True

    type: Literal["unit_normalization"]
    axis: Axes = Field(
        (-1,), description="The axis or axes of the sum; counted with the batch, -1 is the last."
    )

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        positions(self.axis, shape, "unit_normalization")
        return shape


@lowers(UnitNormalization, "keras")
def keras(layer: UnitNormalization, node: ResolvedNode) -> Call:
    """`layers.UnitNormalization`."""
    options = {} if layer.axis == (-1,) else {"axis": as_argument(layer.axis)}
    return call("layers.UnitNormalization", **options, name=node.name)


@lowers(UnitNormalization, "torch", layout="any")
def torch(layer: UnitNormalization, node: ResolvedNode) -> TorchLayer:
    """`F.normalize`, which takes one axis; a helper takes several."""
    axes = tuple(node.axis(axis) for axis in layer.axis)

    def normalized(x: Expression) -> Expression:
        if len(axes) == 1:
            return call("F.normalize", x, dim=axes[0])
        return call(Name("unit_normalize", "torch/layers"), x, axes)

    return TorchLayer(function=normalized)
