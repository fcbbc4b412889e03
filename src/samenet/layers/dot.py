"""Dot: sums of products along one axis of each of two inputs, sample by sample.

The other axes of the first input come before those of the second; two vectors give one number. With
`normalize` each vector along the axes is divided by its length (at least 1e-7), which makes the
product the cosine of the angle.
Source: https://keras.io/api/layers/merging_layers/dot/
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from samenet.codegen.expression import Binary, Call, Expression, call, method
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, shape_text
from samenet.layers.base import Layer
from samenet.lowering import TorchLayer, lowers


def _for_both(value: object) -> object:
    return (value, value) if type(value) is int else value


Axes = Annotated[tuple[int, int], BeforeValidator(_for_both)]
"""An axis of each of two inputs; a number alone stands for both."""

EPSILON = 1e-7  # the smallest length: keras.config.epsilon()


class Dot(Layer):
    """The product of two inputs over one axis of each."""

    ARITY: ClassVar[tuple[int, int | None]] = (2, 2)

    type: Literal["dot"]
    axes: Axes = Field(
        description="The axis of the first and of the second input, counted with the batch."
    )
    normalize: bool = Field(False, description="Whether vectors along the axes get the length 1.")

    def output_shape(self, *inputs: Shape) -> Shape:
        first, second = inputs
        a, b = self.positions(*inputs)
        if first[a] != second[b]:
            raise ShapeError(
                f"dot takes axes of one size, found {first[a]} (axis {self.axes[0]} of "
                f"{shape_text(first)}) and {second[b]} (axis {self.axes[1]} of "
                f"{shape_text(second)})",
                "set axes to those that agree",
            )
        return (*first[:a], *first[a + 1 :], *second[:b], *second[b + 1 :]) or (1,)

    def positions(self, *inputs: Shape) -> tuple[int, int]:
        """The two axes, counted without the batch.

        Raises:
            ShapeError: there is no such axis, or it is the batch.
        """
        found: list[int] = []
        for axis, shape in zip(self.axes, inputs, strict=True):
            rank = len(shape) + 1
            if not -rank < axis < rank or axis == 0:
                raise ShapeError(
                    f"dot has the axis {axis} for an input of shape {shape_text(shape)}",
                    f"allowed: 1 to {rank - 1} and -1 to {1 - rank}, without the batch",
                )
            found.append(axis % rank - 1)
        return found[0], found[1]


@lowers(Dot, "keras")
def keras(layer: Dot, node: ResolvedNode) -> Call:
    """`layers.Dot`."""
    same = layer.axes[0] == layer.axes[1]
    options = {"normalize": True} if layer.normalize else {}
    axes = layer.axes[0] if same else layer.axes
    return call("layers.Dot", axes=axes, **options, name=node.name)


@lowers(Dot, "torch")
def torch(layer: Dot, node: ResolvedNode) -> TorchLayer:
    """`torch.einsum`, with one letter for each axis; a plain sum for two vectors."""
    axes = layer.positions(*node.input_shapes)
    first, second = node.input_shapes
    letters = iter("abcdefghijklm")
    words = [[next(letters) for _ in shape] for shape in (first, second)]
    words[0][axes[0]] = words[1][axes[1]] = "z"
    result = [letter for word in words for letter in word if letter != "z"]
    equation = f"n{''.join(words[0])},n{''.join(words[1])}->n{''.join(result)}"

    def function(*inputs: Expression) -> Expression:
        x, y = inputs
        if layer.normalize:
            x, y = (
                call("F.normalize", value, dim=axis + 1, eps=EPSILON)
                for value, axis in zip(inputs, axes, strict=True)
            )
        if len(first) == len(second) == 1:
            return method(Binary(x, "*", y), "sum", dim=1, keepdim=True)
        return call("torch.einsum", equation, x, y)

    return TorchLayer(function=function)
