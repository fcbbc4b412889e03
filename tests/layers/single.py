"""One layer alone: what it computes of given numbers, and how validation refuses it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

import samenet
from samenet import runtime
from samenet.diagnostics import Code
from samenet.lowering import Backend
from tests.layers.harness import build, spec_of, without_mask


def outputs(
    layer: Mapping[str, Any],
    x: np.ndarray,
    weights: Mapping[str, np.ndarray],
    backend: Backend,
) -> np.ndarray:
    """What a layer computes of a batch with weights by their names, in inference."""
    model = build(spec_of(layer, x.shape[1:]), backend)
    runtime.set_weights(
        model, backend, {f"{layer['type']}/{name}": w for name, w in weights.items()}
    )
    if backend == "keras":
        return model(x, training=False).numpy()
    torch = importlib.import_module("torch")
    with torch.no_grad():
        return without_mask(model.eval()(torch.from_numpy(x))).numpy()


def refusal(layer: Mapping[str, Any], shape: tuple[int, ...]) -> str:
    """The only diagnostic of a layer that cannot take an input: message and hint."""
    spec = {
        "version": 1,
        "input": {"shape": shape},
        "layers": [layer],
        "optimizer": {"type": "sgd"},
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
    }
    (diagnostic,) = samenet.validate(spec)
    assert diagnostic.code is Code.SHAPE
    return f"{diagnostic.message}: {diagnostic.hint}"


def count_up(*shape: int) -> np.ndarray:
    """1, 2, 3, ... in a shape, as the tests of TensorFlow have it."""
    return np.arange(1.0, np.prod(shape) + 1).reshape(shape)
