"""The callbacks of the PyTorch programs against those of Keras, on the same made-up histories.

In a training a decision can hang on the last bit of a loss. Here both see the same numbers, among
them NaN, infinity, plateaus and improvements of exactly `min_delta`, so that every decision must be
the same: every learning rate, the epoch of the stop, the weights that are restored.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import samenet
from samenet import runtime
from tests.specs import tree

EPOCHS = 20
SEEDS = 8
PER_SEED = 250  # 2000 histories for each callback


@dataclass(frozen=True)
class Trace:
    """The values of a metric by epoch, and the options of a callback that watches them."""

    values: list[float]
    options: dict[str, Any]
    rate: float = 0.01


def values(random: np.random.Generator, min_delta: float, sign: float) -> np.ndarray:
    """A history of one of several kinds; low is good with sign 1, high with sign -1."""
    start = random.choice([0.001, 0.7, 2.3, 100.0])
    kind = random.integers(6)
    if kind == 0:  # falls, with noise
        result = start * 0.9 ** np.arange(EPOCHS) + random.normal(0, 0.05 * start, EPOCHS)
    elif kind == 1:  # few different values: plateaus and equal values
        result = random.integers(-2, 3, EPOCHS) * 0.1 + start
    elif kind == 2:  # improves by exactly min_delta, or not, or by twice as much
        result = start - np.cumsum(random.integers(0, 3, EPOCHS) * (min_delta or 1e-3))
    elif kind == 3:  # the same, added up in single precision, as a framework would
        steps = random.integers(0, 3, EPOCHS) * (min_delta or 1e-3)
        result = (start - np.cumsum(steps, dtype=np.float32)).astype(np.float32).astype(float)
    elif kind == 4:  # never improves by much
        result = start * (1 + random.normal(0, 1e-7, EPOCHS))
    else:  # falls, then rises
        result = start * (1 + np.abs(np.arange(EPOCHS) - random.integers(EPOCHS)) / 10)
    result = sign * result
    broken = random.random(EPOCHS) < random.choice([0.0, 0.0, 0.1, 0.5])
    result[broken] = random.choice([np.nan, np.inf, -np.inf], int(broken.sum()))
    return result


def traces(seed: int) -> list[tuple[np.random.Generator, np.ndarray, dict[str, Any]]]:
    """Histories, and the options that all callbacks have."""
    random = np.random.default_rng(seed)
    result = []
    for _ in range(PER_SEED):
        mode = str(random.choice(["min", "max"]))
        min_delta = float(random.choice([0.0, 1e-4, 0.01, 0.1]))
        common = {
            "monitor": "val_loss",
            "mode": mode,
            "min_delta": min_delta,
            "patience": int(random.integers(5)),
        }
        result.append((random, values(random, min_delta, 1 if mode == "min" else -1), common))
    return result


def plateau_traces(seed: int) -> list[Trace]:
    result = []
    for random, history, common in traces(seed):
        options = common | {
            "factor": float(random.choice([0.1, 0.3, 0.5, 0.9])),
            "cooldown": int(random.integers(4)),
            "min_lr": float(random.choice([0.0, 1e-5, 1e-3, 0.004])),
        }
        result.append(Trace(history.tolist(), options, float(random.choice([0.1, 0.01, 0.001]))))
    return result


def stopping_traces(seed: int) -> list[Trace]:
    result = []
    for random, history, common in traces(seed):
        middle = float(np.nan_to_num(np.median(history), posinf=1.0, neginf=-1.0))
        options = common | {
            "patience": int(random.integers(8)),
            "baseline": middle if random.random() < 0.3 else None,
            "restore_best_weights": bool(random.random() < 0.8),
            "start_from_epoch": int(random.choice([0, 0, 0, 2, 5])),
        }
        result.append(Trace(history.tolist(), options))
    return result


@pytest.fixture(scope="module")
def program() -> ModuleType:
    """A compiled PyTorch program that carries both callbacks."""
    importlib.import_module("torch")
    return runtime.execute(samenet.compile(tree("complete"), "torch"))


# ReduceLROnPlateau


@dataclass
class KerasModel:
    """What Keras' callbacks ask of a model: an optimizer, weights, and to be stopped."""

    optimizer: Any = None
    stop_training: bool = False
    weights: list[Any] = field(default_factory=list)

    def get_weights(self) -> list[Any]:
        return list(self.weights)

    def set_weights(self, weights: list[Any]) -> None:
        self.weights = list(weights)


def keras_rates(trace: Trace, optimizer: Any) -> list[float]:
    """The learning rate after each epoch by Keras' own callback."""
    import keras

    optimizer.learning_rate = trace.rate
    callback = keras.callbacks.ReduceLROnPlateau(**trace.options)
    callback.set_model(KerasModel(optimizer))
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(trace.values):
        callback.on_epoch_end(epoch, {"val_loss": value})
        rates.append(float(optimizer.learning_rate.numpy()))
    return rates


def program_rates(trace: Trace, program: ModuleType) -> list[float]:
    """The same by the callback of a compiled program."""
    torch = importlib.import_module("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=trace.rate)
    callback = program.ReduceLROnPlateau(optimizer, **trace.options)
    rates = []
    for epoch, value in enumerate(trace.values):
        callback.on_epoch_end(epoch, {"val_loss": value})
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


@pytest.mark.parametrize("seed", range(SEEDS))
def test_plateaus_cut_the_rate_when_keras_does(seed, program, float64):
    import keras

    optimizer = keras.optimizers.SGD(0.01)
    cuts = {trace: 0 for trace in range(PER_SEED)}
    for index, trace in enumerate(plateau_traces(seed)):
        expected = keras_rates(trace, optimizer)
        assert program_rates(trace, program) == expected, trace
        cuts[index] = len({trace.rate, *expected}) - 1
    # Otherwise the traces are too tame to tell anything.
    assert sum(count == 0 for count in cuts.values()) > 10
    assert sum(count >= 2 for count in cuts.values()) > 50


def test_plateaus_cut_the_rate_when_keras_does_in_single_precision(program):
    """Keras then holds the rate itself in 32 bits."""
    import keras

    optimizer = keras.optimizers.SGD(0.01)
    for trace in plateau_traces(seed=100)[:60]:
        expected = keras_rates(trace, optimizer)
        np.testing.assert_allclose(program_rates(trace, program), expected, rtol=1e-6, atol=0)


def test_pytorchs_own_scheduler_decides_otherwise(program):
    """Also with the options translated as well as they can be: the traces can tell."""
    torch = importlib.import_module("torch")
    different = 0
    for trace in plateau_traces(seed=200):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=trace.rate)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer,
            mode=trace.options["mode"],
            factor=trace.options["factor"],
            patience=max(0, trace.options["patience"] - 1),
            threshold=trace.options["min_delta"],
            threshold_mode="abs",
            cooldown=max(0, trace.options["cooldown"] - 1),
            min_lr=trace.options["min_lr"],
            eps=0,
        )
        rates = []
        for value in trace.values:
            scheduler.step(value)
            rates.append(optimizer.param_groups[0]["lr"])
        different += rates != program_rates(trace, program)
    assert different > 10


# EarlyStopping


def keras_stop(trace: Trace) -> tuple[int | None, int]:
    """The epoch of the stop, and the epoch whose weights remain, by Keras' own callback."""
    import keras

    model = KerasModel()
    callback = keras.callbacks.EarlyStopping(**trace.options)
    callback.set_model(model)
    callback.on_train_begin()
    stopped = None
    for epoch, value in enumerate(trace.values):
        model.weights = [epoch]
        callback.on_epoch_end(epoch, {"val_loss": value})
        if model.stop_training:
            stopped = epoch
            break
    callback.on_train_end()
    return stopped, model.weights[0]


def program_stop(trace: Trace, program: ModuleType) -> tuple[int | None, int]:
    """The same by the callback of a compiled program; parameter and buffer go together."""
    torch = importlib.import_module("torch")
    model = torch.nn.Linear(1, 1, bias=False)
    model.register_buffer("statistics", torch.zeros(1))
    callback = program.EarlyStopping(model, **trace.options)
    stopped = None
    for epoch, value in enumerate(trace.values):
        with torch.no_grad():
            model.weight.fill_(epoch)
            model.statistics.fill_(epoch)
        callback.on_epoch_end(epoch, {"val_loss": value})
        if callback.stop_training:
            stopped = epoch
            break
    callback.on_train_end({})
    assert model.weight.item() == model.statistics.item()
    return stopped, int(model.weight.item())


@pytest.mark.parametrize("seed", range(SEEDS))
def test_training_stops_when_keras_stops(seed, program):
    stopped = went_on = restored = 0
    for trace in stopping_traces(seed):
        expected = keras_stop(trace)
        assert program_stop(trace, program) == expected, trace
        stopped += expected[0] is not None
        went_on += expected[0] is None
        last = len(trace.values) - 1 if expected[0] is None else expected[0]
        restored += expected[1] != last
    # Otherwise the traces are too tame to tell anything.
    assert min(stopped, went_on, restored) > 25


@pytest.mark.parametrize(
    ("history", "patience", "expected"),
    [
        # Never after the first epoch; patience 0 acts as 1 does.
        ([1.0, 1.0, 1.0], 0, (1, 0)),
        ([1.0, 1.0, 1.0], 1, (1, 0)),
        ([1.0, 0.9, 0.9, 0.9], 2, (3, 1)),
        # Restored also when all epochs were trained.
        ([1.0, 0.5, 0.7], 5, (None, 1)),
        # The first value is the best so far, even if it is none; nothing beats it.
        ([np.nan, 1.0, 0.5], 2, (2, 0)),
        ([np.inf, 1.0, np.inf, np.nan], 2, (3, 1)),
    ],
)
def test_known_stops(history, patience, expected, program):
    """Worked out by hand."""
    options = {
        "monitor": "val_loss",
        "mode": "min",
        "min_delta": 0.0,
        "patience": patience,
        "baseline": None,
        "restore_best_weights": True,
        "start_from_epoch": 0,
    }
    trace = Trace(history, options)
    assert keras_stop(trace) == expected
    assert program_stop(trace, program) == expected
