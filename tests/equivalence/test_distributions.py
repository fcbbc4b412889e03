"""Dropout: what is drawn at random, as a distribution and as a promise.

Masks differ between the frameworks; each is held to the binomial distribution.

All seeds are fixed: a test that passes once passes always. Bounds that a right distribution would
still break by chance are set where that chance is below one in a million.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.data.embedded import MNIST5K
from samenet.lowering import BACKENDS
from tests.specs import changed, tree

ROWS, COLUMNS = 500, 400


@pytest.fixture(scope="module", autouse=True)
def torch() -> Any:
    """PyTorch, imported before TensorFlow."""
    return importlib.import_module("torch")


def spec(*layers: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": 1,
        "input": {"shape": [COLUMNS]},
        "layers": list(layers),
        "optimizer": {"type": "sgd"},
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
    }


def dropped(rate: float, backend: str, training: bool) -> list[Callable[[], np.ndarray]]:
    """Two dropout layers of a compiled program; each call gives what it makes of ones."""
    layers = [{"type": "dropout", "rate": rate}, {"type": "dropout", "rate": rate}]
    model = samenet.build(spec(*layers, {"type": "dense", "units": 1}), backend)
    ones = np.ones((ROWS, COLUMNS), np.float32)
    if backend == "keras":
        found = [model.get_layer(name) for name in ("dropout", "dropout_1")]
        return [lambda layer=layer: np.asarray(layer(ones, training=training)) for layer in found]
    torch = importlib.import_module("torch")
    torch.manual_seed(0)
    model.train(training)
    found = [dict(model.named_children())[name] for name in ("dropout", "dropout_1")]
    return [lambda layer=layer: layer(torch.from_numpy(ones)).numpy() for layer in found]


def bound(probability: float, trials: int) -> float:
    """Five standard deviations of the fraction of successes."""
    return 5 * math.sqrt(probability * (1 - probability) / trials)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("rate", [0.05, 0.3, 0.5, 0.9])
def test_dropout_drops_and_scales(rate, backend):
    first, second = dropped(rate, backend, training=True)
    results = [first(), first(), second()]
    kept = [result != 0 for result in results]
    for result, mask in zip(results, kept, strict=True):
        np.testing.assert_allclose(result[mask], 1 / (1 - rate), rtol=1e-6)
        assert abs(mask.mean() - (1 - rate)) < bound(rate, mask.size)
        # No row and no column is treated differently.
        assert abs(mask.mean(axis=0) - (1 - rate)).max() < 1.2 * bound(rate, ROWS)
        assert abs(mask.mean(axis=1) - (1 - rate)).max() < 1.2 * bound(rate, COLUMNS)
    # Two calls, and two layers, agree as often as chance has it.
    chance = rate**2 + (1 - rate) ** 2
    for one, other in ((0, 1), (0, 2), (1, 2)):
        agreement = (kept[one] == kept[other]).mean()
        assert abs(agreement - chance) < bound(chance, kept[0].size)


@pytest.mark.parametrize("backend", BACKENDS)
def test_dropout_does_nothing_in_inference(backend):
    for layer in dropped(0.5, backend, training=False):
        np.testing.assert_array_equal(layer(), 1.0)
    # And the whole network answers the same twice.
    model = samenet.build(tree("dropout"), backend)
    x = np.random.default_rng(0).random((20, 784), dtype=np.float32)
    if backend == "keras":
        first, second = (model.predict(x, verbose=0) for _ in range(2))
    else:
        torch = importlib.import_module("torch")
        first, second = (model.predict(torch.from_numpy(x)).numpy() for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_with_dropout_can_be_repeated(backend):
    """The same history from the same seed, another one from another, in single precision."""
    spec = tree("complete")
    module = runtime.execute(samenet.compile(spec, backend))
    training, _ = module.load_data(MNIST5K.stored())
    data, validation = (
        (training.x[rows], training.y[rows]) for rows in (slice(500), slice(500, 700))
    )

    def history(seed: int) -> dict[str, list[float]]:
        source = changed(spec, training__seed=seed)
        return samenet.train(source, backend, data, validation, epochs=2).history

    first = history(0)
    assert first == history(0)
    assert first["loss"] != history(1)["loss"]
    assert first["loss"][0] != first["loss"][1]
