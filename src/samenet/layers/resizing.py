"""Resizing and center_crop: images of another size.

The centres of pixels are the grid. PyTorch's bicubic weights are Keras' (Keys' a = -0.5) only with
`antialias`; without it, when the sizes grow by powers of two, because TensorFlow rounds the other
positions to 1/1024. Lanczos kernels are not in PyTorch. TensorFlow computes in single precision.
`crop_to_aspect_ratio` cuts the largest box of the new aspect ratio from the middle first,
`pad_to_aspect_ratio` adds borders.
Source: https://keras.io/api/layers/preprocessing_layers/image_preprocessing/resizing/,
https://keras.io/api/layers/preprocessing_layers/image_preprocessing/center_crop/
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Slice, call, index
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, shape_text
from samenet.layers.padding import SpatialLayer
from samenet.layers.up_sampling import Interpolation, is_power_of_two, mode
from samenet.lowering import LayoutRule, TorchLayer, lowers
from samenet.schema import Count


class Box(NamedTuple):
    """A part of an image."""

    top: int
    left: int
    height: int
    width: int


class Resizing(SpatialLayer):
    """Brings images to a height and width, in training and in inference."""

    SPATIAL = 2

    type: Literal["resizing"]
    height: Count = Field(description="The new height.")
    width: Count = Field(description="The new width.")
    interpolation: Interpolation = Field("bilinear", description="How new pixels are computed.")
    crop_to_aspect_ratio: bool = Field(
        False, description="Whether the image is cut to the new aspect ratio, not distorted."
    )
    pad_to_aspect_ratio: bool = Field(
        False, description="Whether borders are added for the new aspect ratio."
    )
    fill_mode: Literal["constant"] = Field("constant", description="What the borders are.")
    fill_value: float = Field(0.0, description="The value of the borders.")
    antialias: bool = Field(False, description="Whether smaller images are smoothed.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        height, width = self.spatial(shape)
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise ShapeError(
                "resizing cuts or pads to the new aspect ratio, found both",
                "remove crop_to_aspect_ratio or pad_to_aspect_ratio",
            )
        if self.interpolation == "bicubic" and not self.antialias:
            source = self.box(height, width)
            ratios = ((self.height, source.height), (self.width, source.width))
            if any(new % old or not is_power_of_two(new // old) for new, old in ratios):
                raise ShapeError(
                    "resizing with interpolation = 'bicubic' and without antialias differs "
                    f"between the frameworks, found {shape_text(shape)} to "
                    f"{self.height} by {self.width}",
                    "add antialias = true, or take interpolation = 'bilinear'",
                )
        return (self.height, self.width, shape[-1])

    def box(self, height: int, width: int) -> Box:
        """What is resized: a part of an image, or more than it where the start is negative."""
        if self.crop_to_aspect_ratio:
            return largest_box(height, width, self.height, self.width)
        if self.pad_to_aspect_ratio:
            top = max(width * self.height // self.width - height, 0) // 2
            left = max(height * self.width // self.height - width, 0) // 2
            return Box(-top, -left, height + 2 * top, width + 2 * left)
        return Box(0, 0, height, width)


class CenterCrop(SpatialLayer):
    """Cuts the middle of images, in training and in inference.

    Where an image is smaller, the largest box of the new aspect ratio is cut from it and enlarged.
    """

    SPATIAL = 2

    type: Literal["center_crop"]
    height: Count = Field(description="The new height.")
    width: Count = Field(description="The new width.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        self.spatial(shape)
        return (self.height, self.width, shape[-1])

    def box(self, height: int, width: int) -> Box:
        """What is cut from an image."""
        if height < self.height or width < self.width:
            return largest_box(height, width, self.height, self.width)
        top, left = (height - self.height) // 2, (width - self.width) // 2
        return Box(top, left, self.height, self.width)


def largest_box(height: int, width: int, new_height: int, new_width: int) -> Box:
    """The largest box of a new aspect ratio in the middle of an image."""
    box_height = max(min(height, width * new_height // new_width), 1)
    box_width = max(min(width, height * new_width // new_height), 1)
    return Box((height - box_height) // 2, (width - box_width) // 2, box_height, box_width)


def cut(x: Expression, node: ResolvedNode, box: Box) -> Expression:
    """The box of each image."""
    height, width = node.input_shape[:2]
    if box == Box(0, 0, height, width):
        return x
    rows = _range(box.top, box.height, height)
    columns = _range(box.left, box.width, width)
    leading = [Slice()] * (2 if node.layout == "first" else 1)
    return index(x, *leading, rows, *([] if columns == Slice() else [columns]))


def _range(start: int, size: int, available: int) -> Slice:
    return Slice(start or None, None if start + size == available else start + size)


@lowers(Resizing, "keras")
def keras(layer: Resizing, node: ResolvedNode) -> Call:
    """`layers.Resizing`."""
    changed = {
        name: getattr(layer, name)
        for name in (
            "interpolation",
            "crop_to_aspect_ratio",
            "pad_to_aspect_ratio",
            "fill_value",
            "antialias",
        )
        if getattr(layer, name) != Resizing.model_fields[name].default
    }
    return call("layers.Resizing", layer.height, layer.width, **changed, name=node.name)


@lowers(Resizing, "torch", layout="first")
def torch(layer: Resizing, node: ResolvedNode) -> TorchLayer:
    """`F.interpolate`, behind a slice or borders."""
    height, width = node.input_shape[:2]
    box = layer.box(height, width)
    options = mode(layer.interpolation, antialias=layer.antialias)

    def resized(x: Expression) -> Expression:
        if layer.pad_to_aspect_ratio and (box.top or box.left):
            amounts = (-box.left, -box.left, -box.top, -box.top)
            value: dict[str, Expression] = {"value": layer.fill_value} if layer.fill_value else {}
            source: Expression = call("F.pad", x, amounts, **value)
        else:
            source = cut(x, node, box)
        return call("F.interpolate", source, size=(layer.height, layer.width), **options)

    return TorchLayer(function=resized)


@lowers(CenterCrop, "keras")
def keras_center_crop(layer: CenterCrop, node: ResolvedNode) -> Call:
    """`layers.CenterCrop`."""
    return call("layers.CenterCrop", layer.height, layer.width, name=node.name)


def for_box(layer: CenterCrop, node: ResolvedNode) -> LayoutRule:
    """A slice takes any layout, an interpolation channels first."""
    box = layer.box(*node.input_shape[:2])
    return "any" if (box.height, box.width) == (layer.height, layer.width) else "first"


@lowers(CenterCrop, "torch", layout=for_box)
def torch_center_crop(layer: CenterCrop, node: ResolvedNode) -> TorchLayer:
    """A slice, and `F.interpolate` where that is too small."""
    height, width = node.input_shape[:2]
    box = layer.box(height, width)

    def cropped(x: Expression) -> Expression:
        part = cut(x, node, box)
        size = (layer.height, layer.width)
        if (box.height, box.width) == size:
            return part
        return call("F.interpolate", part, size=size, **mode("bilinear"))

    return TorchLayer(function=cropped)
