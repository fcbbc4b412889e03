"""Regularizers and constraints in whole trainings: the same loss and the same steps in both."""

from __future__ import annotations

import numpy as np
import pytest

import samenet
from samenet.lowering import BACKENDS

# Measured: 9e-16 in the losses, 4e-16 in the weights.
TOLERANCE = 1e-13

HIDDEN = {"type": "dense", "units": 8, "activation": "tanh"}

CASES = {
    "kernel and bias": [
        {**HIDDEN, "kernel_regularizer": "l1", "bias_regularizer": {"type": "l2", "l2": 0.3}},
        {"type": "dense", "units": 1},
    ],
    "one regularizer for every kernel": [
        {**HIDDEN, "kernel_regularizer": {"type": "l1_l2", "l1": 0.01, "l2": 0.02}},
        {
            "type": "dense",
            "units": 1,
            "kernel_regularizer": {"type": "l1_l2", "l1": 0.01, "l2": 0.02},
        },
    ],
    "orthogonal": [
        {**HIDDEN, "kernel_regularizer": {"type": "orthogonal", "mode": "columns"}},
        {"type": "dense", "units": 1},
    ],
    "outputs": [
        {**HIDDEN, "activity_regularizer": {"type": "l2", "l2": 0.5}},
        {"type": "activity_regularization", "l1": 0.1},
        {"type": "dense", "units": 1},
    ],
    "outputs of a layer that is shared": [
        {**HIDDEN, "name": "first", "units": 6, "activity_regularizer": "l1"},
        {"share": "first"},
        {"type": "dense", "units": 1},
    ],
    "constraints": [
        {**HIDDEN, "kernel_constraint": {"type": "max_norm", "max_value": 0.8}},
        {**HIDDEN, "kernel_constraint": "unit_norm", "bias_constraint": "non_neg"},
        {
            "type": "dense",
            "units": 1,
            "kernel_constraint": {"type": "min_max_norm", "min_value": 0.9, "rate": 0.5},
        },
    ],
    "all together": [
        {
            **HIDDEN,
            "kernel_regularizer": "l2",
            "activity_regularizer": "l1",
            "kernel_constraint": {"type": "max_norm", "max_value": 0.8},
            "batch_normalization": "before_activation",
            # The gradient of a bias in front of it is rounding noise, which Adam makes steps of.
            "use_bias": False,
        },
        {"type": "dense", "units": 1, "bias_constraint": "non_neg"},
    ],
}


@pytest.mark.parametrize("name", CASES)
def test_penalties_and_constraints(name, float64):
    spec = {
        "version": 1,
        "input": {"shape": [6]},
        "layers": CASES[name],
        "optimizer": {"type": "adam", "learning_rate": 0.01},
        "training": {"loss": "mean_squared_error", "epochs": 4, "batch_size": 8},
        "data": {"source": "arrays", "validation_split": 0.2},
    }
    random = np.random.default_rng(0)
    x, y = random.normal(size=(61, 6)), random.normal(size=(61, 1))
    runs = {backend: samenet.train(spec, backend, data=(x, y)) for backend in BACKENDS}
    for key, values in runs["keras"].history.items():
        np.testing.assert_allclose(runs["torch"].history[key], values, rtol=TOLERANCE)
    found = runs["torch"].weights()
    for path, weight in runs["keras"].weights().items():
        np.testing.assert_allclose(found[path], weight, rtol=0, atol=TOLERANCE)
