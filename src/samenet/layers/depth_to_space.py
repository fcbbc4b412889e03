"""Depth to space and back: blocks of pixels as channels.

depth_to_space with block size b: (N, h, w, b * b * c) to (N, h * b, w * b, c); space_to_depth goes
back. The channels hold a block row by row, the c channels of a pixel together (TensorFlow's
order; PyTorch's `pixel_shuffle` keeps the b * b values of a channel together).
Source: https://keras.io/api/ops/nn/#depth_to_space-function; Shi et al. (2016),
https://arxiv.org/abs/1609.05158
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from samenet.codegen.expression import Expression, Name, call
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, shape_text
from samenet.layers.padding import SpatialLayer
from samenet.lowering import KerasLayer, TorchLayer, lowers

BlockSize = Annotated[int, Field(ge=2, le=1024)]


class DepthToSpace(SpatialLayer):
    """Makes larger images of channels."""

    SPATIAL = 2

    type: Literal["depth_to_space"]
    block_size: BlockSize = Field(description="The height and width of a block of pixels.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        height, width = self.spatial(shape)
        size = self.block_size
        if shape[-1] % size**2:
            raise ShapeError(
                f"depth_to_space with block_size = {size} takes a multiple of {size**2} channels, "
                f"found {shape_text(shape)}",
                "change block_size, or the number of filters before it",
            )
        return (height * size, width * size, shape[-1] // size**2)


class SpaceToDepth(SpatialLayer):
    """Makes channels of blocks of pixels."""

    SPATIAL = 2

    type: Literal["space_to_depth"]
    block_size: BlockSize = Field(description="The height and width of a block of pixels.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        height, width = self.spatial(shape)
        size = self.block_size
        if height % size or width % size:
            raise ShapeError(
                f"space_to_depth takes a height and width that block_size = {size} divides, "
                f"found {shape_text(shape)}",
                "change block_size, or put a zero_padding2d or cropping2d layer before it",
            )
        return (height // size, width // size, shape[-1] * size**2)


@lowers(DepthToSpace, "keras")
@lowers(SpaceToDepth, "keras")
def keras(layer: DepthToSpace | SpaceToDepth, node: ResolvedNode) -> KerasLayer:
    """`keras.ops.depth_to_space`, `keras.ops.space_to_depth`."""
    del node

    def function(x: Expression) -> Expression:
        return call(f"keras.ops.{layer.type}", x, layer.block_size)

    return KerasLayer(None, function)


@lowers(DepthToSpace, "torch")
@lowers(SpaceToDepth, "torch")
def torch(layer: DepthToSpace | SpaceToDepth, node: ResolvedNode) -> TorchLayer:
    """A helper: `F.pixel_shuffle` orders channels in another way."""
    del node

    def function(x: Expression) -> Expression:
        return call(Name(layer.type, "torch/reshaping"), x, layer.block_size)

    return TorchLayer(function=function)
