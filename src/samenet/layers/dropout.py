"""Dropout: in training each element is zero with probability `rate`, else x / (1 - rate).

Both frameworks scale in training and do nothing in inference; their random streams differ, so
masks agree as distributions, not number by number.
Source: Srivastava et al. (2014), https://jmlr.org/papers/v15/srivastava14a.html;
https://keras.io/api/layers/regularization_layers/dropout/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.graph.ir import ResolvedNode
from samenet.layers.base import Layer
from samenet.lowering import TorchLayer, lowers
from samenet.schema import Rate


class Dropout(Layer):
    """Drops elements at random while training; the shape stays."""

    SUPPORTS_MASKING = True

    type: Literal["dropout"]
    rate: Rate = Field(description="The fraction that is dropped, 0 <= rate < 1.")


@lowers(Dropout, "keras")
def keras(layer: Dropout, node: ResolvedNode) -> Call:
    """`layers.Dropout` with a seed of its own, so that a run can be repeated."""
    seed = call(Name("derived_seed", "shared/random_numbers"), Name("SEED"), node.name)
    return call("layers.Dropout", layer.rate, seed=seed, name=node.name)


@lowers(Dropout, "torch")
def torch(layer: Dropout, node: ResolvedNode) -> TorchLayer:
    """`nn.Dropout`, which draws from PyTorch's generator (seeded by `train`)."""
    del node
    return TorchLayer(module=call("nn.Dropout", layer.rate))
