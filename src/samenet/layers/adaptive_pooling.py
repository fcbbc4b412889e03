"""AdaptiveAveragePooling and AdaptiveMaxPooling in 1D, 2D, 3D: an output of a given size.

Output i of m on an axis of length n is the mean or the maximum of the positions from
floor(i n / m) to ceil((i + 1) n / m), in both frameworks. Keras' layers cannot pool to or from an
axis of size 1: the Keras program has a plain pooling where the sizes divide, else a helper.
Source: https://keras.io/api/layers/pooling_layers/;
https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import ResolvedNode, Shape
from samenet.layers.base import Layer
from samenet.layers.spatial import number_or_tuple, spatial_axes
from samenet.lowering import KerasLayer, TorchLayer, lowers
from samenet.schema import Pair, Single, Triple

OUTPUT_SIZE: Any = Field(description="The sizes of the output's spatial axes.")


class AdaptivePooling(Layer):
    """Windows that share an input out, however long it is."""

    RANK: ClassVar[int]
    """How many spatial axes it has."""

    KERAS: ClassVar[str]
    TORCH: ClassVar[str]
    """What the frameworks call the pooling, before the number of axes."""

    OPERATION: ClassVar[str]
    """What Keras calls the operation on a window."""

    output_size: Any  # with the type that fits the axes

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        spatial_axes(self, shape, self.RANK)
        return (*self.output_size, shape[-1])


class AdaptiveAveragePooling(AdaptivePooling):
    """The mean of each window."""

    KERAS, TORCH, OPERATION = "AveragePooling", "AvgPool", "mean"


class AdaptiveMaxPooling(AdaptivePooling):
    """The largest value of each window."""

    KERAS, TORCH, OPERATION = "MaxPooling", "MaxPool", "max"


class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """The means of parts of a sequence: (N, steps, c) to (N, size, c)."""

    RANK = 1
    type: Literal["adaptive_average_pooling1d"]
    output_size: Single = OUTPUT_SIZE


class AdaptiveAveragePooling2D(AdaptiveAveragePooling):
    """The means of parts of an image: (N, h, w, c) to (N, *size, c)."""

    RANK = 2
    type: Literal["adaptive_average_pooling2d"]
    output_size: Pair = OUTPUT_SIZE


class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """The means of parts of a volume: (N, d, h, w, c) to (N, *size, c)."""

    RANK = 3
    type: Literal["adaptive_average_pooling3d"]
    output_size: Triple = OUTPUT_SIZE


class AdaptiveMaxPooling1D(AdaptiveMaxPooling):
    """The largest values of parts of a sequence: (N, steps, c) to (N, size, c)."""

    RANK = 1
    type: Literal["adaptive_max_pooling1d"]
    output_size: Single = OUTPUT_SIZE


class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """The largest values of parts of an image: (N, h, w, c) to (N, *size, c)."""

    RANK = 2
    type: Literal["adaptive_max_pooling2d"]
    output_size: Pair = OUTPUT_SIZE


class AdaptiveMaxPooling3D(AdaptiveMaxPooling):
    """The largest values of parts of a volume: (N, d, h, w, c) to (N, *size, c)."""

    RANK = 3
    type: Literal["adaptive_max_pooling3d"]
    output_size: Triple = OUTPUT_SIZE


@lowers(AdaptiveAveragePooling1D, "keras")
@lowers(AdaptiveAveragePooling2D, "keras")
@lowers(AdaptiveAveragePooling3D, "keras")
@lowers(AdaptiveMaxPooling1D, "keras")
@lowers(AdaptiveMaxPooling2D, "keras")
@lowers(AdaptiveMaxPooling3D, "keras")
def keras(layer: AdaptivePooling, node: ResolvedNode) -> Call | KerasLayer:
    """`layers.AdaptiveAveragePooling2D` and its like, where they work."""
    lengths = node.input_shape[:-1]
    divided = [divmod(n, count) for n, count in zip(lengths, layer.output_size, strict=True)]
    if 1 not in (*lengths, *layer.output_size) and not node.varies:
        size = number_or_tuple(layer.output_size)
        return call(f"layers.Adaptive{layer.KERAS}{layer.RANK}D", size, name=node.name)
    if not any(rest for _, rest in divided) and not node.varies:
        windows = number_or_tuple(tuple(quotient for quotient, _ in divided))
        return call(f"layers.{layer.KERAS}{layer.RANK}D", windows, name=node.name)

    def pooled(x: Expression) -> Expression:
        operation = Name(f"ops.{layer.OPERATION}")
        return call(Name("adaptive_pooling", "keras/pooling"), x, layer.output_size, operation)

    return KerasLayer(None, pooled)


@lowers(AdaptiveAveragePooling1D, "torch", layout="first")
@lowers(AdaptiveAveragePooling2D, "torch", layout="first")
@lowers(AdaptiveAveragePooling3D, "torch", layout="first")
@lowers(AdaptiveMaxPooling1D, "torch", layout="first")
@lowers(AdaptiveMaxPooling2D, "torch", layout="first")
@lowers(AdaptiveMaxPooling3D, "torch", layout="first")
def torch(layer: AdaptivePooling, node: ResolvedNode) -> TorchLayer:
    """`nn.AdaptiveAvgPool2d` and its like."""
    del node
    size = number_or_tuple(layer.output_size)
    return TorchLayer(call(f"nn.Adaptive{layer.TORCH}{layer.RANK}d", size))
