"""Trainings whose loss is not finite: where they end, and what is kept of them.

Linear networks with too large a rate: the loss grows by the same factor with every step, so that
in float64 both frameworks cross the largest number in the same step.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from samenet import runtime
from samenet.lowering import BACKENDS
from samenet.training.progress import Progress
from tests.equivalence.test_resume import BASE, train

STOPS: dict[str, Any] = {"type": "terminate_on_nan"}


def exploding(rate: float, *callbacks: dict[str, Any]) -> dict[str, Any]:
    return {
        **BASE,
        "layers": [{"type": "dense", "units": 8}, {"type": "dense", "units": 1}],
        "optimizer": {"type": "sgd", "learning_rate": rate},
        "callbacks": callbacks,
    }


class Steps(Progress):
    """How many batches each epoch had."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def on_epoch_begin(self, epoch: int, logs: Any) -> None:
        self.steps.append(0)

    def on_train_batch_end(self, batch: int, logs: Any) -> None:
        self.steps[-1] += 1


@pytest.mark.parametrize("rate", [0.5, 0.8, 1.1, 2.0, 10.0])
def test_both_end_at_the_same_step(rate, float64):
    found = []
    for backend in BACKENDS:
        progress = Steps()
        run = train(exploding(rate, STOPS), backend, progress=progress)
        assert not math.isfinite(run.history["loss"][-1])
        assert np.isfinite(run.history["loss"][:-1]).all()
        assert len(run.history["val_loss"]) == run.epochs, "validation follows the last batch"
        found.append((progress.steps, run.epochs, run.failure))
    assert found[0] == found[1]
    steps = found[0][0]
    assert set(steps[:-1]) <= {4}, "50 samples are 4 batches of 16"


def test_they_end_inside_of_an_epoch(float64):
    """Otherwise the test above would tell nothing of batches."""
    ends = []
    for rate in (0.5, 0.8, 1.1, 2.0, 10.0):
        progress = Steps()
        train(exploding(rate, STOPS), "torch", progress=progress)
        ends.append(progress.steps[-1])
    assert min(ends) < 4
    assert len(set(ends)) > 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_without_the_callback_they_go_on_to_the_end(backend):
    run = train(exploding(1.1), backend)
    assert run.epochs == 8
    assert run.failure == "loss is nan from epoch 2 on"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("callbacks", [[], [STOPS]], ids=["", "terminate_on_nan"])
def test_the_last_finite_state_is_kept(backend, callbacks, tmp_path, float64):
    spec = exploding(0.5, *callbacks)
    run = train(spec, backend, checkpoint=tmp_path)
    finite = sum(map(math.isfinite, run.history["loss"]))
    assert 1 <= finite < 8
    assert run.kept_epochs(tmp_path) in (finite, finite - 1)  # the last step may be too far
    kept = train(spec, backend, epochs=run.kept_epochs(tmp_path), checkpoint=tmp_path)
    expected = train(spec, backend, epochs=kept.epochs)
    assert kept.failure is None
    assert kept.history == expected.history
    for path, weight in expected.weights().items():
        np.testing.assert_array_equal(kept.weights()[path], weight, err_msg=path)
    again = train(spec, backend, checkpoint=tmp_path)
    np.testing.assert_array_equal(again.history["loss"], run.history["loss"])


@pytest.mark.parametrize("backend", BACKENDS)
def test_weights_that_are_not_finite_are_not_kept(backend, tmp_path):
    """The loss of an epoch is taken before its last step, which alone can be too far."""
    spec = {**exploding(1e38), "training": {**BASE["training"], "epochs": 1, "batch_size": 50}}
    run = train(spec, backend, checkpoint=tmp_path)
    assert math.isfinite(run.history["loss"][0])
    assert run.failure is not None
    assert not any(np.isfinite(w).all() for w in run.weights().values() if w.ndim == 2)
    assert run.kept_epochs(tmp_path) == 0


def trace(random: np.random.Generator) -> list[float]:
    values = random.normal(size=12)
    broken = random.random(12) < random.choice([0.0, 0.1, 0.3])
    values[broken] = random.choice([np.nan, np.inf, -np.inf], int(broken.sum()))
    return values.tolist()


def test_the_callback_decides_as_that_of_keras(capsys):
    """And says the same."""
    import keras

    from samenet import compile as compiled

    program = runtime.execute(compiled(exploding(0.1, STOPS), "torch"))

    class Model:
        stop_training = False

    random = np.random.default_rng(1)
    stopped = 0
    for _ in range(200):
        theirs, ours = keras.callbacks.TerminateOnNaN(), program.TerminateOnNaN()
        theirs.set_model(Model())
        for batch, value in enumerate(trace(random)):
            theirs.on_train_batch_end(batch, {"loss": value})
            said = capsys.readouterr().out
            ours.on_train_batch_end(batch, {"loss": value})
            assert capsys.readouterr().out == said
            assert ours.stop_training == theirs.model.stop_training
        stopped += ours.stop_training
    assert 20 < stopped < 180
