"""The epoch that counts is the one whose weights a training ends with."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import samenet
from samenet.studies.judging import judged_epoch, reached

SPEC = {
    "version": 1,
    "input": {"shape": [3]},
    "layers": [{"type": "dense", "units": 8, "activation": "tanh"}, {"type": "dense", "units": 1}],
    "optimizer": {"type": "sgd", "learning_rate": 0.02, "momentum": 0.9},
    "training": {"loss": "mean_squared_error", "epochs": 12, "batch_size": 8},
    "data": {"source": "arrays"},
}


@pytest.mark.parametrize(
    "stopping",
    [
        {"restore_best_weights": True},
        {"restore_best_weights": False},
        {"restore_best_weights": True, "min_delta": 0.05},
        {"restore_best_weights": True, "start_from_epoch": 4},
        {"restore_best_weights": True, "monitor": "loss"},
        {"restore_best_weights": True, "mode": "max"},
    ],
    ids=str,
)
def test_the_loss_at_the_end_is_that_of_the_judged_epoch(stopping, float64) -> None:
    x = np.random.default_rng(1).normal(size=(60, 3))
    y = np.sin(3 * x @ [1.0, -2.0, 0.5])
    spec = samenet.load(
        {**SPEC, "callbacks": [{"type": "early_stopping", "patience": 20, **stopping}]}
    )
    run = samenet.train(spec, "torch", (x[:40], y[:40]), (x[40:], y[40:]))
    outputs = run.model.predict(torch.tensor(x[40:])).numpy()[:, 0]
    loss = float(np.mean((outputs - y[40:]) ** 2))
    epoch = judged_epoch(spec, run.history)
    assert run.history["val_loss"][epoch - 1] == pytest.approx(loss, rel=1e-9)
    others = [v for i, v in enumerate(run.history["val_loss"]) if i != epoch - 1]
    assert all(abs(value - loss) > 1e-6 for value in others), "or another epoch would do as well"


def test_the_epochs_to_a_target() -> None:
    assert reached([0.5, 0.8, None, 0.7], 0.8, "max") == 2
    assert reached([0.5, 0.3], 0.3, "min") == 2
    assert reached([0.5, None], 0.9, "max") is None
