"""One harness for all optimizers: those of the two programs of a spec take the same steps.

The network has weights of one, two and three axes, among them some that PyTorch lays out otherwise
than Keras, embeddings, and a bias with two axes. The gradients are made up: they depend on the
current weights, have three sizes (the small ones show where epsilon stands), and the learning rate
changes on the way (which shows where a momentum keeps it).
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import samenet
from samenet import runtime
from tests.equivalence.differences import largest, within

STEPS = 100
CHANGE = 50, 0.1
"""From this step on, the learning rate is this fraction of what it was."""

SIZES = (1.0, 1e-3, 1e-6)

Arrays = dict[str, np.ndarray]
Settings = Mapping[str, Any]

LAYERS: list[dict[str, Any]] = [
    {"type": "embedding", "input_dim": 7, "output_dim": 4},
    {"type": "conv1d", "filters": 5, "kernel_size": 3},
    {"type": "multi_head_attention", "num_heads": 2, "key_dim": 3, "use_bias": False},
    {"type": "layer_normalization"},
    {"type": "gru", "units": 3},
    {"type": "dense", "units": 2, "name": "head"},
]


def spec(optimizer: Settings, **changes: Any) -> dict[str, Any]:
    """A network with such an optimizer."""
    return {
        "version": 1,
        "input": {"shape": [6], "dtype": "int32"},
        "layers": LAYERS,
        "optimizer": dict(optimizer),
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
        **changes,
    }


class KerasSteps:
    """The optimizer of a Keras program."""

    def __init__(self, tree: Settings) -> None:
        tf = importlib.import_module("tensorflow")
        self.model = samenet.build(tree, "keras")
        self.optimizer = self.model.optimizer
        named = runtime.named_weights(self.model, "keras")
        self.variables = {path: w for path, w in named.items() if w.trainable}
        self.optimizer.build(list(self.variables.values()))
        self.apply = tf.function(self.optimizer.apply)  # as `fit` does, and faster
        self.tensor = tf.constant

    def weights(self) -> Arrays:
        return {path: weight.numpy().copy() for path, weight in self.variables.items()}

    def step(self, gradients: Arrays) -> None:
        self.apply([self.tensor(gradients[path]) for path in self.variables])

    def set_rate(self, rate: float) -> None:
        self.optimizer.learning_rate = rate

    def end(self) -> None:
        """What `fit` does at its end."""
        self.optimizer.finalize_variable_values(list(self.variables.values()))

    def kept(self) -> int:
        """How many numbers the optimizer keeps beside the few for all weights."""
        sizes = [int(np.prod(v.shape)) for v in self.optimizer.variables if len(v.shape)]
        return sum(sizes)


class TorchSteps:
    """The optimizer of a PyTorch program."""

    def __init__(self, tree: Settings) -> None:
        self.torch = importlib.import_module("torch")
        module = runtime.execute(samenet.compile(tree, "torch"))
        self.model = module.build_model(self.torch.device("cpu"))
        self.optimizer = module.build_optimizer(self.model)
        self.views = {p: w for p, w in self.model.named_weights().items() if w.requires_grad}

    def weights(self) -> Arrays:
        return {path: w.detach().numpy().copy() for path, w in self.views.items()}

    def step(self, gradients: Arrays) -> None:
        self.optimizer.zero_grad()
        # The gradient of this sum with respect to the view of a weight is what was made up.
        terms = [
            (weight * self.torch.from_numpy(gradients[path])).sum()
            for path, weight in self.model.named_weights().items()
            if path in gradients
        ]
        sum(terms).backward()
        self.optimizer.step()

    def set_rate(self, rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    def end(self) -> None:
        if hasattr(self.optimizer, "overwrite_weights"):
            self.optimizer.overwrite_weights()

    def kept(self) -> int:
        return _numbers(self.optimizer.state_dict())


def _numbers(state: Any) -> int:
    """How many numbers the arrays of a state hold."""
    if isinstance(state, Mapping):
        return sum(_numbers(value) for value in state.values())
    if isinstance(state, list | tuple):
        return sum(map(_numbers, state))
    return state.numel() if hasattr(state, "numel") and state.dim() else 0


def gradients(weights: Arrays, step: int) -> Arrays:
    """A bowl whose middle moves: no step is like another."""
    found: Arrays = {}
    for index, (path, w) in enumerate(weights.items()):
        slope = np.linspace(0.5, 1.5, w.size).reshape(w.shape)
        size = SIZES[index % len(SIZES)]
        found[path] = (size * (np.float64(w) * slope + np.sin(step + index))).astype(w.dtype)
    return found


def trajectory(steps: KerasSteps | TorchSteps, rate: float, count: int) -> Iterator[Arrays]:
    """The weights after each step, and at the end."""
    for number in range(count):
        if number == CHANGE[0]:
            steps.set_rate(rate * CHANGE[1])
        steps.step(gradients(steps.weights(), number))
        yield steps.weights()
    steps.end()
    yield steps.weights()


def compare(optimizer: Settings, tolerance: float, count: int = STEPS) -> None:
    """Assert that every step of both programs leads to the same weights."""
    tree = copy.deepcopy(spec(optimizer))
    rate = samenet.load(tree).optimizer.learning_rate
    keras, torch = KerasSteps(tree), TorchSteps(tree)
    start = keras.weights()
    assert start.keys() == torch.weights().keys()
    pairs = zip(trajectory(keras, rate, count), trajectory(torch, rate, count), strict=True)
    last = start
    worst = 0.0
    for number, (expected, found) in enumerate(pairs):
        for path in expected:
            within(tolerance, found[path], expected[path], f"{path} after step {number}")
        worst = max(worst, largest(found, expected))
        last = expected
    print(f"largest difference {worst:.1e}")
    for path in start:
        assert largest(last[path], start[path]) > 0, path
