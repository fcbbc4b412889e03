"""Zero padding and cropping: borders of zeros are added to, or cut from, the spatial axes.

A number alone stands for both sides of all axes; a number for an axis for both of its sides; a pair
for its start and its end. PyTorch's `F.pad` counts axes from the last one.
Source: https://keras.io/api/layers/reshaping_layers/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from samenet.codegen.expression import Call, Expression, Slice, call, index
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, shape_text
from samenet.layers.base import Layer
from samenet.lowering import TorchLayer, lowers
from samenet.schema import Natural, kind_of

Border = tuple[Natural, Natural]
"""What is added or cut at the start and at the end of an axis."""


def _both_sides(value: Any) -> Any:
    return (value, value) if type(value) is int else value


def _all_axes(rank: int) -> BeforeValidator:
    def repeat(value: Any) -> Any:
        return ((value, value),) * rank if type(value) is int else value

    return BeforeValidator(repeat)


def _one_axis(value: Any) -> Any:
    match value:
        case int(), int():
            return (value,)  # pyright: ignore[reportUnknownVariableType]
        case _:
            return value


Side = Annotated[Border, BeforeValidator(_both_sides)]
Borders1D = Annotated[tuple[Side], BeforeValidator(_one_axis), _all_axes(1)]
Borders2D = Annotated[tuple[Side, Side], _all_axes(2)]
Borders3D = Annotated[tuple[Side, Side, Side], _all_axes(3)]

PADDING = "The zeros at the start and the end of each spatial axis."
CROPPING = "What is cut at the start and the end of each spatial axis."


class SpatialLayer(Layer):
    """A layer of inputs with a fixed number of spatial axes before the channels."""

    SPATIAL: ClassVar[int]

    def spatial(self, shape: Shape) -> Shape:
        """The spatial axes of an input.

        Raises:
            ShapeError: there are more or fewer of them.
        """
        if len(shape) != self.SPATIAL + 1:
            axes = ("steps", "height, width", "depth, height, width")[self.SPATIAL - 1]
            raise ShapeError(
                f"{kind_of(type(self))} takes shape (N, {axes}, channels), "
                f"found {shape_text(shape)}",
                "put a reshape layer before it, or use the layer for "
                f"{max(len(shape) - 1, 1)} spatial axes",
            )
        return shape[:-1]


class ZeroPadding(SpatialLayer):
    """Adds zeros around a sample."""

    padding: Any

    @property
    def borders(self) -> tuple[Border, ...]:
        """The zeros at both sides of each spatial axis."""
        return self.padding

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        sizes = zip(self.spatial(shape), self.borders, strict=True)
        return (*(size + sum(border) for size, border in sizes), shape[-1])


class Cropping(SpatialLayer):
    """Cuts the borders of a sample."""

    cropping: Any

    @property
    def borders(self) -> tuple[Border, ...]:
        """What is cut at both sides of each spatial axis."""
        return self.cropping

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        sizes = zip(self.spatial(shape), self.borders, strict=True)
        left = tuple(size - sum(border) for size, border in sizes)
        if min(left) < 1:
            raise ShapeError(
                f"{kind_of(type(self))} cuts {list(map(list, self.borders))} from "
                f"{shape_text(shape)}, which leaves nothing",
                "something of each axis has to stay",
            )
        return (*left, shape[-1])


class ZeroPadding1D(ZeroPadding):
    """Adds zeros: (N, steps, channels) to (N, start + steps + end, channels)."""

    SPATIAL = 1
    INTEGERS = "keeps"

    type: Literal["zero_padding1d"]
    padding: Borders1D = Field(((1, 1),), description=PADDING)


class ZeroPadding2D(ZeroPadding):
    """Adds zeros around images: (N, height, width, channels)."""

    SPATIAL = 2

    type: Literal["zero_padding2d"]
    padding: Borders2D = Field(((1, 1), (1, 1)), description=PADDING)


class ZeroPadding3D(ZeroPadding):
    """Adds zeros around volumes: (N, depth, height, width, channels)."""

    SPATIAL = 3

    type: Literal["zero_padding3d"]
    padding: Borders3D = Field(((1, 1), (1, 1), (1, 1)), description=PADDING)


class Cropping1D(Cropping):
    """Cuts steps: (N, steps, channels) to (N, steps - start - end, channels)."""

    SPATIAL = 1
    INTEGERS = "keeps"

    type: Literal["cropping1d"]
    cropping: Borders1D = Field(((1, 1),), description=CROPPING)


class Cropping2D(Cropping):
    """Cuts the borders of images: (N, height, width, channels)."""

    SPATIAL = 2

    type: Literal["cropping2d"]
    cropping: Borders2D = Field(((0, 0), (0, 0)), description=CROPPING)


class Cropping3D(Cropping):
    """Cuts the borders of volumes: (N, depth, height, width, channels)."""

    SPATIAL = 3

    type: Literal["cropping3d"]
    cropping: Borders3D = Field(((1, 1), (1, 1), (1, 1)), description=CROPPING)


def shortest(borders: Sequence[Border]) -> Expression:
    """The borders in Keras' shortest form: `2`, `(1, 2)`, `((0, 1), (2, 2))`."""
    if len({*borders}) == 1 and borders[0][0] == borders[0][1]:
        return borders[0][0]
    return tuple(borders) if len(borders) > 1 else borders[0]


@lowers(ZeroPadding1D, "keras")
@lowers(ZeroPadding2D, "keras")
@lowers(ZeroPadding3D, "keras")
@lowers(Cropping1D, "keras")
@lowers(Cropping2D, "keras")
@lowers(Cropping3D, "keras")
def keras(layer: ZeroPadding | Cropping, node: ResolvedNode) -> Call:
    """The class of the same name."""
    return call(f"layers.{type(layer).__name__}", shortest(layer.borders), name=node.name)


@lowers(ZeroPadding1D, "torch", layout="any")
@lowers(ZeroPadding2D, "torch", layout="any")
@lowers(ZeroPadding3D, "torch", layout="any")
def torch_padding(layer: ZeroPadding, node: ResolvedNode) -> TorchLayer:
    """`F.pad`, whose amounts begin with the last axis."""
    last = () if node.layout == "first" else ((0, 0),)
    amounts = tuple(n for border in (*last, *reversed(layer.borders)) for n in border)

    def padded(x: Expression) -> Expression:
        return call("F.pad", x, amounts)

    return TorchLayer(function=padded)


@lowers(Cropping1D, "torch", layout="any")
@lowers(Cropping2D, "torch", layout="any")
@lowers(Cropping3D, "torch", layout="any")
def torch_cropping(layer: Cropping, node: ResolvedNode) -> TorchLayer:
    """Slices of the spatial axes."""
    slices = [Slice(start or None, -end if end else None) for start, end in layer.borders]
    leading = [Slice()] * (2 if node.layout == "first" else 1)

    def cropped(x: Expression) -> Expression:
        return index(x, *leading, *slices)

    return TorchLayer(function=cropped)
