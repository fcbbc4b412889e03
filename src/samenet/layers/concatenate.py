"""Concatenate: the inputs behind each other along one axis.

The mask of the output follows Keras: concatenated along the steps, where an input without a mask
counts in all steps; along the last axis a step counts where it counts in any of the inputs.
Source: https://keras.io/api/layers/merging_layers/concatenate/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Binary, Call, Expression, List, Name, Slice, call, index
from samenet.graph.ir import DType, ResolvedNode, Shape, ShapeError, shape_text
from samenet.layers.base import Layer
from samenet.lowering import TorchLayer, lowers


class Concatenate(Layer):
    """Joins inputs whose shapes differ at most in one axis."""

    ARITY: ClassVar[tuple[int, int | None]] = (2, None)
    INTEGERS = "keeps"

    type: Literal["concatenate"]
    axis: int = Field(-1, description="The axis, counted with the batch, which is 0.")

    def output_shape(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        rank = len(first) + 1
        if not -rank < self.axis < rank or self.axis == 0:
            raise ShapeError(
                f"concatenate has axis = {self.axis}, found inputs of shape {shape_text(first)}",
                f"allowed: 1 to {rank - 1} and -1 to {1 - rank}, without the batch",
            )
        axis = self.axis % rank - 1
        for shape in inputs[1:]:
            if len(shape) != len(first) or any(
                a != b for i, (a, b) in enumerate(zip(first, shape, strict=True)) if i != axis
            ):
                raise ShapeError(
                    f"concatenate takes shapes that are equal but for axis {axis + 1}, "
                    f"found {shape_text(first)} and {shape_text(shape)}",
                    "bring the other axes to one size, or set axis to the one that differs",
                )
        return (*first[:axis], sum(shape[axis] for shape in inputs), *first[axis + 1 :])

    def output_dtype(self, *inputs: DType) -> DType:
        return "int" if set(inputs) == {"int"} else "float"

    def mask_needed(self, inputs: Sequence[Shape]) -> Sequence[Shape | None]:
        return [shape[:-1] for shape in inputs]

    def output_mask(self, masks: Sequence[bool]) -> int | Literal["own"] | None:
        return "own" if any(masks) else None


@lowers(Concatenate, "keras")
def keras(layer: Concatenate, node: ResolvedNode) -> Call:
    """`layers.Concatenate`."""
    options = {} if layer.axis == -1 else {"axis": layer.axis}
    return call("layers.Concatenate", **options, name=node.name)


@lowers(Concatenate, "torch", layout="any")
def torch(layer: Concatenate, node: ResolvedNode) -> TorchLayer:
    """`torch.cat`."""
    rank = len(node.input_shape) + 1

    def function(*inputs: Expression) -> Expression:
        return call("torch.cat", List(inputs), dim=node.axis(layer.axis))

    def mask(*inputs: Expression, masks: Sequence[Expression]) -> Expression:
        axis = layer.axis % rank
        if axis != rank - 1:
            return call("torch.cat", List(tuple(map(steps, inputs, masks))), dim=axis)
        known = dict.fromkeys(mask for mask in masks if mask is not None)
        if None in masks:  # an input without a mask counts everywhere
            return call("torch.ones_like", next(iter(known)))
        joined, *others = known
        for other in others:
            joined = Binary(joined, "|", other)
        return joined

    def steps(x: Expression, mask: Expression) -> Expression:
        if mask is not None:
            return mask
        first = index(x, *(Slice(),) * (rank - 1), 0)
        return call("torch.ones_like", first, dtype=Name("torch.bool"))

    return TorchLayer(function=function, mask=mask)
