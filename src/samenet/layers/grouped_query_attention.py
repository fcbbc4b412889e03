"""GroupedQueryAttention: several heads of queries share one head of keys and values.

The query heads g n ... g n + g - 1 look at the n-th head of keys and values, in both frameworks.
See `heads` for the mathematics and the masks.
Source: Ainslie et al. (2023), https://arxiv.org/abs/2305.13245;
https://keras.io/api/layers/attention_layers/group_query_attention/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Expression, Name, call
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


class GroupedQueryAttention(HeadAttention):
    """Attention of queries (N, T, features) to values and keys (N, S, features).

    The inputs are query, value and key; one input alone attends to itself. The output is
    (N, T, features).
    """

    type: Literal["grouped_query_attention"]
    head_dim: Count = Field(description="The size of a query, a key and a value in each head.")
    num_query_heads: Count = Field(description="How many heads of queries there are.")
    num_key_value_heads: Count = Field(
        description="How many heads of keys and values there are, a divisor of num_query_heads."
    )

    @property
    def heads(self) -> int:
        return self.num_query_heads

    def output_shape(self, *inputs: Shape) -> Shape:
        if self.num_query_heads % self.num_key_value_heads:
            raise ShapeError(
                f"{self.num_query_heads} heads of queries cannot share "
                f"{self.num_key_value_heads} heads of keys and values equally",
                "choose a divisor of num_query_heads as num_key_value_heads",
            )
        self.check(inputs)
        query, value, _ = self.roles(inputs)
        if len(query) != 2 or query[-1] != value[-1]:
            raise ShapeError(
                "grouped_query_attention takes shapes (N, steps, features) with equal features, "
                f"found the query {shape_text(query)} and the value {shape_text(value)}",
                "project one of them with a dense layer before",
            )
        return query

    def projections(self, *inputs: Shape) -> Mapping[str, tuple[Shape, Shape]]:
        query, value, key = self.roles(inputs)
        one = (self.num_query_heads, self.head_dim)
        shared = (self.num_key_value_heads, self.head_dim)
        gate = {"gate": (query[-1:], one)} if self.use_gate else {}
        return {
            "query": (query[-1:], one),
            "key": (key[-1:], shared),
            **gate,
            "value": (value[-1:], shared),
            "attention_output": (one, query[-1:]),
        }

    def multiply_adds(self, *inputs: Shape) -> int:
        query, value, _ = self.roles(inputs)
        pairs = query[0] * value[0]
        return self.projection_costs(*inputs) + pairs * self.num_query_heads * 2 * self.head_dim


@lowers(GroupedQueryAttention, "keras")
def keras(layer: GroupedQueryAttention, node: ResolvedNode) -> KerasLayer:
    """`layers.GroupQueryAttention`."""
    return keras_attention(
        layer,
        node,
        "layers.GroupQueryAttention",
        head_dim=layer.head_dim,
        num_query_heads=layer.num_query_heads,
        num_key_value_heads=layer.num_key_value_heads,
    )


@lowers(GroupedQueryAttention, "torch")
def torch(layer: GroupedQueryAttention, node: ResolvedNode) -> TorchLayer:
    """The helper of multi_head_attention with fewer heads of keys and values."""
    query, value, key = layer.roles(node.input_shapes)
    sizes: dict[str, Expression] = {
        "num_heads": layer.num_query_heads,
        "key_dim": layer.head_dim,
        "key_value_heads": layer.num_key_value_heads,
    }
    if key[-1] != value[-1]:
        sizes["key_features"] = key[-1]
    module = call(Name("MultiHeadAttention", HELPERS), query[-1], **sizes, **torch_options(layer))

    def applied(
        module: Name,
        *inputs: Expression,
        attention_mask: tuple[Expression, ...] = (),
        masks: tuple[Expression, ...] = (),
    ) -> Expression:
        known = masks or (None,) * len(inputs)
        rank = len(node.input_shapes[-1]) + 1
        mask = mask_arguments(layer, inputs, known, attention_mask, rank)
        return call(module, *query_and_value(inputs), **mask)

    return TorchLayer(module=module, function=applied, weights=torch_weights(layer, node))
