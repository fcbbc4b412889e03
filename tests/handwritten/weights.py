"""The weights of the hand-written networks by the names and in the layouts of a spec.

The mapping is written here a second time, independently of samenet's: Keras' layers list their
weights in a fixed order, PyTorch's have attributes, and a Linear's weight is the transposed kernel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

PARTS = {
    "Dense": ("kernel", "bias"),
    "Linear": ("kernel", "bias"),
    "BatchNormalization": ("gamma", "beta", "moving_mean", "moving_variance"),
    "BatchNorm1d": ("gamma", "beta", "moving_mean", "moving_variance"),
}


def live(model: Any) -> dict[str, Any]:
    """The weights of a network of either framework, in Keras' layouts, to read and to change."""
    return {path: weight for path, weight in _named(model)}


def read(model: Any) -> dict[str, np.ndarray]:
    """Copies of the weights."""
    return {path: _array(weight).copy() for path, weight in live(model).items()}


def write(model: Any, values: Mapping[str, np.ndarray]) -> None:
    """Give a network its weights; all of them, and no others."""
    weights = live(model)
    assert weights.keys() == values.keys()
    for path, weight in weights.items():
        assert tuple(weight.shape) == values[path].shape, path
        if hasattr(weight, "assign"):
            weight.assign(values[path])
        else:
            weight.copy_(weight.new_tensor(values[path]))


def _named(model: Any) -> Iterator[tuple[str, Any]]:
    count, dense = 0, ""
    for layer in getattr(model, "layers", None) or model:
        parts = PARTS.get(type(layer).__name__)
        if parts is None:
            continue
        if len(parts) == 2:
            name = dense = f"dense_{count}" if count else "dense"
            count += 1
        else:  # the normalization of the dense layer before it
            name = f"{dense}_batch_normalization"
        for part, weight in zip(parts, _weights(layer), strict=True):
            yield f"{name}/{part}", weight


def _weights(layer: Any) -> list[Any]:
    if hasattr(layer, "weights"):
        return layer.weights
    if type(layer).__name__ == "Linear":
        return [layer.weight.detach().T, layer.bias.detach()]
    return [
        layer.weight.detach(),
        layer.bias.detach(),
        layer.running_mean,
        layer.running_var,
    ]


def _array(weight: Any) -> np.ndarray:
    return np.asarray(weight.numpy())
