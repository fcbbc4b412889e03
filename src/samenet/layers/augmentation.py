"""Augmentation: random changes of images in training; inference leaves them as they are.

random_flip and random_contrast act on each image, random_rotation and random_zoom read it at other
places (a matrix around its centre), random_crop cuts one part from all images of a batch. The
frameworks draw from random streams of their own, of the same distributions; given the same numbers
they make the same images. The PyTorch program carries classes in which drawing and transforming are
apart.

Two things that Keras 3 does otherwise than its documentation says: a single `factor` of
random_contrast stands for factors from 1 to 1 + factor (kept here); random_crop leaves images uncut
in inference (here it does what is documented: the largest box of the new aspect ratio in the
middle, resized).

TensorFlow's gradient through a rotation or a zoom is only approximate (measured: off by 15 % and
68 % of its largest value), so that these two stand before all trained weights.
Source: https://keras.io/api/layers/preprocessing_layers/image_augmentation/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import ResolvedNode, Shape
from samenet.layers.padding import SpatialLayer
from samenet.layers.resizing import largest_box
from samenet.lowering import TorchLayer, lowers
from samenet.schema import Count

Range = tuple[float, float]
"""The bounds of a uniform distribution."""

FillMode = Literal["reflect", "wrap", "constant", "nearest"]
Interpolation = Literal["nearest", "bilinear"]

FILL_MODE = "What lies outside of an image: reflections, repetitions, a constant or its border."
READING = "Whether pixels are read from the nearest place, or between four."
FILL_VALUE = 'The value outside of an image with fill_mode = "constant".'


def _number(bounds: Callable[[float], Range]) -> BeforeValidator:
    """Keras' meaning of a number in place of two bounds."""

    def read(value: Any) -> Any:
        return bounds(abs(value)) if type(value) in (int, float) else value

    return BeforeValidator(read)


def _ordered(value: Range) -> Range:
    return (min(value), max(value))


def _around_zero(value: float) -> Range:
    return (-value, value)


def _from_zero(value: float) -> Range:
    return (0.0, value)


Turn = Annotated[float, Field(ge=-1, le=1)]
Turns = Annotated[tuple[Turn, Turn], _number(_around_zero), AfterValidator(_ordered)]

Zoom = Annotated[float, Field(gt=-1, le=1)]
Zooms = Annotated[tuple[Zoom, Zoom], _number(_around_zero), AfterValidator(_ordered)]

Contrast = Annotated[float, Field(ge=0, le=1)]
Contrasts = Annotated[tuple[Contrast, Contrast], _number(_from_zero), AfterValidator(_ordered)]


class ImageAugmentation(SpatialLayer):
    """A layer of images: (N, height, width, channels)."""

    SPATIAL = 2

    def output_shape(self, *inputs: Shape) -> Shape:
        self.spatial(inputs[0])
        return inputs[0]


class RandomFlip(ImageAugmentation):
    """Flips half of the images; with both axes an image is flipped along both or none."""

    type: Literal["random_flip"]
    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = Field(
        "horizontal_and_vertical", description="Left and right, top and bottom, or both together."
    )


class RandomContrast(ImageAugmentation):
    """Multiplies the distances from the mean of each channel, 1 - lower to 1 + upper."""

    type: Literal["random_contrast"]
    factor: Contrasts = Field(
        description="[lower, upper], each from 0 to 1; a number alone is [0, number]."
    )
    value_range: Range = Field(
        (0.0, 255.0), description="The smallest and the largest value of a pixel."
    )


class RandomCrop(ImageAugmentation):
    """Cuts a part of a height and width from the images, the same of a whole batch."""

    type: Literal["random_crop"]
    height: Count = Field(description="The new height.")
    width: Count = Field(description="The new width.")

    def output_shape(self, *inputs: Shape) -> Shape:
        shape = super().output_shape(*inputs)
        return (self.height, self.width, shape[-1])


class Warp(ImageAugmentation):
    """Reads images at other places."""

    EXACT_GRADIENT = False

    fill_mode: FillMode = Field("reflect", description=FILL_MODE)
    interpolation: Interpolation = Field("bilinear", description=READING)
    fill_value: float = Field(0.0, description=FILL_VALUE)

    def reading(self) -> dict[str, Expression]:
        """The arguments that are not at their defaults, which are the same everywhere."""
        values: dict[str, Expression] = {}
        if self.fill_mode != "reflect":
            values["fill_mode"] = self.fill_mode
        if self.interpolation != "bilinear":
            values["interpolation"] = self.interpolation
        if self.fill_value and self.fill_mode == "constant":
            values["fill_value"] = self.fill_value
        return values


class RandomRotation(Warp):
    """Rotates each image around its centre."""

    type: Literal["random_rotation"]
    factor: Turns = Field(
        description="[lower, upper] in full turns, from -1 to 1; a number alone is both ways."
    )


class RandomZoom(Warp):
    """Zooms each image around its centre: 0.2 shows 20 % more, -0.2 shows 20 % less of it."""

    type: Literal["random_zoom"]
    height_factor: Zooms = Field(
        description="[lower, upper], above -1 and up to 1; a number alone is both ways."
    )
    width_factor: Zooms | None = Field(
        None, description="The same for the width; by default the height's, image by image."
    )


def seeded(layer: ImageAugmentation, node: ResolvedNode, *arguments: Expression) -> Call:
    """The Keras layer of the same name with a seed of its own, so that a run can be repeated."""
    options = layer.reading() if isinstance(layer, Warp) else {}
    seed = call(Name("derived_seed", "shared/random_numbers"), Name("SEED"), node.name)
    function = (
        Name("RandomCrop", "keras/augmentation")
        if isinstance(layer, RandomCrop)
        else Name(f"layers.{type(layer).__name__}")
    )
    return call(function, *arguments, **options, seed=seed, name=node.name)


def shortest(bounds: Range) -> Expression:
    """A number in place of bounds of both ways."""
    return bounds[1] if bounds[0] == -bounds[1] else bounds


@lowers(RandomFlip, "keras")
def keras_flip(layer: RandomFlip, node: ResolvedNode) -> Call:
    """`layers.RandomFlip`."""
    return seeded(layer, node, layer.mode)


@lowers(RandomContrast, "keras")
def keras_contrast(layer: RandomContrast, node: ResolvedNode) -> Call:
    """`layers.RandomContrast`."""
    return seeded(layer, node, layer.factor, layer.value_range)


@lowers(RandomCrop, "keras")
def keras_crop(layer: RandomCrop, node: ResolvedNode) -> Call:
    """`layers.RandomCrop` that gives the same shape in inference."""
    return seeded(layer, node, layer.height, layer.width)


@lowers(RandomRotation, "keras")
def keras_rotation(layer: RandomRotation, node: ResolvedNode) -> Call:
    """`layers.RandomRotation`."""
    return seeded(layer, node, shortest(layer.factor))


@lowers(RandomZoom, "keras")
def keras_zoom(layer: RandomZoom, node: ResolvedNode) -> Call:
    """`layers.RandomZoom`."""
    width = () if layer.width_factor is None else (shortest(layer.width_factor),)
    return seeded(layer, node, shortest(layer.height_factor), *width)


def module(layer: ImageAugmentation, *arguments: Expression) -> TorchLayer:
    """The class of the same name."""
    options = layer.reading() if isinstance(layer, Warp) else {}
    name = Name(type(layer).__name__, "torch/augmentation")
    return TorchLayer(module=call(name, *arguments, **options))


def scaled(bounds: Range, offset: float, factor: float) -> Range:
    """Offset + factor * bounds, written with 15 digits, so that 0.7 stays 0.7."""
    lower, upper = (float(f"{offset + factor * bound:.15g}") for bound in bounds)
    return lower, upper


@lowers(RandomFlip, "torch", layout="first")
def torch_flip(layer: RandomFlip, node: ResolvedNode) -> TorchLayer:
    """A class that flips the axes of height and width."""
    del node
    axes = {"horizontal": (3,), "vertical": (2,), "horizontal_and_vertical": (2, 3)}
    return module(layer, axes[layer.mode])


@lowers(RandomContrast, "torch", layout="first")
def torch_contrast(layer: RandomContrast, node: ResolvedNode) -> TorchLayer:
    """A class that draws the factor itself."""
    del node
    lower, upper = layer.factor
    factor = scaled((-lower, upper), 1.0, 1.0)
    return module(layer, factor, layer.value_range)


@lowers(RandomCrop, "torch", layout="first")
def torch_crop(layer: RandomCrop, node: ResolvedNode) -> TorchLayer:
    """A class that also knows the middle of the images."""
    height, width, _ = node.input_shape
    middle = largest_box(height, width, layer.height, layer.width)
    return module(layer, layer.height, layer.width, tuple(middle))


@lowers(RandomRotation, "torch", layout="first")
def torch_rotation(layer: RandomRotation, node: ResolvedNode) -> TorchLayer:
    """A class that draws degrees."""
    del node
    return module(layer, scaled(layer.factor, 0.0, 360.0))


@lowers(RandomZoom, "torch", layout="first")
def torch_zoom(layer: RandomZoom, node: ResolvedNode) -> TorchLayer:
    """A class that draws the factors themselves."""
    del node
    bounds = [layer.height_factor] + ([layer.width_factor] if layer.width_factor else [])
    return module(layer, *(scaled(part, 1.0, 1.0) for part in bounds))
