"""GlobalMaxPooling and GlobalAveragePooling in 1D, 2D, 3D: one number for each channel.

The maximum or the mean over all spatial axes. Values that tie for the maximum share its gradient,
in both frameworks (`amax`; PyTorch's adaptive poolings would choose one). The mean of a sequence
leaves masked steps out.
Source: https://keras.io/api/layers/pooling_layers/global_average_pooling2d/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call, method
from samenet.graph.ir import ResolvedNode, Shape
from samenet.layers.base import Layer
from samenet.layers.spatial import spatial_axes
from samenet.lowering import LayoutRule, TorchLayer, lowers


class GlobalPooling(Layer):
    """One number for each channel."""

    RANK: ClassVar[int]
    """How many spatial axes it has."""

    KERAS: ClassVar[str]
    TORCH: ClassVar[str]
    """What the frameworks call it: before the number of axes, and the method of a tensor."""

    keepdims: bool = Field(False, description="Whether the spatial axes stay, with size 1.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        spatial = spatial_axes(self, shape, self.RANK)
        return (*((1,) * len(spatial) if self.keepdims else ()), shape[-1])


class GlobalMaxPooling(GlobalPooling):
    """The largest value of each channel."""

    KERAS, TORCH = "GlobalMaxPooling", "amax"


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel."""

    KERAS, TORCH = "GlobalAveragePooling", "mean"


class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean over the steps that are not masked: (N, steps, c) to (N, c)."""

    RANK = 1
    USES_MASKS = True
    type: Literal["global_average_pooling1d"]


class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean of each channel of an image: (N, h, w, c) to (N, c)."""

    RANK = 2
    type: Literal["global_average_pooling2d"]


class GlobalAveragePooling3D(GlobalAveragePooling):
    """The mean of each channel of a volume: (N, d, h, w, c) to (N, c)."""

    RANK = 3
    type: Literal["global_average_pooling3d"]


class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest value of each channel of a sequence, masked or not: (N, steps, c) to (N, c)."""

    RANK = 1
    type: Literal["global_max_pooling1d"]


class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest value of each channel of an image: (N, h, w, c) to (N, c)."""

    RANK = 2
    type: Literal["global_max_pooling2d"]


class GlobalMaxPooling3D(GlobalMaxPooling):
    """The largest value of each channel of a volume: (N, d, h, w, c) to (N, c)."""

    RANK = 3
    type: Literal["global_max_pooling3d"]


@lowers(GlobalAveragePooling1D, "keras")
@lowers(GlobalAveragePooling2D, "keras")
@lowers(GlobalAveragePooling3D, "keras")
@lowers(GlobalMaxPooling1D, "keras")
@lowers(GlobalMaxPooling2D, "keras")
@lowers(GlobalMaxPooling3D, "keras")
def keras(layer: GlobalPooling, node: ResolvedNode) -> Call:
    """`layers.GlobalAveragePooling2D` and its like."""
    options = {"keepdims": True} if layer.keepdims else {}
    return call(f"layers.{layer.KERAS}{layer.RANK}D", **options, name=node.name)


def layout(layer: GlobalPooling, node: ResolvedNode) -> LayoutRule:
    """Any; with a mask, whose only axis is that of the steps, channels last."""
    return "last" if layer.USES_MASKS and any(node.masks) else "any"


@lowers(GlobalAveragePooling1D, "torch", layout)
@lowers(GlobalAveragePooling2D, "torch", layout)
@lowers(GlobalAveragePooling3D, "torch", layout)
@lowers(GlobalMaxPooling1D, "torch", layout)
@lowers(GlobalMaxPooling2D, "torch", layout)
@lowers(GlobalMaxPooling3D, "torch", layout)
def torch(layer: GlobalPooling, node: ResolvedNode) -> TorchLayer:
    """`mean` or `amax` over the spatial axes."""
    axes = tuple(node.axis(number) for number in range(1, layer.RANK + 1))
    options = {"keepdim": True} if layer.keepdims else {}

    def pooled(x: Expression, masks: Sequence[Expression | None] = (None,)) -> Expression:
        (mask,) = masks
        if mask is not None:
            return call(Name("masked_mean", "torch/pooling"), x, mask, **options)
        dim = axes[0] if len(axes) == 1 else axes
        return method(x, layer.TORCH, dim=dim, **options)

    return TorchLayer(function=pooled)
