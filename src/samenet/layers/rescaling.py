"""Rescaling: y = scale * x + offset, with fixed numbers, e.g. pixels to between 0 and 1.

Keras holds the numbers in 32 bits.
Source: https://keras.io/api/layers/preprocessing_layers/image_preprocessing/rescaling/
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, List, Name, call
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, shape_text
from samenet.layers.base import Layer
from samenet.lowering import TorchLayer, lowers

Numbers = float | Annotated[tuple[float, ...], Field(min_length=1, max_length=100_000)]
"""A number, or one for each channel."""


class Rescaling(Layer):
    """Multiplies with a number and adds another; the shape stays."""

    SUPPORTS_MASKING = True
    INTEGERS = "takes"

    type: Literal["rescaling"]
    scale: Numbers = Field(description="The factor, or one for each channel (the last axis).")
    offset: Numbers = Field(0.0, description="What is added, or one number for each channel.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        for name in ("scale", "offset"):
            value: float | tuple[float, ...] = getattr(self, name)
            if isinstance(value, tuple) and len(value) not in (1, shape[-1]):
                raise ShapeError(
                    f"rescaling has {len(value)} numbers as {name} for shape {shape_text(shape)}",
                    f"give one number, or an array of {shape[-1]}",
                )
        return shape


def _value(numbers: float | tuple[float, ...]) -> Expression:
    return List(numbers) if isinstance(numbers, tuple) else numbers


@lowers(Rescaling, "keras")
def keras(layer: Rescaling, node: ResolvedNode) -> Call:
    """`layers.Rescaling`."""
    offset = {} if layer.offset == 0 else {"offset": _value(layer.offset)}
    return call("layers.Rescaling", _value(layer.scale), **offset, name=node.name)


@lowers(Rescaling, "torch")
def torch(layer: Rescaling, node: ResolvedNode) -> TorchLayer:
    """A module that holds the numbers."""
    del node
    offset = {} if layer.offset == 0 else {"offset": _value(layer.offset)}
    module = call(Name("Rescaling", "torch/preprocessing"), _value(layer.scale), **offset)
    return TorchLayer(module=module)
