"""MultiHeadAttention: several heads of attention with projections of their own.

In PyTorch the helper calls `scaled_dot_product_attention`; `nn.MultiheadAttention` ties the size of
a head to the number of features and forbids where its mask is True. See `heads` for the mathematics
and the masks.
Source: https://keras.io/api/layers/attention_layers/multi_head_attention/
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from samenet.codegen.expression import Expression, Name, call, method
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, shape_text
from samenet.layers.heads import (
    HELPERS,
    HeadAttention,
    keras_attention,
    mask_arguments,
    query_and_value,
    torch_options,
    torch_weights,
)
from samenet.lowering import KerasLayer, TorchLayer, lowers
from samenet.schema import Count


def _alone(value: Any) -> Any:
    return (value,) if type(value) is int else value


Sizes = Annotated[tuple[Count, ...], Field(min_length=1), BeforeValidator(_alone)]
Axes = Annotated[tuple[int, ...], Field(min_length=1), BeforeValidator(_alone)]


class MultiHeadAttention(HeadAttention):
    """Attention of queries (N, T, features) to values and keys (N, S, ...): (N, T, features).

    The inputs are query, value and key; one input alone attends to itself.
    """

    type: Literal["multi_head_attention"]
    num_heads: Count = Field(description="How many heads there are.")
    key_dim: Count = Field(description="The size of a query and a key in each head.")
    value_dim: Count | None = Field(
        None, description="The size of a value in each head; by default as key_dim."
    )
    # Layer has a method of Keras' name for it.
    output_sizes: Sizes | None = Field(
        None,
        alias="output_shape",
        description="The shape of an output; by default the size of a query before projection.",
    )
    attention_axes: Axes | None = Field(
        None,
        description="The axes (0 is the batch) along which it attends; by default all between "
        "the batch and the features.",
    )

    @property
    def heads(self) -> int:
        return self.num_heads

    def output_shape(self, *inputs: Shape) -> Shape:
        self.check(inputs)
        query, value, _ = self.roles(inputs)
        axes = self.axes(query)
        if any(
            size != other
            for axis, (size, other) in enumerate(zip(query[:-1], value[:-1], strict=True), 1)
            if axis not in axes
        ):
            raise ShapeError(
                f"query and value differ in an axis along which there is no attention: "
                f"{shape_text(query)} and {shape_text(value)}",
                "make these axes equal, or name them in attention_axes",
            )
        return (*query[:-1], *(self.output_sizes or query[-1:]))

    def axes(self, query: Shape) -> tuple[int, ...]:
        """The axes along which it attends, counted with the batch from 0.

        Raises:
            ShapeError: there is no such axis, or what else is said does not go with it.
        """
        rank = len(query) + 1
        if self.attention_axes is None:
            axes = tuple(range(1, rank - 1))
        else:
            axes = tuple(axis if axis >= 0 else rank + axis for axis in self.attention_axes)
        if not all(0 < axis < rank - 1 for axis in axes) or len(set(axes)) < len(axes):
            raise ShapeError(
                f"attention_axes {list(self.attention_axes or ())} are no axes between batch and "
                f"features of {shape_text(query)}",
                f"choose of 1 to {rank - 2}, each once",
            )
        if (self.use_causal_mask or self.sliding_window) and axes != (1,):
            raise ShapeError(
                "use_causal_mask and sliding_window need a single axis of attention, the first, "
                f"found {list(axes)}",
                "set attention_axes = 1",
            )
        return axes

    def mask_needed(self, inputs: Sequence[Shape]) -> Sequence[Shape | None]:
        return [shape[:-1] for shape in inputs]

    def check_masks(self, inputs: Sequence[Shape], masks: Sequence[Shape | None]) -> None:
        super().check_masks(inputs, masks)
        rank = len(inputs[0])
        if any(mask is not None for mask in masks) and not (
            rank == 2 or (rank == 3 and self.axes(inputs[0]) == (2,))
        ):
            raise ShapeError(
                f"Keras' multi_head_attention cannot take a mask with an input "
                f"{shape_text(inputs[0])} and attention along the axes {self.axes(inputs[0])}",
                "with a mask, it takes (N, steps, features), or one axis more and "
                "attention_axes = 2",
            )

    def keeps_form(self, first: Sequence[Shape], inputs: Sequence[Shape]) -> bool:
        return len(first[0]) == len(inputs[0])

    def projections(self, *inputs: Shape) -> Mapping[str, tuple[Shape, Shape]]:
        query, value, key = self.roles(inputs)
        keys = (self.num_heads, self.key_dim)
        values = (self.num_heads, self.value_dim or self.key_dim)
        gate = {"gate": (query[-1:], values)} if self.use_gate else {}
        return {
            "query": (query[-1:], keys),
            "key": (key[-1:], keys),
            **gate,
            "value": (value[-1:], values),
            "attention_output": (values, self.output_sizes or query[-1:]),
        }

    def multiply_adds(self, *inputs: Shape) -> int:
        query, value, _ = self.roles(inputs)
        positions = math.prod(query[:-1]) * math.prod(value[axis - 1] for axis in self.axes(query))
        sizes = self.key_dim + (self.value_dim or self.key_dim)
        return self.projection_costs(*inputs) + positions * self.num_heads * sizes


@lowers(MultiHeadAttention, "keras")
def keras(layer: MultiHeadAttention, node: ResolvedNode) -> KerasLayer:
    """`layers.MultiHeadAttention`."""
    sizes: dict[str, Expression] = {"num_heads": layer.num_heads, "key_dim": layer.key_dim}
    if layer.value_dim is not None:
        sizes["value_dim"] = layer.value_dim
    if layer.output_sizes is not None:
        sizes["output_shape"] = layer.output_sizes
    if layer.attention_axes is not None:
        sizes["attention_axes"] = layer.attention_axes
    return keras_attention(layer, node, "layers.MultiHeadAttention", **sizes)


@lowers(MultiHeadAttention, "torch")
def torch(layer: MultiHeadAttention, node: ResolvedNode) -> TorchLayer:
    """A helper with Keras' projections; sequences of a higher rank are folded into batches."""
    shapes = node.input_shapes
    query, value, key = layer.roles(shapes)
    axes = layer.axes(query)
    sizes: dict[str, Expression] = {"num_heads": layer.num_heads, "key_dim": layer.key_dim}
    if layer.value_dim not in (None, layer.key_dim):
        sizes["value_dim"] = layer.value_dim
    if value[-1] != query[-1]:
        sizes["value_features"] = value[-1]
    if key[-1] != value[-1]:
        sizes["key_features"] = key[-1]
    outputs = layer.output_sizes or query[-1:]
    if math.prod(outputs) != query[-1]:
        sizes["outputs"] = math.prod(outputs)
    if axes != (1,) and any(node.masks):
        sizes["zeros_for_nowhere"] = True
    module = call(Name("MultiHeadAttention", HELPERS), query[-1], **sizes, **torch_options(layer))

    def applied(
        module: Name,
        *inputs: Expression,
        attention_mask: tuple[Expression, ...] = (),
        masks: tuple[Expression, ...] = (),
    ) -> Expression:
        known = folded_masks(masks, len(query)) or (None,) * len(inputs)
        mask = mask_arguments(layer, inputs, known, attention_mask, len(shapes[-1]) + 1)
        given = query_and_value(inputs)
        if len(query) == 2:
            y: Expression = call(module, *given, **mask)
        else:
            fold, unfold = Name("folded", HELPERS), Name("unfolded", HELPERS)
            y = call(module, *(call(fold, x, axes) for x in given), **mask)
            y = call(unfold, y, *given[:1], axes)
        return method(y, "unflatten", -1, outputs) if len(outputs) > 1 else y

    return TorchLayer(module=module, function=applied, weights=torch_weights(layer, node))


def folded_masks(masks: tuple[Expression, ...], rank: int) -> tuple[Expression, ...]:
    """The masks of inputs that are folded into batches; of each axis but the last one."""
    if rank == 2 or not any(mask is not None for mask in masks):
        return masks
    return tuple(mask if mask is None else method(mask, "flatten", 0, -2) for mask in masks)
