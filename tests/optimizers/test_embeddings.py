"""Training with tokens that stand in a batch twice, of which TensorFlow gives two gradients.

Squares, norms and signs of two gradients are not those of their sum, so a Keras optimizer that gets
rows takes other steps; SGD without clipping alone does not mind.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import samenet
from samenet.lowering import BACKENDS
from tests.equivalence.differences import within

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "adam": {"type": "adam"},
    "rmsprop": {"type": "rmsprop", "centered": True},
    "lion": {"type": "lion"},
    "sgd": {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9},
    "clipped": {"type": "sgd", "learning_rate": 0.1, "global_clipnorm": 0.01},
    "collected": {"type": "adagrad", "gradient_accumulation_steps": 2},
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_with_repeated_tokens(name, float64):
    spec = {
        "version": 1,
        "input": {"shape": [6], "dtype": "int32"},
        "layers": [
            {"type": "embedding", "input_dim": 9, "output_dim": 4},
            {"type": "flatten"},
            {"type": "dense", "units": 1},
        ],
        "optimizer": OPTIMIZERS[name],
        "training": {"loss": "mean_squared_error", "epochs": 3, "batch_size": 8},
        "data": {"source": "arrays"},
    }
    random = np.random.default_rng(5)
    data = random.integers(0, 9, (40, 6)), random.normal(size=(40, 1))
    keras, torch = (samenet.train(spec, backend, data=data) for backend in BACKENDS)
    for path, expected in keras.weights().items():
        within(1e-12, torch.weights()[path], expected, path)
    within(1e-12, torch.history["loss"], keras.history["loss"])
