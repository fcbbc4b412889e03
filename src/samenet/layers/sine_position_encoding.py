"""SinePositionEncoding: sines and cosines of the position, in many wavelengths.

Feature i of position p is sin(p / w^(i / n)) for even i, and cos(p / w^((i - 1) / n)) for odd i, of
n features with the longest wavelength w (over 2 pi). The output has the shape of the input, of
which only that counts; an add layer adds the two. It is a layer of KerasHub, which programs bring
along; both draw up the same table with NumPy.
Source: Vaswani et al. (2017), https://arxiv.org/abs/1706.03762;
https://keras.io/keras_hub/api/modeling_layers/sine_position_encoding/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, shape_text
from samenet.layers.base import Layer
from samenet.lowering import TorchLayer, lowers
from samenet.schema import Positive


class SinePositionEncoding(Layer):
    """Waves along the positions: (N, ..., steps, features), the shape of the input."""

    type: Literal["sine_position_encoding"]
    max_wavelength: Positive = Field(10000.0, description="The longest wavelength, over 2 pi.")

    def keeps_form(self, first: Sequence[Shape], inputs: Sequence[Shape]) -> bool:
        return first == inputs

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if len(shape) < 2:
            raise ShapeError(
                "sine_position_encoding takes shape (N, steps, features), found "
                f"{shape_text(shape)}",
                "it tells the steps of a sequence apart",
            )
        return shape


@lowers(SinePositionEncoding, "keras")
def keras(layer: SinePositionEncoding, node: ResolvedNode) -> Call:
    """A layer that the program brings along."""
    function = Name("SinePositionEncoding", "keras/embeddings")
    return call(function, max_wavelength=layer.max_wavelength, name=node.name)


@lowers(SinePositionEncoding, "torch")
def torch(layer: SinePositionEncoding, node: ResolvedNode) -> TorchLayer:
    """A module that the program brings along."""
    function = Name("SinePositionEncoding", "torch/embeddings")
    sizes = node.input_shape[-2:]
    return TorchLayer(module=call(function, *sizes, max_wavelength=layer.max_wavelength))
