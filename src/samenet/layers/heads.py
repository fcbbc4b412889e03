"""What attention with several heads has in common: masks, projections, the PyTorch module.

A head projects queries, keys and values with kernels of its own, and gives each query the mean of
the values, weighed with softmax(q k / sqrt(size of a key)); a last projection joins the heads.

Masks say True where a query may look at a value. Those that come with the inputs, the causal one,
the window and `attention_mask` all have to agree. A query that may look nowhere gets the mean of
all values in Keras, but zeros where `dropout` is above 0 or the inputs have a further axis; the
PyTorch program does as Keras does.
Source: Vaswani et al. (2017), https://arxiv.org/abs/1706.03762
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import reduce

from pydantic import Field

from samenet.codegen.expression import Binary, Call, Expression, Name, Slice, call, index, method
from samenet.constraints import Constraint
from samenet.graph.ir import DType, ResolvedNode, Shape, ShapeError, Weight, shape_text
from samenet.initializers import Initializer, with_fans
from samenet.layers.axes import check_bias
from samenet.layers.base import TrainableLayer
from samenet.lowering import KerasLayer
from samenet.regularizers import Regularizer
from samenet.schema import Count, Rate, References, kind_of
from samenet.weight_rules import keras_options

HELPERS = "torch/attention"


class HeadAttention(TrainableLayer):
    """Attention with projections; a subclass says how large they are."""

    ARITY = (1, 3)
    REFERENCES = ("attention_mask",)
    SUPPORTS_MASKING = True
    USES_MASKS = True
    INTEGERS = "takes"

    dropout: Rate = Field(0.0, description="The fraction of the attention dropped in training.")
    use_bias: bool = Field(True, description="Whether the projections add a bias.")
    use_gate: bool = Field(
        False, description="Whether the heads are multiplied by a sigmoid of the query."
    )
    sliding_window: Count | None = Field(
        None, description="How far a query looks: to positions nearer than this; else everywhere."
    )
    use_causal_mask: bool = Field(
        False, description="Whether a query looks only at its own position and those before it."
    )
    attention_mask: References | None = Field(
        None,
        description="The layer or input that says where a query may look, not 0 for yes: "
        "(N, queries, values).",
    )
    kernel_initializer: Initializer = Field("glorot_uniform", description="Of the kernels.")
    bias_initializer: Initializer = Field("zeros", description="Of the biases.")
    kernel_regularizer: Regularizer | None = Field(
        None, description="What the kernels add to the loss."
    )
    bias_regularizer: Regularizer | None = Field(
        None, description="What the biases add to the loss."
    )
    kernel_constraint: Constraint | None = Field(
        None, description="What the kernels are brought to after each step."
    )
    bias_constraint: Constraint | None = Field(
        None, description="What the biases are brought to after each step."
    )

    # Inputs

    def roles(self, inputs: Sequence[Shape]) -> tuple[Shape, Shape, Shape]:
        """The shapes of query, value and key; what is not given is the one before it."""
        given = list(inputs[: len(inputs) - len(self.attention_mask or ())])
        query, value, key = given + given[-1:] * (3 - len(given))
        return query, value, key

    def check(self, inputs: Sequence[Shape]) -> None:
        """Queries, values, keys and mask have to fit.

        Raises:
            ShapeError: they do not.
        """
        query, value, key = self.roles(inputs)
        kind = kind_of(type(self))
        for role, shape in (("query", query), ("value", value), ("key", key)):
            if len(shape) != len(query) or len(shape) < 2:
                raise ShapeError(
                    f"{kind} takes shape (N, steps, features), found the {role} "
                    f"{shape_text(shape)}",
                    "each input is a sequence of vectors",
                )
        if value[:-1] != key[:-1]:
            raise ShapeError(
                f"{kind} needs a key for each value, found the values {shape_text(value)} and "
                f"the keys {shape_text(key)}",
                "the inputs are query, value and key, in this order",
            )
        if self.attention_mask is not None:
            self.check_mask(inputs[-1], query, value)

    def check_mask(self, mask: Shape, query: Shape, value: Shape) -> None:
        """The mask is one for all heads or one for each."""
        wanted = (self.heads, query[0], value[0])[-len(mask) :]
        fits = len(mask) in (2, 3) and all(
            size in (1, other) for size, other in zip(mask, wanted, strict=True)
        )
        if len(self.attention_mask or ()) != 1 or len(query) != 2 or not fits:
            raise ShapeError(
                f"the attention_mask has to be one of shape "
                f"{shape_text((query[0], value[0]))}, found {shape_text(mask)}",
                "it says for each query and each value whether the one may look at the other",
            )

    def output_dtype(self, *inputs: DType) -> DType:
        given = inputs[: len(inputs) - len(self.attention_mask or ())]
        if "int" in given:
            raise ShapeError(
                f"{kind_of(type(self))} takes numbers, and input {given.index('int') + 1} holds "
                "whole numbers",
                'put an embedding before it, or set dtype = "float32" in the input',
            )
        return "float"

    # Weights

    @property
    def heads(self) -> int:
        """How many heads there are."""
        raise NotImplementedError

    def projections(self, *inputs: Shape) -> Mapping[str, tuple[Shape, Shape]]:
        """For each projection, in Keras' order, what it reads of a vector and what it makes."""
        raise NotImplementedError

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        weights: list[Weight] = []
        query, value, _ = (shape[:-1] for shape in self.roles(inputs))
        for name, (reads, makes) in self.projections(*inputs).items():
            if self.use_bias:
                steps = value if name in ("key", "value") else query
                check_bias(kind_of(type(self)), (*steps, *makes), makes)
            axes = range(len(reads) + len(makes))
            kernel = with_fans(
                self.kernel_initializer, tuple(axes[: len(reads)]), tuple(axes[len(reads) :])
            )
            weights.append(
                Weight(
                    f"{name}/kernel",
                    (*reads, *makes),
                    kernel,
                    regularizer=self.kernel_regularizer,
                    constraint=self.kernel_constraint,
                )
            )
            if self.use_bias:
                bias = Weight(
                    f"{name}/bias",
                    makes,
                    self.bias_initializer,
                    regularizer=self.bias_regularizer,
                    constraint=self.bias_constraint,
                )
                weights.append(bias)
        return tuple(weights)

    def projection_costs(self, *inputs: Shape) -> int:
        """The multiplications of all projections."""
        query, value, _ = (math.prod(shape[:-1]) for shape in self.roles(inputs))
        return sum(
            (value if name in ("key", "value") else query) * math.prod(reads) * math.prod(makes)
            for name, (reads, makes) in self.projections(*inputs).items()
        )


# Keras


def keras_attention(
    layer: HeadAttention, node: ResolvedNode, kind: str, **sizes: Expression
) -> KerasLayer:
    """A layer of Keras with heads, applied to query, value and key.

    Args:
        layer: the layer.
        node: its place.
        kind: the name of Keras' class.
        sizes: its first arguments.
    """
    options: dict[str, Expression] = {
        key: getattr(layer, key)
        for key in ("use_bias", "use_gate", "sliding_window", "dropout")
        if getattr(layer, key) != type(layer).model_fields[key].default
    }
    if layer.dropout:
        seed = Name("derived_seed", "shared/random_numbers")
        options["seed"] = call(seed, Name("SEED"), node.name)
    constructor = call(kind, **sizes, **options, **keras_options(layer), name=node.name)

    def applied(
        constructor: Call, *inputs: Expression, attention_mask: tuple[Expression, ...] = ()
    ) -> Call:
        keywords: dict[str, Expression] = {}
        for mask in attention_mask:
            keywords["attention_mask"] = mask
        if layer.use_causal_mask:
            keywords["use_causal_mask"] = True
        return call(constructor, *query_and_value(inputs), **keywords)

    return KerasLayer(constructor, applied)


def query_and_value(inputs: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """The inputs; one alone is both query and value."""
    return inputs * 2 if len(inputs) == 1 else inputs


# PyTorch


def torch_weights(layer: HeadAttention, node: ResolvedNode) -> dict[str, Expression]:
    """The views of the weights: kernels transposed, heads and outputs as axes of their own."""
    views: dict[str, Expression] = {}
    for name, (reads, makes) in layer.projections(*node.input_shapes).items():
        kernel: Expression = Name(f"{name}.weight.T")
        bias: Expression = Name(f"{name}.bias")
        if len(makes) > 1:
            kernel = method(kernel, "unflatten", 1, makes)
            bias = method(bias, "unflatten", 0, makes)
        if len(reads) > 1:
            kernel = method(kernel, "unflatten", 0, reads)
        views[f"{name}/kernel"] = kernel
        if layer.use_bias:
            views[f"{name}/bias"] = bias
    return views


def torch_options(layer: HeadAttention) -> dict[str, Expression]:
    """The arguments of the PyTorch module that are not the defaults."""
    options: dict[str, Expression] = {} if layer.use_bias else {"bias": False}
    options |= {"gate": True} if layer.use_gate else {}
    return options | ({"dropout": layer.dropout} if layer.dropout else {})


def mask_arguments(
    layer: HeadAttention,
    inputs: Sequence[Expression],
    masks: Sequence[Expression],
    given: Sequence[Expression],
    mask_rank: int,
) -> dict[str, Expression]:
    """What the PyTorch module is told of where queries may look.

    Args:
        layer: the layer.
        inputs: query, value and key, as far as given.
        masks: the masks that come with these, or None for each.
        given: the `attention_mask`, if there is one.
        mask_rank: its rank with the batch.
    """
    query, value = inputs[0], inputs[min(1, len(inputs) - 1)]
    parts: list[Expression] = []
    if given:
        parts.append(method(given[0], "bool"))
    # One input is query and value; the mask of a key counts only where one is given.
    roles = [*masks[: len(inputs)], *masks[:1]] if len(inputs) == 1 else masks[: len(inputs)]
    for position, mask in enumerate(roles):
        if mask is not None:
            items = (Slice(), Slice(), None) if position == 0 else (Slice(), None)
            parts.append(index(mask, *items))
    if layer.sliding_window is not None:
        parts.append(call(Name("window_mask", HELPERS), query, value, layer.sliding_window))
    if not parts:
        return {"causal": True} if layer.use_causal_mask else {}
    if layer.use_causal_mask:
        parts.append(call(Name("causal_mask", HELPERS), query, value))
    both = reduce(lambda one, other: Binary(one, "&", other), parts)
    if given and mask_rank == 4:
        return {"mask": both}
    # One mask for all heads.
    batched = bool(given) or any(mask is not None for mask in roles)
    return {"mask": index(both, Slice(), None) if batched else both}
