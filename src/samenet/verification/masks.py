"""The same draws for the random layers of every framework.

No two frameworks draw the same random numbers. Here each call of a layer in training gets a mask
that depends on the layer and the number of the call alone, drawn once in Keras' layout.
Source: Srivastava et al. (2014), https://jmlr.org/papers/v15/srivastava14a.html
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from samenet.graph.ir import ResolvedGraph, ResolvedNode, Shape
from samenet.layers.dropout import Dropout, SpatialDropout

QUIET = "dropout", "recurrent_dropout", "stddev"
"""Keys that make a layer random where they are above 0."""


def maskable(graph: ResolvedGraph) -> list[ResolvedNode]:
    """The layers that multiply by masks, which can be shared, in the order of evaluation."""
    return [
        node
        for node in graph.nodes
        if isinstance(node.layer, Dropout | SpatialDropout)
        and node.layer.rate > 0
        and node.share is None
    ]


def other_random(graph: ResolvedGraph) -> Iterator[ResolvedNode]:
    """Layers that draw random numbers in training in ways that cannot be shared."""
    shared = {node.name for node in maskable(graph)}
    for node in graph.nodes:
        rate = getattr(node.layer, "rate", 0)
        named = any(getattr(node.layer, key, 0) for key in QUIET)
        augments = node.kind.startswith("random_")
        drops = rate > 0 and "dropout" in node.kind
        if node.share is None and node.name not in shared and (named or augments or drops):
            yield node


def mask(node: ResolvedNode, number: int, shape: Shape, seed: int) -> np.ndarray:
    """What a layer multiplies its input by in a call: 0, or 1 / (1 - rate).

    Args:
        node: the layer.
        number: which of its calls in training it is, counted from 0.
        shape: of its input with the batch, in Keras' layout.
        seed: of all masks.
    """
    layer = node.layer
    drawn = list(shape)
    if isinstance(layer, SpatialDropout):
        drawn[1:-1] = [1] * (len(shape) - 2)
    elif isinstance(layer, Dropout) and layer.noise_shape is not None:
        each = len(layer.noise_shape) == len(shape) - 1
        drawn = [shape[0], *layer.noise_shape] if each else list(layer.noise_shape)
    rate: float = getattr(layer, "rate", 0.0)
    random = np.random.default_rng([seed, number, *node.name.encode()])
    kept = random.random(drawn) >= rate
    return np.broadcast_to(kept / (1.0 - rate), shape)
