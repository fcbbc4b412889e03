"""A layer with sugar to the layers that it stands for.

Placement is decided here, once, before any backend sees the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from samenet.layers import CATALOGUE
from samenet.layers.base import Layer, WeightedLayer, frozen

PLAIN: Mapping[str, Any] = {
    "activation": "linear",
    "batch_normalization": "none",
    "dropout": 0.0,
    "activity_regularizer": None,
}
"""The sugar of a layer that brings nothing along."""


def parts(layer: Layer, defaults: Mapping[str, Mapping[str, Any]]) -> Iterator[Layer]:
    """The layers that a layer stands for, itself first.

    Args:
        layer: a layer of the spec.
        defaults: the keys of a spec's `[defaults]`, by the type of layer.
    """
    if not isinstance(layer, WeightedLayer):
        yield layer
        return
    yield layer.model_copy(update=PLAIN)
    placement = layer.batch_normalization
    own = normalization(defaults)
    own = own if layer.trainable else frozen(own)
    if placement == "before_activation":
        yield own
    if layer.activation != "linear":
        yield CATALOGUE.validated({"type": "activation", "activation": layer.activation})
    if layer.activity_regularizer is not None:
        factors = layer.activity_regularizer.arguments()
        yield CATALOGUE.validated({**factors, "type": "activity_regularization"})
    if placement == "after_activation":
        yield own
    if layer.dropout:
        yield CATALOGUE.validated({"type": "dropout", "rate": layer.dropout})


def normalization(defaults: Mapping[str, Mapping[str, Any]]) -> Layer:
    """The batch normalization that a layer brings along."""
    keys = defaults.get("batch_normalization", {})
    return CATALOGUE.validated({**keys, "type": "batch_normalization"})
