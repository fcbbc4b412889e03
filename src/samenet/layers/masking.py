"""Masking: steps of a sequence whose features all equal a value are padding.

They become zero, and a mask tells the layers behind which steps to skip.
Source: https://keras.io/api/layers/core_layers/masking/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Binary, Call, Expression, call, method
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, shape_text
from samenet.layers.base import Layer
from samenet.lowering import TorchLayer, lowers


class Masking(Layer):
    """Marks steps as padding: (N, steps, ..., features); the shape stays."""

    type: Literal["masking"]
    mask_value: float = Field(0.0, description="The value of all features of a padded step.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if len(shape) < 2:
            raise ShapeError(
                f"masking takes shape (N, steps, features), found {shape_text(shape)}",
                "a mask says which steps of a sequence are padding",
            )
        return shape

    def output_mask(self, masks: Sequence[bool]) -> int | Literal["own"] | None:
        del masks
        return "own"


@lowers(Masking, "keras")
def keras(layer: Masking, node: ResolvedNode) -> Call:
    """`layers.Masking`."""
    return call("layers.Masking", mask_value=layer.mask_value, name=node.name)


@lowers(Masking, "torch")
def torch(layer: Masking, node: ResolvedNode) -> TorchLayer:
    """A comparison; PyTorch has no such layer."""
    del node

    def masked(x: Expression) -> Expression:
        padding = method(Binary(x, "==", layer.mask_value), "all", dim=-1, keepdim=True)
        return method(x, "masked_fill", padding, 0.0)

    def mask(x: Expression, masks: tuple[Expression, ...] = ()) -> Expression:
        del masks
        return method(Binary(x, "!=", layer.mask_value), "any", dim=-1)

    return TorchLayer(function=masked, mask=mask)
