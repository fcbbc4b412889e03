"""EinsumDense: a product of the input with a kernel, whose axes an equation names.

`"abc,cd->abd"` multiplies the last axis, `"...x,xy->...y"` does so for any rank. Letters stand for
axes, the first for the batch; `...` for all that the equation does not name.
Source: https://keras.io/api/layers/core_layers/einsum_dense/
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.constraints import Constraint
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, Weight, shape_text
from samenet.initializers import Initializer, with_fans
from samenet.layers.axes import check_bias
from samenet.layers.base import WeightedLayer
from samenet.lowering import TorchLayer, lowers
from samenet.regularizers import Regularizer
from samenet.weight_rules import keras_options


def _alone(value: Any) -> Any:
    return (value,) if type(value) is int else value


Size = Annotated[int, Field(ge=-1, le=2**31 - 1)]
Sizes = Annotated[tuple[Size, ...], Field(min_length=1), BeforeValidator(_alone)]


class EinsumDense(WeightedLayer):
    """A product with a kernel along axes of choice, and a bias along axes of choice."""

    type: Literal["einsum_dense"]
    equation: str = Field(
        description="What is multiplied: `input,kernel->output`, a letter for each axis.",
        max_length=200,
    )
    # Layer has a method of Keras' name for it.
    output_sizes: Sizes = Field(
        alias="output_shape",
        description="The shape of the output without the batch and what `...` stands for; -1 for "
        "a size that is that of the input.",
    )
    bias_axes: str | None = Field(
        None,
        description="The output's axes along which the bias has numbers; without, there is none.",
        max_length=50,
    )
    kernel_initializer: Initializer = Field("glorot_uniform", description="Of the kernel.")
    bias_initializer: Initializer = Field("zeros", description="Of the bias.")
    kernel_regularizer: Regularizer | None = Field(
        None, description="What the kernel adds to the loss."
    )
    bias_regularizer: Regularizer | None = Field(
        None, description="What the bias adds to the loss."
    )
    kernel_constraint: Constraint | None = Field(
        None, description="What the kernel is brought to after each step."
    )
    bias_constraint: Constraint | None = Field(
        None, description="What the bias is brought to after each step."
    )

    def product(self, shape: Shape) -> Product:
        """The shapes in the product with an input.

        Raises:
            ShapeError: the equation cannot be read, or does not fit the input.
        """
        product = analyzed(self.equation, shape, self.output_sizes, self.bias_axes)
        if product.bias is not None:
            check_bias("einsum_dense", product.output, product.bias)
        return product

    def output_shape(self, *inputs: Shape) -> Shape:
        return self.product(inputs[0]).output

    def keeps_form(self, first: Sequence[Shape], inputs: Sequence[Shape]) -> bool:
        return len(first[0]) == len(inputs[0]) and self.named(first[0]) == self.named(inputs[0])

    def named(self, shape: Shape) -> Shape:
        """The axes of an input that the equation names, without the batch."""
        word = self.equation.partition(",")[0]
        count = len(word.replace("...", ""))
        return shape[-count:] if word.startswith("...") else shape[: count - 1]

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        product = self.product(inputs[0])
        kernel = Weight(
            "kernel",
            product.kernel,
            self.kernel_initializer
            if (product.inputs, product.outputs) == ((0,), (1,))
            else with_fans(self.kernel_initializer, product.inputs, product.outputs),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if product.bias is None:
            return (kernel,)
        bias = Weight(
            "bias",
            product.bias,
            self.bias_initializer,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
        )
        return kernel, bias

    def multiply_adds(self, *inputs: Shape) -> int:
        return self.product(inputs[0]).multiply_adds


@dataclass(frozen=True)
class Product:
    """The shapes in a product.

    Attributes:
        output: of the output, without the batch.
        kernel: of the kernel.
        bias: of the bias, or None.
        inputs: the axes of the kernel that are summed up.
        outputs: the other axes of the kernel.
        multiply_adds: the multiplications for a sample.
    """

    output: Shape
    kernel: Shape
    bias: Shape | None
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    multiply_adds: int


_EQUATION = re.compile(
    r"(?P<left>\.\.\.)?(?P<input>[A-Za-z]+)(?P<right>\.\.\.)?,(?P<kernel>[A-Za-z]+)->"
    r"(?P<left_out>\.\.\.)?(?P<output>[A-Za-z]+)(?P<right_out>\.\.\.)?"
)

_FORMS = 'write it as "abc,cd->abd", "...x,xy->...y" or "ab...,bc->ac..."'


def analyzed(equation: str, shape: Shape, sizes: Sequence[int], bias_axes: str | None) -> Product:
    """The shapes in a product, from the equation and what is known of the sizes.

    Args:
        equation: `input,kernel->output`.
        shape: of the input, without the batch.
        sizes: of the output, without the batch and what `...` stands for.
        bias_axes: the letters of the output's axes that the bias has, or None.

    Raises:
        ShapeError: the equation cannot be read, or does not fit the input.
    """
    match = _EQUATION.fullmatch(equation)
    if match is None or not _consistent(match):
        raise ShapeError(f"{equation!r} is no equation of einsum_dense", _FORMS)
    letters, kernel, output = match["input"], match["kernel"], match["output"]
    elided = _elided(match, shape)
    left = match["left"] is not None
    # The batch is the first letter, or the first axis that `...` stands for.
    named_in = shape[len(elided) - 1 :] if left else shape[: len(letters) - 1]
    known: dict[str, int] = dict(zip(letters if left else letters[1:], named_in, strict=True))
    named_out = output if left else output[1:]
    if len(sizes) != len(named_out):
        raise ShapeError(
            f"output_shape has to say {len(named_out)} sizes, of {', '.join(named_out)}, "
            f"found {len(sizes)}",
            "leave out the batch and what ... stands for",
        )
    for letter, size in zip(named_out, sizes, strict=True):
        _add(known, letter, size, shape)
    missing = [letter for letter in kernel if letter not in known]
    if missing:
        raise ShapeError(
            f"the size of the kernel's axis {missing[0]} is not known",
            "it has to be an axis of the input or of the output, and not the batch",
        )
    made = tuple(known[letter] for letter in named_out)
    rest = elided[1:] if left else elided
    behind = 0 if left else len(rest)
    bias = None if bias_axes is None else _bias(bias_axes, output, known, behind)
    return Product(
        output=(*rest, *made) if left else (*made, *rest),
        kernel=tuple(known[letter] for letter in kernel),
        bias=bias,
        inputs=tuple(axis for axis, letter in enumerate(kernel) if letter not in output),
        outputs=tuple(axis for axis, letter in enumerate(kernel) if letter in output),
        multiply_adds=math.prod(known.values()) * math.prod(rest),
    )


def _consistent(match: re.Match[str]) -> bool:
    """Each axis is named once, `...` stands on the same side, and the batch stays first."""
    sides = (bool(match["left"]), bool(match["right"]))
    same = sides == (bool(match["left_out"]), bool(match["right_out"])) and not all(sides)
    words = (match["input"], match["kernel"], match["output"])
    once = all(len(set(word)) == len(word) for word in words)
    batch = bool(match["left"]) or (
        match["input"][0] == match["output"][0] and match["input"][0] not in match["kernel"]
    )
    made = set(match["output"]) <= {*match["input"], *match["kernel"]}
    return same and once and batch and made


def _elided(match: re.Match[str], shape: Shape) -> Shape:
    """What `...` stands for; on the left with a 0 for the batch."""
    count = len(shape) + 1 - len(match["input"])
    if count < 0 or (count and not (match["left"] or match["right"])):
        raise ShapeError(
            f"{match.string!r} names {len(match['input'])} axes of the input, found "
            f"{shape_text(shape)}",
            "name each axis, also that of the batch, or write ...",
        )
    if match["left"]:
        if count == 0:
            raise ShapeError(
                f"{match.string!r} leaves no axis for the batch, found {shape_text(shape)}",
                "... has to stand for the batch at least",
            )
        return (0, *shape[: count - 1])
    return shape[len(shape) - count :]


def _add(known: dict[str, int], letter: str, size: int, shape: Shape) -> None:
    """Take the size of an axis of the output, which may be that of the input."""
    if size == 0:
        raise ShapeError("a size in output_shape is 0", "write -1 for a size of the input")
    if size == -1:
        if letter not in known:
            raise ShapeError(
                f"the size of the output's axis {letter} is not known",
                "write it into output_shape; only an axis of the input can be -1",
            )
        return
    if known.setdefault(letter, size) != size:
        raise ShapeError(
            f"the axis {letter} is {known[letter]} in the input {shape_text(shape)} and {size} in "
            "output_shape",
            "an axis of the input keeps its size; -1 stands for it",
        )


def _bias(axes: str, output: str, known: Mapping[str, int], elided: int) -> Shape:
    """The shape of the bias: from the first of its axes to the last axis of the output."""
    unknown = [letter for letter in axes if letter not in output or letter not in known]
    if unknown or not axes:
        raise ShapeError(
            f"bias_axes {axes!r} are no axes of the output {output!r}",
            "name axes behind the batch, such as the last one",
        )
    behind = output[min(output.index(letter) for letter in axes) :]
    return (*(known[letter] if letter in axes else 1 for letter in behind), *(1,) * elided)


@lowers(EinsumDense, "keras")
def keras(layer: EinsumDense, node: ResolvedNode) -> Call:
    """`layers.EinsumDense`, told all sizes that are known."""
    product = layer.product(node.input_shape)
    elided = len(product.output) - len(layer.output_sizes)
    on_the_left = layer.equation.startswith("...")
    sizes = product.output[elided:] if on_the_left else product.output[: len(layer.output_sizes)]
    options: dict[str, Expression] = {}
    if layer.bias_axes is not None:
        options["bias_axes"] = layer.bias_axes
    return call(
        "layers.EinsumDense",
        layer.equation,
        output_shape=sizes,
        **options,
        **keras_options(layer),
        name=node.name,
    )


@lowers(EinsumDense, "torch")
def torch(layer: EinsumDense, node: ResolvedNode) -> TorchLayer:
    """`torch.einsum` with a kernel and a bias."""
    product = layer.product(node.input_shape)
    options: dict[str, Expression] = {} if product.bias is None else {"bias": product.bias}
    module = call(Name("EinsumDense", "torch/einsum"), layer.equation, product.kernel, **options)
    return TorchLayer(module=module, weights={"kernel": Name("kernel"), "bias": Name("bias")})
