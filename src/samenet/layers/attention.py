"""Attention and AdditiveAttention: means of values, weighed by scores of queries and keys.

The weights are softmax(scores), where the scores of query q and key k are
q . k, times a scale          attention with `score_mode = "dot"` (Luong)
c sum tanh(scale (q + k))     attention with `score_mode = "concat"`
sum scale tanh(q + k)         additive_attention, with a scale for each feature (Bahdanau)
There are no projections. At padding of the values 1e9 is taken off the scores; what belongs to
padding of the queries becomes 0.
Source: Luong et al. (2015), https://arxiv.org/abs/1508.04025;
Bahdanau et al. (2015), https://arxiv.org/abs/1409.0473;
https://keras.io/api/layers/attention_layers/attention/
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Binary, Call, Expression, List, Name, Slice, call, index
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, Weight, shape_text
from samenet.layers.base import TrainableLayer
from samenet.lowering import KerasLayer, TorchLayer, lowers
from samenet.schema import Rate, kind_of

HELPERS = "torch/attention"


class PlainAttention(TrainableLayer):
    """Attention without projections: (N, T, dim), (N, S, size), (N, S, dim) to (N, T, size).

    The inputs are query, value and key; two inputs are query and value, which is the key too.
    """

    ARITY = (2, 3)
    SUPPORTS_MASKING = True
    USES_MASKS = True

    dropout: Rate = Field(0.0, description="The fraction of the attention dropped in training.")
    use_causal_mask: bool = Field(
        False, description="Whether a query looks only at its own position and those before it."
    )

    def output_shape(self, *inputs: Shape) -> Shape:
        kind = kind_of(type(self))
        for shape in inputs:
            if len(shape) != 2:
                raise ShapeError(
                    f"{kind} takes shapes (N, steps, features), found {shape_text(shape)}",
                    "each input is a sequence of vectors",
                )
        query, value, key = inputs[0], inputs[1], inputs[-1]
        if query[1] != key[1] or value[0] != key[0]:
            raise ShapeError(
                f"{kind} compares queries {shape_text(query)} with keys {shape_text(key)}, one for "
                f"each value {shape_text(value)}",
                "the inputs are query, value and key, in this order; the first and the last need "
                "vectors of one length",
            )
        return (query[0], value[1])

    def multiply_adds(self, *inputs: Shape) -> int:
        query, value = inputs[:2]
        return query[0] * value[0] * (query[1] + value[1])


class Attention(PlainAttention):
    """Attention by products of queries and keys, or by tanh of their sums."""

    type: Literal["attention"]
    use_scale: bool = Field(False, description="Whether the scores have a trained factor.")
    score_mode: Literal["dot", "concat"] = Field(
        "dot", description="Whether scores are products, or come from sums."
    )

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        del inputs
        scale = (Weight("scale", (), "ones"),) if self.use_scale else ()
        concat = Weight("concat_score_weight", (), "ones")
        return (*scale, concat) if self.score_mode == "concat" else scale


class AdditiveAttention(PlainAttention):
    """Attention by tanh of the sums of queries and keys."""

    type: Literal["additive_attention"]
    use_scale: bool = Field(True, description="Whether each feature has a trained factor.")

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        scale = Weight("scale", inputs[0][-1:], "glorot_uniform")
        return (scale,) if self.use_scale else ()


@lowers(Attention, "keras")
@lowers(AdditiveAttention, "keras")
def keras(layer: Attention | AdditiveAttention, node: ResolvedNode) -> KerasLayer:
    """`layers.Attention` or `layers.AdditiveAttention`."""
    options: dict[str, Expression] = {
        key: getattr(layer, key)
        for key in ("use_scale", "score_mode", "dropout")
        if key in type(layer).model_fields
        and getattr(layer, key) != type(layer).model_fields[key].default
    }
    if layer.dropout:
        seed = Name("derived_seed", "shared/random_numbers")
        options["seed"] = call(seed, Name("SEED"), node.name)

    def applied(constructor: Call, *inputs: Expression) -> Call:
        causal: dict[str, Expression] = {"use_causal_mask": True} if layer.use_causal_mask else {}
        return call(constructor, List(inputs), **causal)

    constructor = call(f"layers.{type(layer).__name__}", **options, name=node.name)
    return KerasLayer(constructor, applied)


@lowers(Attention, "torch")
@lowers(AdditiveAttention, "torch")
def torch(layer: Attention | AdditiveAttention, node: ResolvedNode) -> TorchLayer:
    """PyTorch's fused kernel for plain products, else a module."""
    if isinstance(layer, Attention) and not (layer.weights() or node.masked or layer.dropout):
        causal = {"is_causal": True} if layer.use_causal_mask else {}
        return TorchLayer(function=partial(fused, **causal))
    options: dict[str, Expression] = {"dropout": layer.dropout} if layer.dropout else {}
    if isinstance(layer, Attention):
        options |= {"scale": True} if layer.use_scale else {}
        options |= {"concat": True} if layer.score_mode == "concat" else {}
        sizes: tuple[int, ...] = ()
    else:
        options |= {} if layer.use_scale else {"scale": False}
        sizes = node.input_shape[-1:]

    def applied(
        module: Name, *inputs: Expression, masks: tuple[Expression, ...] = ()
    ) -> Expression:
        return call(module, *inputs, **mask_options(inputs, masks, causal=layer.use_causal_mask))

    return TorchLayer(
        module=call(Name(type(layer).__name__, HELPERS), *sizes, **options),
        function=applied,
        weights={
            "scale": Name("scale"),
            "concat_score_weight": Name("concat_score_weight"),
        },
    )


def fused(
    query: Expression,
    value: Expression,
    *key: Expression,
    masks: tuple[Expression, ...] = (),
    **options: Expression,
) -> Expression:
    """The function of PyTorch that weighs values by products, without its factor."""
    del masks  # at most that of the key, which plays no part
    function = "F.scaled_dot_product_attention"
    return call(function, query, *(key or (value,)), value, **options, scale=1.0)


def mask_options(
    inputs: Sequence[Expression], masks: tuple[Expression, ...], *, causal: bool
) -> dict[str, Expression]:
    """What the module is told of padding and of values behind a query."""
    query_mask, value_mask = masks[:2] or (None, None)
    options: dict[str, Expression] = {}
    mask = None if value_mask is None else index(value_mask, Slice(), None)
    if causal:
        behind = call(Name("causal_mask", HELPERS), *inputs[:2])
        mask = behind if mask is None else Binary(mask, "&", behind)
    if mask is not None:
        options["mask"] = mask
    if query_mask is not None:
        options["query_mask"] = query_mask
    return options
