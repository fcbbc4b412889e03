"""Up-sampling: each spatial axis gets `size` times as many places.

"nearest" repeats each place, "bilinear" and "bicubic" (Keys' a = -0.5) interpolate between the
centres of pixels. PyTorch's own "nearest" rounds some positions of large factors down
("nearest-exact" does not); its bicubic weights are Keys' only with `antialias`, which does nothing
else to an image that grows. TensorFlow rounds bicubic positions to 1/1024, so that only factors
that are powers of two agree. Lanczos kernels are not in PyTorch.
Source: https://keras.io/api/layers/reshaping_layers/; Keys (1981),
https://doi.org/10.1109/TASSP.1981.1163711
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, call, method
from samenet.graph.ir import ResolvedNode, Shape, ShapeError
from samenet.layers.padding import SpatialLayer
from samenet.lowering import TorchLayer, lowers
from samenet.schema import Count, Pair, Triple

Interpolation = Literal["nearest", "bilinear", "bicubic"]

SIZE = "How many times as long each spatial axis becomes."


class UpSampling1D(SpatialLayer):
    """Repeats each step: (N, steps, channels) to (N, steps * size, channels)."""

    SPATIAL = 1
    INTEGERS = "keeps"

    type: Literal["up_sampling1d"]
    size: Count = Field(2, description="How often each step is repeated.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        (steps,) = self.spatial(shape)
        return (steps * self.size, shape[-1])


class UpSampling2D(SpatialLayer):
    """Enlarges images: (N, height, width, channels)."""

    SPATIAL = 2

    type: Literal["up_sampling2d"]
    size: Pair = Field((2, 2), description=SIZE)
    interpolation: Interpolation = Field("nearest", description="How new pixels are computed.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        height, width = self.spatial(shape)
        if self.interpolation == "bicubic" and not all(map(is_power_of_two, self.size)):
            raise ShapeError(
                f"up_sampling2d has interpolation = 'bicubic' and size = {list(self.size)}; "
                "TensorFlow rounds the positions, which PyTorch cannot follow",
                "allowed: sizes 1, 2, 4, 8, ..., or interpolation = 'bilinear' or 'nearest'",
            )
        return (height * self.size[0], width * self.size[1], shape[-1])


class UpSampling3D(SpatialLayer):
    """Repeats each place of a volume: (N, depth, height, width, channels)."""

    SPATIAL = 3

    type: Literal["up_sampling3d"]
    size: Triple = Field((2, 2, 2), description=SIZE)

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        sizes = zip(self.spatial(shape), self.size, strict=True)
        return (*(n * size for n, size in sizes), shape[-1])


def is_power_of_two(number: int) -> bool:
    """Whether a number is 1, 2, 4, 8, ..."""
    return number & (number - 1) == 0


def mode(interpolation: Interpolation, *, antialias: bool = False) -> dict[str, Expression]:
    """The arguments of `F.interpolate` for an interpolation of Keras."""
    options: dict[str, Expression] = {
        "mode": "nearest-exact" if interpolation == "nearest" else interpolation
    }
    if interpolation == "bicubic" or (interpolation == "bilinear" and antialias):
        options["antialias"] = True
    return options


@lowers(UpSampling1D, "keras")
@lowers(UpSampling2D, "keras")
@lowers(UpSampling3D, "keras")
def keras(layer: UpSampling1D | UpSampling2D | UpSampling3D, node: ResolvedNode) -> Call:
    """The class of the same name."""
    options: dict[str, Expression] = {}
    if isinstance(layer, UpSampling2D) and layer.interpolation != "nearest":
        options["interpolation"] = layer.interpolation
    size = layer.size if isinstance(layer.size, int) else _shortest(layer.size)
    return call(f"layers.{type(layer).__name__}", size, **options, name=node.name)


def _shortest(size: tuple[int, ...]) -> Expression:
    return size[0] if len(set(size)) == 1 else size


@lowers(UpSampling1D, "torch", layout="any")
def torch_1d(layer: UpSampling1D, node: ResolvedNode) -> TorchLayer:
    """`repeat_interleave`."""

    def repeated(x: Expression) -> Expression:
        return method(x, "repeat_interleave", layer.size, dim=node.axis(1))

    return TorchLayer(function=repeated)


@lowers(UpSampling2D, "torch", layout="first")
@lowers(UpSampling3D, "torch", layout="first")
def torch(layer: UpSampling2D | UpSampling3D, node: ResolvedNode) -> TorchLayer:
    """`F.interpolate`."""
    del node
    interpolation = layer.interpolation if isinstance(layer, UpSampling2D) else "nearest"

    def enlarged(x: Expression) -> Expression:
        size = _shortest(layer.size)
        return call("F.interpolate", x, scale_factor=size, **mode(interpolation))

    return TorchLayer(function=enlarged)
