"""The learning rate of every epoch of the article's schedules, against three other judges.

These are formulas written here by hand, the schedules of Keras, and the schedulers of PyTorch. The
rates are those in the history of the programs' own `train`, on a few samples, over all epochs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.data.embedded import MNIST5K
from samenet.lowering import BACKENDS
from tests.equivalence.differences import largest, within
from tests.specs import changed, tree


def restarts(epoch: int) -> float:
    """Periods of 5, 10 and 20 epochs."""
    start, length = (0, 5) if epoch < 5 else (5, 10) if epoch < 15 else (15, 20)
    return 0.001 * (1 + math.cos(math.pi * (epoch - start) / length)) / 2


BY_HAND: dict[str, tuple[int, Callable[[int], float]]] = {
    "step_decay": (30, lambda n: [0.001, 0.0005, 0.00025][n // 10]),
    "step_decay_tenth": (60, lambda n: [0.001, 0.0001][n // 30]),
    "exponential_decay": (30, lambda n: 0.001 * 0.95**n),
    "cosine_decay": (30, lambda n: 0.001 * (1 + math.cos(math.pi * n / 30)) / 2),
    "cosine_decay_restarts": (35, restarts),
}


pytestmark = pytest.mark.usefixtures("float64")


def history(spec: dict[str, Any], backend: str) -> dict[str, list[float]]:
    """What the program reports of a training on 64 samples, validated on 64 others."""
    module = runtime.execute(samenet.compile(spec, backend))
    training, validation = module.load_data(MNIST5K.stored())
    few, others = (module.Dataset(part.x[:64], part.y[:64]) for part in (training, validation))
    return module.train(module.build_model(), few, others)


def scheduled(name: str, backend: str) -> list[float]:
    """The learning rate of each epoch."""
    return history(tree(f"schedules/{name}"), backend)["learning_rate"]


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", BY_HAND)
def test_rates_are_the_formulas(name, backend):
    epochs, formula = BY_HAND[name]
    rates = scheduled(name, backend)
    assert len(rates) == epochs
    assert rates[0] == 0.001
    within(1e-17, rates, [formula(epoch) for epoch in range(epochs)])  # measured: 3e-19


def test_rates_are_those_of_keras_schedules():
    from keras.optimizers import schedules

    judges = {
        "step_decay": schedules.ExponentialDecay(0.001, 10, 0.5, staircase=True),
        "step_decay_tenth": schedules.ExponentialDecay(0.001, 30, 0.1, staircase=True),
        "exponential_decay": schedules.ExponentialDecay(0.001, 1, 0.95),
        "cosine_decay": schedules.CosineDecay(0.001, 30),
        "cosine_decay_restarts": schedules.CosineDecayRestarts(0.001, 5, t_mul=2.0),
    }
    assert judges.keys() == BY_HAND.keys()
    for name, judge in judges.items():
        rates = scheduled(name, "torch")
        # measured: 1e-10; Keras computes its schedules in single precision
        within(1e-8, rates, [float(judge(epoch)) for epoch in range(len(rates))], name)


def test_rates_are_those_of_pytorchs_schedulers():
    from torch import nn, optim

    def stepped(make: Callable[[Any], Any], epochs: int) -> list[float]:
        optimizer = optim.SGD([nn.Parameter()], lr=0.001)
        scheduler = make(optimizer)
        rates = []
        for _ in range(epochs):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        return rates

    kinds = optim.lr_scheduler
    judges = {
        "step_decay": lambda o: kinds.StepLR(o, 10, gamma=0.5),
        "step_decay_tenth": lambda o: kinds.StepLR(o, 30, gamma=0.1),
        "exponential_decay": lambda o: kinds.ExponentialLR(o, gamma=0.95),
        "cosine_decay": lambda o: kinds.CosineAnnealingLR(o, T_max=30),
        "cosine_decay_restarts": lambda o: kinds.CosineAnnealingWarmRestarts(o, T_0=5, T_mult=2),
    }
    assert judges.keys() == BY_HAND.keys()
    for name, make in judges.items():
        rates = scheduled(name, "torch")
        within(1e-17, rates, stepped(make, len(rates)), name)  # measured: 3e-19


def test_a_schedule_that_is_one_epoch_late_is_noticed():
    """The common mistake: PyTorch steps after an epoch what Keras sets before it."""
    for name, (epochs, formula) in BY_HAND.items():
        late = [formula(max(epoch - 1, 0)) for epoch in range(epochs)]
        assert largest(scheduled(name, "torch"), late) > 1e-5


OPTIONS = [
    {"type": "step_decay", "decay_rate": 0.3, "decay_steps": 3},
    {"type": "exponential_decay", "decay_rate": 0.5, "decay_steps": 4},
    {"type": "cosine_decay", "decay_steps": 7, "alpha": 0.1},
    {
        "type": "cosine_decay_restarts",
        "first_decay_steps": 2,
        "t_mul": 1.5,
        "m_mul": 0.8,
        "alpha": 0.05,
    },
]


@pytest.mark.parametrize("schedule", OPTIONS, ids=lambda schedule: schedule["type"])
def test_all_arguments_are_those_of_keras(schedule):
    """Beyond the end of a decay, and with every argument away from its default."""
    from keras.optimizers import schedules

    arguments = {key: value for key, value in schedule.items() if key != "type"}
    kind = schedule["type"]
    if kind == "step_decay":
        judge = schedules.ExponentialDecay(0.01, **arguments, staircase=True)
    else:
        name = "".join(map(str.capitalize, kind.split("_")))
        judge = getattr(schedules, name)(0.01, **arguments)
    spec = changed(
        tree("schedules/step_decay"),
        schedule=schedule,
        optimizer__learning_rate=0.01,
        training__epochs=12,
    )
    rates = history(spec, "torch")["learning_rate"]
    assert len(rates) == 12
    # measured: 9e-10; Keras computes its schedules in single precision
    within(1e-7, rates, [float(judge(epoch)) for epoch in range(12)])


def plateau_rates(losses: list[float]) -> list[float]:
    """The rates of an article's callback, halved after 5 epochs without an improvement of 1e-4."""
    rates, rate, best, since = [], 0.001, math.inf, 0
    for loss in losses:
        rates.append(rate)
        if np.float32(loss + 1e-4) < np.float32(best):
            best, since = loss, 0
        else:
            since += 1
        if since == 5:
            rate, since = max(rate / 2, 1e-5), 0
    return rates


@pytest.mark.parametrize("backend", BACKENDS)
def test_plateau_rates_follow_from_the_losses(backend):
    found = history(tree("schedules/reduce_lr_on_plateau"), backend)
    assert len(found["val_loss"]) == 30
    assert found["learning_rate"][-1] < 0.001, "the callback has not been seen at work"
    assert found["learning_rate"] == plateau_rates(found["val_loss"])
