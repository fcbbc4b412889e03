"""Several steps in one call of Keras are the same steps, and progress hears of each batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.training.progress import Progress

SAMPLES, BATCH = 200, 8
"""25 batches."""


def spec(**training: Any) -> dict[str, Any]:
    layers = [
        {"type": "dense", "units": 8, "activation": "relu", "dropout": 0.3},
        {"type": "dense", "units": 1, "batch_normalization": "before_activation"},
    ]
    return {
        "version": 1,
        "input": {"shape": [3]},
        "layers": layers,
        "optimizer": {"type": "adam", "use_ema": True, "ema_overwrite_frequency": 7},
        "training": {
            "loss": "mean_squared_error",
            "metrics": ["mean_absolute_error"],
            "epochs": 5,
            "batch_size": BATCH,
            **training,
        },
        "data": {"source": "arrays"},
    }


def samples(count: int) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(3).normal(size=(count, 3))
    return x, x @ [1.0, -2.0, 0.5]


@pytest.mark.parametrize("count", [SAMPLES, SAMPLES - 3])
def test_they_are_the_same_to_the_bit(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for steps in (1, 16):
        module = runtime.execute(samenet.compile(spec(), "keras"))
        monkeypatch.setattr(module, "STEPS_PER_EXECUTION", steps)
        data = module.check_data(*samples(count), module.Source("samples"))
        model = module.build_model()
        history = module.train(model, data, data)
        found.append((history, runtime.weights(model, "keras")))
    (history, weights), (expected, others) = found
    assert history == expected
    assert all((weights[path] == others[path]).all() for path in others)


def test_progress_hears_of_each_batch() -> None:
    class Batches(Progress):
        def __init__(self) -> None:
            self.batches: list[int] = []

        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            self.batches.append(batch)

    progress = Batches()
    samenet.train(spec(), "keras", samples(SAMPLES), progress=progress)
    assert progress.batches == [*range(25)] * 5


@pytest.mark.parametrize(
    "changes",
    [
        {"schedule": {"type": "cosine_decay", "decay_steps": 100, "clock": "step"}},
        {"callbacks": [{"type": "terminate_on_nan"}]},
        {"training": {**spec()["training"], "epochs": 4}},
        {"layers": [{"type": "dense", "units": 20_000}, {"type": "dense", "units": 9_000}]},
    ],
    ids=["rates by step", "a callback that reads batches", "few epochs", "long steps"],
)
def test_programs_that_take_each_by_itself(changes: dict[str, Any]) -> None:
    assert "STEPS_PER_EXECUTION" not in samenet.compile({**spec(), **changes}, "keras").text
    assert "STEPS_PER_EXECUTION" in samenet.compile(spec(), "keras").text
