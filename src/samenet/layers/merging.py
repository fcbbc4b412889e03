"""Add, subtract, multiply, average, maximum, minimum: element by element, of several inputs.

Inputs of a lower rank get axes of size 1 behind the batch, as Keras' `Merge` inserts them; axes of
size 1 are then repeated. With `constant` there is one input, and the number is the second operand:
x + c, x - c, x * c, max(x, c), min(x, c). Where two inputs of maximum or minimum are equal, the
first one gets the gradient, in PyTorch through a helper (`torch.maximum` gives each a half).
Masks: the output has the union of the masks, if every input has one; multiply, maximum and minimum
leave masked steps out, the others compute with them.
Source: https://keras.io/api/layers/merging_layers/
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import (
    Binary,
    Call,
    Expression,
    List,
    Name,
    Operator,
    Slice,
    call,
    index,
    method,
)
from samenet.diagnostics import listed
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, shape_text
from samenet.layers.base import Layer
from samenet.lowering import KerasLayer, LayoutRule, TorchLayer, lowers
from samenet.schema import kind_of


class Merge(Layer):
    """Several inputs, of shapes that broadcast, to one output."""

    ARITY: ClassVar[tuple[int, int | None]] = (2, None)

    def output_shape(self, *inputs: Shape) -> Shape:
        return reduce(self.broadcast, inputs)

    def keeps_form(self, first: Sequence[Shape], inputs: Sequence[Shape]) -> bool:
        # Keras' layer only gives inputs of lower ranks further axes if it had to at once.
        return len(set(map(len, first))) > 1 or len(set(map(len, inputs))) == 1

    def broadcast(self, first: Shape, second: Shape) -> Shape:
        """The shape of what is computed of two inputs, aligned at their last axes.

        Raises:
            ShapeError: an axis has two sizes, and neither is 1.
        """
        long, short = (first, second) if len(first) >= len(second) else (second, first)
        aligned = (1,) * (len(long) - len(short)) + short
        if any(a != b and 1 not in (a, b) for a, b in zip(long, aligned, strict=True)):
            raise ShapeError(
                f"{kind_of(type(self))} takes shapes whose axes are equal or 1, "
                f"found {shape_text(first)} and {shape_text(second)}",
                "bring them to one shape, e.g. with a dense layer or a conv2d of kernel_size = 1",
            )
        return tuple(max(a, b) for a, b in zip(long, aligned, strict=True))

    def output_mask(self, masks: Sequence[bool]) -> int | Literal["own"] | None:
        return "own" if all(masks) else None

    def mask_shape(self, output: Shape, masks: Sequence[Shape | None]) -> Shape:
        del output
        known = [mask for mask in masks if mask is not None]
        axes = [set(sizes) - {1} for sizes in zip(*known, strict=False)]
        if len(set(map(len, known))) > 1 or any(len(sizes) > 1 for sizes in axes):
            raise ShapeError(
                f"{kind_of(type(self))} cannot join masks of the shapes "
                f"{listed([shape_text(mask) for mask in known], 'and')}",
                "mask the inputs along the same axes",
            )
        return tuple(max(sizes) for sizes in zip(*known, strict=True))

    def mask_needed(self, inputs: Sequence[Shape]) -> Sequence[Shape | None]:
        rank = max(map(len, inputs))
        uses = self.USES_MASKS and len(inputs) > 1
        return [shape[:-1] if uses and len(shape) == rank else None for shape in inputs]


class MergeWithConstant(Merge):
    """A merge that also takes one input and a number."""

    ARITY: ClassVar[tuple[int, int | None]] = (1, None)

    constant: float | None = Field(
        None, description="The second operand of a single input, in place of further inputs."
    )

    def output_shape(self, *inputs: Shape) -> Shape:
        kind = kind_of(type(self))
        if self.constant is None and len(inputs) == 1:
            raise ShapeError(
                f"{kind} takes two inputs, or one and a constant, found one input",
                "add inputs = [...] or constant = ...",
            )
        if self.constant is not None and len(inputs) > 1:
            raise ShapeError(
                f"{kind} takes one input beside its constant, found {len(inputs)}",
                "remove constant, or put a layer of its own behind this one",
            )
        return super().output_shape(*inputs)

    def output_mask(self, masks: Sequence[bool]) -> int | Literal["own"] | None:
        # Keras' plain operations on a tensor lose its mask.
        return super().output_mask(masks) if self.constant is None else None


class Add(MergeWithConstant):
    """The sum of the inputs."""

    type: Literal["add"]


class Subtract(MergeWithConstant):
    """The first of two inputs minus the second."""

    ARITY: ClassVar[tuple[int, int | None]] = (1, 2)

    type: Literal["subtract"]


class Multiply(MergeWithConstant):
    """The product of the inputs."""

    USES_MASKS = True

    type: Literal["multiply"]


class Average(Merge):
    """The mean of the inputs."""

    type: Literal["average"]


class Maximum(MergeWithConstant):
    """The largest of the inputs in each place."""

    USES_MASKS = True

    type: Literal["maximum"]


class Minimum(MergeWithConstant):
    """The smallest of the inputs in each place."""

    USES_MASKS = True

    type: Literal["minimum"]


def with_constant(layer: MergeWithConstant, constant: float, x: Expression) -> Expression:
    """`x + c`, `x - c` or `x * c`; adding a negative number is written as a subtraction."""
    operator = operator_of(layer)
    if constant < 0 and operator in ("+", "-"):
        operator, constant = "-" if operator == "+" else "+", -constant
    return Binary(x, operator, constant)


def operator_of(layer: Merge) -> Operator:
    """How the layer is written between two operands."""
    return "-" if isinstance(layer, Subtract) else "*" if isinstance(layer, Multiply) else "+"


@lowers(Add, "keras")
@lowers(Subtract, "keras")
@lowers(Multiply, "keras")
@lowers(Average, "keras")
@lowers(Maximum, "keras")
@lowers(Minimum, "keras")
def keras(layer: Merge, node: ResolvedNode) -> Call | KerasLayer:
    """The class of the same name; a plain operation with a constant."""
    if not isinstance(layer, MergeWithConstant) or layer.constant is None:
        return call(f"layers.{type(layer).__name__}", name=node.name)
    constant = layer.constant

    def operation(x: Expression) -> Expression:
        if isinstance(layer, Maximum | Minimum):
            return call(f"keras.ops.{layer.type}", x, constant)
        return with_constant(layer, constant, x)

    return KerasLayer(None, operation)


def broadcastable(node: ResolvedNode, inputs: Sequence[Expression]) -> tuple[Expression, ...]:
    """The inputs with axes of size 1 behind the batch, so that their ranks are equal."""
    rank = max(map(len, node.input_shapes))
    return tuple(
        index(x, Slice(), *[None] * (rank - len(shape))) if len(shape) < rank else x
        for x, shape in zip(inputs, node.input_shapes, strict=True)
    )


def union(*inputs: Expression, masks: Sequence[Expression]) -> Expression:
    """The mask of the output: a step counts where it counts in any of the inputs."""
    del inputs
    return reduce(lambda a, b: Binary(a, "|", b), dict.fromkeys(masks))


def joined(operator: Operator, inputs: Sequence[Expression]) -> Expression:
    """`a + b + c`."""
    return reduce(lambda a, b: Binary(a, operator, b), inputs)


def unless_masked(layer: Merge, node: ResolvedNode) -> LayoutRule:
    """Masks belong to the steps, axis 1 of a value with its channels last."""
    del layer
    return "last" if any(node.masks) else "any"


@lowers(Add, "torch", layout="any")
@lowers(Subtract, "torch", layout="any")
@lowers(Average, "torch", layout="any")
def torch_sum(layer: Add | Subtract | Average, node: ResolvedNode) -> TorchLayer:
    """The operator between the inputs."""

    def function(*inputs: Expression) -> Expression:
        if isinstance(layer, MergeWithConstant) and layer.constant is not None:
            return with_constant(layer, layer.constant, inputs[0])
        total = joined(operator_of(layer), broadcastable(node, inputs))
        return Binary(total, "/", len(inputs)) if isinstance(layer, Average) else total

    return TorchLayer(function=function, mask=union)


@lowers(Multiply, "torch", layout=unless_masked)
def torch_product(layer: Multiply, node: ResolvedNode) -> TorchLayer:
    """The operator between the inputs; a helper where they have masks."""

    def function(*inputs: Expression, masks: Sequence[Expression] = ()) -> Expression:
        if layer.constant is not None:
            return with_constant(layer, layer.constant, inputs[0])
        operands = broadcastable(node, inputs)
        known = unexpanded(node, masks)
        if not any(known):
            return joined("*", operands)
        return call(Name("masked_product", "torch/merging"), List(operands), List(known))

    return TorchLayer(function=function, mask=union)


@lowers(Maximum, "torch", layout=unless_masked)
@lowers(Minimum, "torch", layout=unless_masked)
def torch_extreme(layer: Maximum | Minimum, node: ResolvedNode) -> TorchLayer:
    """A helper whose gradient is Keras'; `clamp`, which has it, with a constant."""
    helper = Name(layer.type, "torch/merging")

    def function(*inputs: Expression, masks: Sequence[Expression] = ()) -> Expression:
        if layer.constant is not None:
            bound = {"min" if isinstance(layer, Maximum) else "max": layer.constant}
            return method(inputs[0], "clamp", **bound)
        operands = broadcastable(node, inputs)
        known = unexpanded(node, masks)
        if not any(known):
            return reduce(lambda a, b: call(helper, a, b), operands)
        name = Name("masked_extreme", "torch/merging")
        return call(name, helper, List(operands), List(known))

    return TorchLayer(function=function, mask=union)


def unexpanded(node: ResolvedNode, masks: Sequence[Expression]) -> tuple[Expression, ...]:
    """The masks of the inputs that get no axes: Keras loses those of the others."""
    if not masks:
        return ()
    rank = max(map(len, node.input_shapes))
    return tuple(
        mask if len(shape) == rank else None
        for mask, shape in zip(masks, node.input_shapes, strict=True)
    )
