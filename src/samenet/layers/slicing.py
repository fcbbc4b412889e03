"""Slice: a part of one axis, `x[:, start:stop:step]`, or one place of it, `x[:, index]`.

`{type = "slice", index = 0}` behind a transformer is its first token, without the axis of tokens.
Negative numbers count from the end, as in Python. Keras writes both as an index into the tensor.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from samenet.codegen.expression import Expression, Slice, index
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, shape_text
from samenet.layers.base import Layer
from samenet.lowering import KerasLayer, LayoutRule, TorchLayer, lowers
from samenet.schema import Count

Place = Annotated[int, Field(ge=-(2**31) + 1, le=2**31 - 1)]


class SliceLayer(Layer):
    """Takes a part of an axis, or one place of it, which drops the axis."""

    INTEGERS = "keeps"

    type: Literal["slice"]
    axis: int = Field(1, description="The axis, counted with the batch, which is 0.")
    index: Place | None = Field(None, description="The place that is taken, instead of a part.")
    start: Place | None = Field(None, description="Where the part begins.")
    stop: Place | None = Field(None, description="Where it ends, itself left out.")
    step: Count = Field(1, description="The distance of the places that are taken.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        position = self.position(shape)
        before, size, after = shape[:position], shape[position], shape[position + 1 :]
        if self.index is not None:
            return (*before, *after)
        count = len(range(*slice(self.start, self.stop, self.step).indices(size)))
        if count == 0:
            raise ShapeError(
                f"slice takes nothing of axis {self.axis} of {shape_text(shape)}",
                f"start lies before stop, and both within -{size} to {size}",
            )
        return (*before, count, *after)

    def position(self, shape: Shape) -> int:
        """The axis without the batch.

        Raises:
            ShapeError: there is no such axis, or no such place, or a place and a part are asked.
        """
        rank = len(shape) + 1
        if not -rank < self.axis < rank or self.axis == 0:
            raise ShapeError(
                f"slice has axis = {self.axis}, found an input of shape {shape_text(shape)}",
                f"allowed: 1 to {rank - 1} and -1 to {1 - rank}, without the batch",
            )
        position = self.axis % rank - 1
        size = shape[position]
        if self.index is None:
            return position
        if (self.start, self.stop, self.step) != (None, None, 1):
            raise ShapeError(
                "slice takes an index, or start, stop and step, found both",
                "remove index, or the others",
            )
        if not -size <= self.index < size:
            raise ShapeError(
                f"slice has index = {self.index}, found {size} places along axis {self.axis} of "
                f"{shape_text(shape)}",
                f"allowed: {-size} to {size - 1}",
            )
        return position

    def indexed(self, x: Expression, axis: int) -> Expression:
        """The index expression along an axis counted with the batch."""
        if self.index is not None:
            item = self.index
        else:
            item = Slice(self.start, self.stop, None if self.step == 1 else self.step)
        return index(x, *[Slice()] * axis, item)


@lowers(SliceLayer, "keras")
def keras(layer: SliceLayer, node: ResolvedNode) -> KerasLayer:
    """An index into the tensor."""

    def sliced(x: Expression) -> Expression:
        return layer.indexed(x, layer.axis % (len(node.input_shape) + 1))

    return KerasLayer(None, sliced)


def unless_dropped(layer: SliceLayer, node: ResolvedNode) -> LayoutRule:
    """Only with its channels last has a value of fewer axes a known layout."""
    del node
    return "any" if layer.index is None else "last"


@lowers(SliceLayer, "torch", layout=unless_dropped)
def torch(layer: SliceLayer, node: ResolvedNode) -> TorchLayer:
    """An index into the tensor."""
    rank = len(node.input_shape) + 1

    def sliced(x: Expression) -> Expression:
        return layer.indexed(x, node.axis(layer.axis) % rank)

    return TorchLayer(function=sliced)
