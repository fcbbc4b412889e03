"""Reshape, permute and repeat_vector: the same numbers under other axes.

All of them mean the order of the spec, channels last.
Source: https://keras.io/api/layers/reshaping_layers/
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Slice, call, index, method
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, shape_text
from samenet.layers.base import Layer
from samenet.lowering import TorchLayer, lowers
from samenet.schema import Count

Size = Annotated[int, Field(ge=-1, le=2**31 - 1)]
"""The size of an axis, or -1 for what is left."""


class Reshape(Layer):
    """Gives a sample another shape, the last axis running fastest."""

    INTEGERS = "keeps"

    type: Literal["reshape"]
    target_shape: tuple[Size, ...] = Field(
        min_length=1, max_length=7, description="Without the batch; one size may be -1."
    )

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        size, target = math.prod(shape), self.target_shape
        known = math.prod(n for n in target if n != -1)
        if target.count(-1) > 1 or 0 in target:
            raise ShapeError(
                f"reshape has target_shape = {list(target)}",
                "allowed: sizes of at least 1, and one -1 for what is left",
            )
        if size % known if -1 in target else size != known:
            raise ShapeError(
                f"reshape to {shape_text(target)} does not fit {size} numbers of "
                f"{shape_text(shape)}",
                "the product of the sizes has to stay; -1 stands for what is left",
            )
        return tuple(size // known if n == -1 else n for n in target)


class Permute(Layer):
    """Brings the axes of a sample into another order."""

    INTEGERS = "keeps"

    type: Literal["permute"]
    dims: tuple[Count, ...] = Field(
        min_length=1,
        max_length=7,
        description="The axes of the input in the new order, counted with the batch, which is 0.",
    )

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if sorted(self.dims) != list(range(1, len(shape) + 1)):
            raise ShapeError(
                f"permute has dims = {list(self.dims)}, found an input of shape "
                f"{shape_text(shape)}",
                f"allowed: the numbers 1 to {len(shape)}, each once, in any order",
            )
        return tuple(shape[axis - 1] for axis in self.dims)


class RepeatVector(Layer):
    """Makes a sequence of n equal steps: (N, features) to (N, n, features)."""

    INTEGERS = "keeps"

    type: Literal["repeat_vector"]
    n: Count = Field(description="The number of steps.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if len(shape) != 1:
            raise ShapeError(
                f"repeat_vector takes shape (N, features), found {shape_text(shape)}",
                "put a flatten layer before it",
            )
        return (self.n, *shape)


@lowers(Reshape, "keras")
def keras_reshape(layer: Reshape, node: ResolvedNode) -> Call:
    """`layers.Reshape`."""
    return call("layers.Reshape", layer.target_shape, name=node.name)


@lowers(Reshape, "torch")
def torch_reshape(layer: Reshape, node: ResolvedNode) -> TorchLayer:
    """`reshape`, with the batch as what is left."""
    del layer

    def reshaped(x: Expression) -> Expression:
        return method(x, "reshape", -1, *node.output_shape)

    return TorchLayer(function=reshaped)


@lowers(Permute, "keras")
def keras_permute(layer: Permute, node: ResolvedNode) -> Call:
    """`layers.Permute`."""
    return call("layers.Permute", layer.dims, name=node.name)


@lowers(Permute, "torch")
def torch_permute(layer: Permute, node: ResolvedNode) -> TorchLayer:
    """`permute`."""
    del node

    def permuted(x: Expression) -> Expression:
        return method(x, "permute", 0, *layer.dims)

    return TorchLayer(function=permuted)


@lowers(RepeatVector, "keras")
def keras_repeat_vector(layer: RepeatVector, node: ResolvedNode) -> Call:
    """`layers.RepeatVector`."""
    return call("layers.RepeatVector", layer.n, name=node.name)


@lowers(RepeatVector, "torch")
def torch_repeat_vector(layer: RepeatVector, node: ResolvedNode) -> TorchLayer:
    """`expand` of a new axis, which copies nothing."""
    del node

    def repeated(x: Expression) -> Expression:
        return method(index(x, Slice(), None), "expand", -1, layer.n, -1)

    return TorchLayer(function=repeated)
