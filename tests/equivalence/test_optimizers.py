"""120 steps of the programs' optimizers: PyTorch's against Keras'.

The optimizers are those that a compiled program makes, with the arguments that stand in it. The
gradients depend on the current weights, have three sizes (the small ones show where epsilon
stands), and the learning rate changes on the way (which shows where momentum keeps it).
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import samenet
from samenet import runtime
from tests.equivalence.differences import largest, within
from tests.handwritten import torch_networks

STEPS = 120
CHANGE = 50, 0.1
"""From this step on, the learning rate is this fraction of what it was."""

SHAPES = [(6, 4), (4,)]
SIZES = [1.0, 1e-3, 1e-6]

OPTIMIZERS = {
    "adam": {"type": "adam", "learning_rate": 0.01},
    "adam, betas": {"type": "adam", "learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.99},
    "adam, slow betas": {"type": "adam", "learning_rate": 0.01, "beta_1": 0.95, "beta_2": 0.9999},
    "adam, large epsilon": {"type": "adam", "learning_rate": 0.01, "epsilon": 0.1},
    "adam, small epsilon": {"type": "adam", "learning_rate": 0.01, "epsilon": 1e-10},
    "sgd": {"type": "sgd", "learning_rate": 0.05},
    "momentum": {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9},
    "nesterov": {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
    "nesterov without momentum": {"type": "sgd", "learning_rate": 0.05, "nesterov": True},
}

LESS_EXACT = {
    # Keras computes 1 - beta_2^t in single precision, where little is left of it; measured: 2e-6
    "adam, slow betas": 5e-6,
}
"""Wider tolerances in single precision, with their causes."""

Step = Callable[[list[np.ndarray]], list[np.ndarray]]
"""Gradients to the weights after a step."""


def spec(optimizer: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": 1,
        "input": {"shape": [2]},
        "layers": [{"type": "dense", "units": 1}],
        "optimizer": optimizer,
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
    }


def compiled(optimizer: dict[str, Any], backend: str) -> ModuleType:
    return runtime.execute(samenet.compile(spec(optimizer), backend))


def torch_optimizer(optimizer: dict[str, Any], parameters: list[Any]) -> Any:
    """What stands behind `optimizer =` in the text of the program, for other parameters."""
    program = samenet.compile(spec(optimizer), "torch")
    (expression,) = (
        node.value
        for node in ast.walk(ast.parse(program.text))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "optimizer"
    )
    names = vars(runtime.execute(program)) | {
        "model": SimpleNamespace(parameters=lambda: parameters)
    }
    return eval(ast.unparse(expression), names)


def start(dtype: str) -> list[np.ndarray]:
    """The first weights: a matrix and a vector for each size of gradient."""
    random = np.random.default_rng(11)
    return [random.normal(size=shape).astype(dtype) for _ in SIZES for shape in SHAPES]


def gradients(weights: list[np.ndarray], step: int) -> list[np.ndarray]:
    """A bowl whose middle moves: no step is like another."""
    sizes = [size for size in SIZES for _ in SHAPES]
    return [
        (size * (np.float64(w) * np.linspace(0.5, 1.5, w.size).reshape(w.shape) + np.sin(step)))
        .astype(w.dtype)
        for size, w in zip(sizes, weights, strict=True)
    ]  # fmt: skip


def trajectory(
    weights: list[np.ndarray], step: Step, slow_down: Callable[[], None]
) -> Iterator[list[np.ndarray]]:
    """The weights after each step."""
    for number in range(STEPS):
        if number == CHANGE[0]:
            slow_down()
        weights = step(gradients(weights, number))
        yield weights


def keras_trajectory(settings: dict[str, Any], dtype: str) -> Iterator[list[np.ndarray]]:
    """By the optimizer of the compiled Keras program."""
    keras, tf = importlib.import_module("keras"), importlib.import_module("tensorflow")
    optimizer = compiled(settings, "keras").build_model().optimizer
    variables = [keras.Variable(values) for values in start(dtype)]
    optimizer.build(variables)
    apply = tf.function(optimizer.apply)  # as `fit` does, and faster

    def step(values: list[np.ndarray]) -> list[np.ndarray]:
        apply([tf.constant(value) for value in values])
        return [variable.numpy().copy() for variable in variables]

    def slow_down() -> None:
        optimizer.learning_rate = settings["learning_rate"] * CHANGE[1]

    return trajectory(start(dtype), step, slow_down)


def torch_trajectory(
    dtype: str, make: Callable[[list[Any]], Any], rate: float
) -> Iterator[list[np.ndarray]]:
    """By any optimizer of PyTorch's interface."""
    torch = importlib.import_module("torch")
    parameters = [torch.nn.Parameter(torch.from_numpy(values)) for values in start(dtype)]
    optimizer = make(parameters)

    def step(values: list[np.ndarray]) -> list[np.ndarray]:
        for parameter, value in zip(parameters, values, strict=True):
            parameter.grad = torch.from_numpy(value)
        optimizer.step()
        return [parameter.detach().numpy().copy() for parameter in parameters]

    def slow_down() -> None:
        if hasattr(optimizer, "param_groups"):
            for group in optimizer.param_groups:
                group["lr"] = rate * CHANGE[1]
        else:
            optimizer.learning_rate = rate * CHANGE[1]

    return trajectory(start(dtype), step, slow_down)


def compare(settings: dict[str, Any], dtype: str, tolerance: float) -> None:
    """Assert that every step of both programs leads to the same weights."""
    expected = keras_trajectory(settings, dtype)
    found = torch_trajectory(
        dtype, lambda parameters: torch_optimizer(settings, parameters), settings["learning_rate"]
    )
    moved = 0.0
    for number, pair in enumerate(zip(found, expected, strict=True)):
        for index, (weight, judge) in enumerate(zip(*pair, strict=True)):
            assert weight.dtype == judge.dtype == dtype
            within(tolerance, weight, judge, f"weight {index} after step {number}")
            moved = max(moved, largest(judge, start(dtype)[index]))
    assert moved > 0.1


@pytest.fixture
def float32() -> None:
    """The default of both; PyTorch imported before TensorFlow."""
    importlib.import_module("torch")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_in_double_precision(name, float64):
    compare(OPTIMIZERS[name], "float64", 1e-13)  # measured: 3e-15


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_in_single_precision(name, float32):
    compare(OPTIMIZERS[name], "float32", LESS_EXACT.get(name, 1e-6))  # measured: 4e-7


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name.startswith("adam")])
def test_adam_is_its_formula(name, float64):
    """Without Keras as a judge: the formula, written out by hand."""
    settings = {key: value for key, value in OPTIMIZERS[name].items() if key != "type"}
    expected = torch_trajectory(
        "float64",
        lambda parameters: torch_networks.KerasAdam(parameters, **settings),
        settings["learning_rate"],
    )
    found = torch_trajectory(
        "float64",
        lambda parameters: torch_optimizer(OPTIMIZERS[name], parameters),
        settings["learning_rate"],
    )
    for number, (weights, judges) in enumerate(zip(found, expected, strict=True)):
        for weight, judge in zip(weights, judges, strict=True):
            within(1e-13, weight, judge, f"step {number}")


@pytest.mark.parametrize(
    ("name", "native", "least"),
    [
        ("adam", lambda torch, p: torch.optim.Adam(p, lr=0.01, eps=1e-7), 1e-2),
        ("momentum", lambda torch, p: torch.optim.SGD(p, lr=0.05, momentum=0.9), 1e-2),
        (
            "nesterov",
            lambda torch, p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
            1e-2,
        ),
    ],
)
def test_pytorchs_own_optimizers_take_other_steps(name, native, least, float64):
    """With the same arguments: the reason for the helpers, and the proof that a test can fail."""
    torch = importlib.import_module("torch")
    rate = OPTIMIZERS[name]["learning_rate"]
    expected = torch_trajectory("float64", lambda p: torch_optimizer(OPTIMIZERS[name], p), rate)
    found = torch_trajectory("float64", lambda p: native(torch, p), rate)
    differences = [
        max(map(largest, weights, judges)) for weights, judges in zip(found, expected, strict=True)
    ]
    assert max(differences) > least
