"""The learning rate of every step: against Keras' schedules, PyTorch's schedulers, and formulas.

Both programs carry the same function of the step. It is judged by itself, at every step and behind
its end, and in training, where both programs must use it at the same steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.lowering import BACKENDS
from tests.equivalence.differences import within

RATE = 0.1
SPEC: dict[str, Any] = {
    "version": 1,
    "name": "line",
    "input": {"shape": [3]},
    "layers": [{"type": "dense", "units": 1}],
    "optimizer": {"type": "sgd", "learning_rate": RATE},
    "training": {"loss": "mean_squared_error", "epochs": 6, "batch_size": 16},
    "data": {"source": "arrays"},
}
SAMPLES, PER_EPOCH = 70, 5  # the last batch is short
STEPS = PER_EPOCH * SPEC["training"]["epochs"]


def spec(schedule: dict[str, Any]) -> dict[str, Any]:
    return {**SPEC, "schedule": {"clock": "step", **schedule}}


def rates(schedule: dict[str, Any], steps: int = STEPS + 10) -> list[float]:
    """What the function of the PyTorch program gives, in training and behind its end."""
    module = runtime.execute(samenet.compile(spec(schedule), "torch"))
    names = module.learning_rate.__code__.co_varnames[: module.learning_rate.__code__.co_argcount]
    options = {"steps_per_epoch": PER_EPOCH} if "steps_per_epoch" in names else {}
    return [module.learning_rate(step, **options) for step in range(steps)]


KERAS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("ExponentialDecay", {"type": "exponential_decay", "decay_rate": 0.9, "decay_steps": 7}, {}),
    (
        "ExponentialDecay",
        {"type": "exponential_decay", "decay_rate": 0.5, "decay_steps": 7, "staircase": True},
        {},
    ),
    (
        "ExponentialDecay",
        {"type": "step_decay", "decay_rate": 0.5, "decay_steps": 7},
        {"staircase": True},
    ),
    ("InverseTimeDecay", {"type": "inverse_time_decay", "decay_rate": 0.5, "decay_steps": 4}, {}),
    (
        "InverseTimeDecay",
        {"type": "inverse_time_decay", "decay_rate": 0.5, "decay_steps": 4, "staircase": True},
        {},
    ),
    ("PolynomialDecay", {"type": "polynomial_decay", "decay_steps": 13}, {}),
    (
        "PolynomialDecay",
        {
            "type": "polynomial_decay",
            "decay_steps": 13,
            "end_learning_rate": 0.01,
            "power": 2.0,
            "cycle": True,
        },
        {},
    ),
    ("CosineDecay", {"type": "cosine_decay", "decay_steps": 20, "alpha": 0.1}, {}),
    (
        "CosineDecay",
        {
            "type": "cosine_decay",
            "decay_steps": 20,
            "warmup_target": 0.4,
            "warmup_steps": 6,
            "initial_learning_rate": 0.02,
            "alpha": 0.1,
        },
        {},
    ),
    (
        "CosineDecayRestarts",
        {
            "type": "cosine_decay_restarts",
            "first_decay_steps": 4,
            "t_mul": 1.5,
            "m_mul": 0.8,
            "alpha": 0.05,
        },
        {},
    ),
    ("CosineDecayRestarts", {"type": "cosine_decay_restarts", "first_decay_steps": 3}, {}),
    (
        "PiecewiseConstantDecay",
        {
            "type": "piecewise_constant_decay",
            "boundaries": [3, 10, 11],
            "values": [0.5, 0.2, 0.1, 0.0],
        },
        {},
    ),
]


@pytest.mark.parametrize(("name", "schedule", "more"), KERAS)
def test_rates_are_those_of_keras_schedules(name, schedule, more):
    from keras.optimizers import schedules

    arguments = {key: value for key, value in schedule.items() if key != "type"} | more
    if name != "PiecewiseConstantDecay":
        arguments.setdefault("initial_learning_rate", RATE)
    judge = getattr(schedules, name)(**arguments)
    found = rates(schedule)
    # Keras computes its schedules in single precision.
    within(1e-6, found, [float(judge(step)) for step in range(len(found))], name)
    assert len(set(found)) > 2


def stepped(make: Callable[[Any], Any], count: int) -> list[float]:
    """The rate of each step by a scheduler of PyTorch."""
    from torch import nn, optim

    optimizer = optim.SGD([nn.Parameter()], lr=RATE)
    scheduler = make(optimizer)
    found = []
    for step in range(count):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < count - 1:
            scheduler.step()
    return found


@pytest.mark.parametrize("three_phase", [False, True])
@pytest.mark.parametrize("strategy", ["cos", "linear"])
def test_one_cycle_is_that_of_pytorch(strategy, three_phase):
    from torch.optim.lr_scheduler import OneCycleLR

    options = {
        "pct_start": 0.4,
        "anneal_strategy": strategy,
        "div_factor": 10.0,
        "final_div_factor": 100.0,
        "three_phase": three_phase,
    }
    # OneCycleLR refuses steps behind its end.
    judge = stepped(
        lambda o: OneCycleLR(o, RATE, total_steps=STEPS, cycle_momentum=False, **options), STEPS
    )
    found = rates({"type": "one_cycle", **options})
    within(1e-16, found[:STEPS], judge)
    assert set(found[STEPS:]) == {found[STEPS - 1]}
    assert max(found) == pytest.approx(RATE)


def test_a_sequence_is_that_of_pytorch():
    from torch.optim import lr_scheduler as kinds

    def make(optimizer: Any) -> Any:
        parts = [
            kinds.LinearLR(optimizer, start_factor=0.25, total_iters=5),
            kinds.ConstantLR(optimizer, factor=0.5, total_iters=1000),
            kinds.CosineAnnealingLR(optimizer, T_max=20),
        ]
        return kinds.SequentialLR(optimizer, parts, milestones=[5, 10])

    found = rates(
        {
            "type": "sequence",
            "schedules": [
                {"type": "linear_warmup", "start_factor": 0.25},
                {"type": "constant", "factor": 0.5},
                {"type": "cosine_decay"},
            ],
            "milestones": ["1 epoch", 10],
        },
        STEPS,
    )
    within(1e-16, found, stepped(make, STEPS))


def test_the_inverse_square_root_is_that_of_the_transformer():
    """Vaswani et al. (2017), equation 3, with its factor chosen so that the top is the rate."""
    warmup = 8
    paper = [RATE * warmup**0.5 * min(n**-0.5, n * warmup**-1.5) for n in range(1, STEPS)]
    found = rates({"type": "inverse_square_root_decay", "warmup_steps": warmup}, STEPS)
    assert found[0] == 0.0
    within(1e-16, found[1:], paper)
    assert max(found) == found[warmup] == RATE


@pytest.mark.parametrize(
    ("length", "steps"), [(12, 12), ("1 epoch", PER_EPOCH), ("3 epochs", 3 * PER_EPOCH)]
)
def test_lengths_in_steps_and_in_epochs(length, steps):
    found = rates({"type": "cosine_decay", "decay_steps": length})
    expected = [
        RATE * (1 + math.cos(math.pi * min(n, steps) / steps)) / 2 for n in range(len(found))
    ]
    within(1e-16, found, expected)


def test_a_length_that_is_left_out_is_all_that_remains():
    whole = rates({"type": "cosine_decay"})
    assert whole == rates({"type": "cosine_decay", "decay_steps": "6 epochs"})
    behind = {"type": "cosine_decay", "warmup_target": 0.5, "warmup_steps": "2 epochs"}
    assert rates(behind) == rates({**behind, "decay_steps": "4 epochs"})


def samples() -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(3).normal(size=(SAMPLES, 3))
    return x, x @ [1.0, -2.0, 0.5]


def traced(schedule: dict[str, Any], backend: str) -> tuple[list[float], dict[str, list[float]]]:
    """The rate with which each step of a training was taken, and the history."""
    module = runtime.execute(samenet.compile(spec(schedule), backend))
    data = module.check_data(*samples(), module.Source("samples"))
    model, found = module.build_model(), []
    if backend == "keras":
        import keras

        class Record(keras.callbacks.Callback):
            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                found.append(float(self.model.optimizer.learning_rate))

        callback: Any = Record()
    else:

        class Watched(module.torch.optim.SGD):
            def step(self, closure: Any = None) -> Any:
                found.append(self.param_groups[0]["lr"])
                return super().step(closure)

        module.build_optimizer = lambda model: Watched(model.parameters(), lr=RATE)
        callback = module.Callback()
    history = module.train(model, data, callbacks=[callback])
    return found, history


TRAINED = [
    {"type": "one_cycle"},
    {
        "type": "sequence",
        "schedules": [{"type": "linear_warmup"}, {"type": "cosine_decay"}],
        "milestones": ["2 epochs"],
    },
    {"type": "piecewise_constant_decay", "boundaries": [7], "values": [0.1, 0.01]},
]


@pytest.mark.parametrize("schedule", TRAINED, ids=lambda schedule: schedule["type"])
def test_both_programs_use_the_rate_of_each_step(schedule, float64):
    expected = rates(schedule, STEPS)
    for backend in BACKENDS:
        found, history = traced(schedule, backend)
        assert found == expected
        assert history["learning_rate"] == expected[PER_EPOCH - 1 :: PER_EPOCH]


@pytest.mark.parametrize("schedule", TRAINED, ids=lambda schedule: schedule["type"])
def test_both_programs_train_alike(schedule, float64):
    keras, torch = (samenet.train(spec(schedule), b, data=samples()) for b in BACKENDS)
    assert torch.history["learning_rate"] == keras.history["learning_rate"]
    within(1e-14, torch.history["loss"], keras.history["loss"])
    for path, weight in keras.weights().items():
        within(1e-14, torch.weights()[path], weight, path)
