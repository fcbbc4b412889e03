"""Normalization with given numbers: y = (x - mean) / sqrt(variance), or the way back.

The square root counts as 1e-7 at least. Each index of the axes `axis` has a mean and a variance of
its own; arrays of fewer axes, or a number, hold for all. Keras holds the numbers in 32 bits.
Source: https://keras.io/api/layers/preprocessing_layers/numerical/normalization/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, List, Name, call
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, shape_text
from samenet.layers.axes import as_argument, positions
from samenet.layers.base import Layer
from samenet.lowering import TorchLayer, lowers

Row = tuple[float, ...]
Numbers = float | Row | tuple[Row, ...] | tuple[tuple[Row, ...], ...]
"""A number, or an array with as many axes as have numbers of their own."""

Array = float | tuple["Array", ...]


class Normalization(Layer):
    """Shifts and scales by a mean and a variance that are given; the shape stays."""

    SUPPORTS_MASKING = True
    INTEGERS = "takes"

    type: Literal["normalization"]
    axis: int | tuple[int, ...] = Field(
        -1,
        description="The axes whose indices have numbers of their own, counted with the batch; "
        "an empty array for none.",
    )
    mean: Numbers = Field(description="The mean, or an array of them.")
    variance: Numbers = Field(description="The variance, or an array of the same shape.")
    invert: bool = Field(False, description="Whether normalized inputs are brought back.")

    def positions(self, shape: Shape) -> tuple[int, ...]:
        """The axes counted from the front with the batch."""
        axes = (self.axis,) if isinstance(self.axis, int) else self.axis
        return positions(axes, shape, "normalization")

    def keeps_form(self, first: Sequence[Shape], inputs: Sequence[Shape]) -> bool:
        (one,), (other,) = first, inputs
        same_rank = len(one) == len(other) or self.axis in (-1, ())
        return same_rank and self.sizes(one) == self.sizes(other)

    def sizes(self, shape: Shape) -> Shape:
        """The sizes of the axes whose indices have numbers of their own."""
        return tuple(shape[axis - 1] for axis in self.positions(shape))

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        own = self.sizes(shape)
        for name in ("mean", "variance"):
            found = array_shape(getattr(self, name))
            pairs = zip(reversed(found or ()), reversed(own), strict=False)
            fits = found is not None and len(found) <= len(own)
            if not fits or any(given not in (1, size) for given, size in pairs):
                what = "uneven rows" if found is None else f"the shape {found}"
                raise ShapeError(
                    f"the {name} of normalization has {what} for inputs {shape_text(shape)}",
                    f"give a number, or an array of the shape {own}",
                )
        if array_shape(self.mean) != array_shape(self.variance):
            raise ShapeError(
                f"normalization has a mean of the shape {array_shape(self.mean)} and a variance "
                f"of the shape {array_shape(self.variance)}",
                "give both the same shape",
            )
        if any(value < 0 for value in _flat(self.variance)):
            raise ShapeError("a variance of normalization is negative", "give numbers from 0 on")
        return shape


def array_shape(numbers: Array) -> Shape | None:
    """The shape of nested arrays, () for a number, None where rows differ."""
    if not isinstance(numbers, tuple):
        return ()
    shapes = {array_shape(item) for item in numbers}
    inner = shapes.pop()
    return None if shapes or inner is None else (len(numbers), *inner)


def _flat(numbers: Array) -> Iterator[float]:
    if isinstance(numbers, tuple):
        for item in numbers:
            yield from _flat(item)
    else:
        yield numbers


def _value(numbers: Array) -> Expression:
    return List(tuple(map(_value, numbers))) if isinstance(numbers, tuple) else numbers


def _spread(numbers: Array, axes: tuple[int, ...], rank: int) -> Array:
    """Arrays of some axes as arrays of all from the first of these on, the others of size 1."""
    own = axes[len(axes) - len(array_shape(numbers) or ()) :]

    def level(part: Array, axis: int) -> Array:
        if axis > rank:
            return part
        if isinstance(part, tuple) and axis in own:
            return tuple(level(item, axis + 1) for item in part)
        return (level(part, axis + 1),)

    return level(numbers, own[0]) if own else numbers


@lowers(Normalization, "keras")
def keras(layer: Normalization, node: ResolvedNode) -> Call:
    """`layers.Normalization`."""
    axes, rank = layer.positions(node.input_shape), len(node.input_shape)
    options: dict[str, Expression] = {}
    if axes != (rank,):
        options["axis"] = as_argument(axes) if axes else None
    options |= {"mean": _value(layer.mean), "variance": _value(layer.variance)}
    options |= {"invert": True} if layer.invert else {}
    return call("layers.Normalization", **options, name=node.name)


@lowers(Normalization, "torch")
def torch(layer: Normalization, node: ResolvedNode) -> TorchLayer:
    """A module that holds the numbers, in a shape that broadcasts to the input."""
    axes, rank = layer.positions(node.input_shape), len(node.input_shape)
    mean, variance = (_value(_spread(value, axes, rank)) for value in (layer.mean, layer.variance))
    options = {"invert": True} if layer.invert else {}
    module = call(Name("Normalization", "torch/preprocessing"), mean, variance, **options)
    return TorchLayer(module=module)
