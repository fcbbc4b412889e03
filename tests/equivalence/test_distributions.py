"""Initial weights and dropout: what is drawn at random, as distributions and as promises.

Initial weights come from NumPy in both programs, so they are compared with Keras' own initializers
as distributions, and between the frameworks bit by bit. Masks of dropout differ between the
frameworks; each is held to the binomial distribution.

All seeds are fixed: a test that passes once passes always. Bounds that a right distribution would
still break by chance are set where that chance is below one in a million.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.data import MNIST5K
from samenet.initializers import InitializerName
from samenet.lowering import BACKENDS
from tests.specs import changed, tree

INPUTS, UNITS, BIASES = 400, 300, 20_000


@pytest.fixture(scope="module", autouse=True)
def torch() -> Any:
    """PyTorch, imported before TensorFlow."""
    return importlib.import_module("torch")


def spec(*layers: dict[str, Any], inputs: int = INPUTS, seed: int = 0) -> dict[str, Any]:
    return {
        "version": 1,
        "input": {"shape": [inputs]},
        "layers": list(layers),
        "optimizer": {"type": "sgd"},
        "training": {"loss": "mean_squared_error", "seed": seed},
        "data": {"source": "arrays"},
    }


def dense(units: int = UNITS, **options: str) -> dict[str, Any]:
    return {"type": "dense", "units": units, **options}


def weights(source: dict[str, Any], backend: str = "torch") -> dict[str, np.ndarray]:
    return runtime.weights(samenet.build(source, backend), backend)


def kolmogorov_smirnov(first: np.ndarray, second: np.ndarray) -> float:
    """The statistic of two samples, times the root that makes it independent of their sizes."""
    first, second = np.sort(first.ravel()), np.sort(second.ravel())
    everything = np.concatenate([first, second])
    distance = np.abs(
        np.searchsorted(first, everything, side="right") / len(first)
        - np.searchsorted(second, everything, side="right") / len(second)
    ).max()
    return float(distance * math.sqrt(len(first) * len(second) / (len(first) + len(second))))


# P(statistic > x) = 2 exp(-2 x^2) for large samples of the same distribution: 1e-6 at 2.7.
SAME = 2.7


# Initial weights

# By hand: the standard deviation, and how far the values reach (None: without a limit), for a
# kernel of fans 400 and 300. A normal distribution cut at 2 sigma has 0.87962566 of its deviation.
CUT = 2 / 0.87962566
GLOROT, HE, LECUN = math.sqrt(2 / 700), math.sqrt(2 / 400), math.sqrt(1 / 400)
KNOWN: dict[str, tuple[float, float | None]] = {
    "glorot_uniform": (GLOROT, math.sqrt(3) * GLOROT),
    "glorot_normal": (GLOROT, CUT * GLOROT),
    "he_uniform": (HE, math.sqrt(3) * HE),
    "he_normal": (HE, CUT * HE),
    "lecun_uniform": (LECUN, math.sqrt(3) * LECUN),
    "lecun_normal": (LECUN, CUT * LECUN),
    "random_uniform": (0.05 / math.sqrt(3), 0.05),
    "random_normal": (0.05, None),
}
CONSTANT = {"zeros": 0.0, "ones": 1.0}


def test_every_initializer_is_judged():
    assert {*KNOWN, *CONSTANT} == set(get_args(InitializerName))


def by_keras(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Values of Keras' own initializer."""
    from keras import initializers

    return np.asarray(type(initializers.get(name))(seed=5)(shape))


@pytest.mark.parametrize("name", KNOWN)
def test_initial_weights_are_distributed_as_those_of_keras(name):
    found = weights(spec(dense(kernel_initializer=name)))["dense/kernel"]
    expected = by_keras(name, (INPUTS, UNITS))
    deviation, reach = KNOWN[name]
    for values in (found, expected):  # the hand-written numbers hold for Keras too
        assert values.shape == (INPUTS, UNITS)
        assert abs(values.mean()) < 5 * deviation / math.sqrt(values.size)
        assert values.std() == pytest.approx(deviation, rel=0.01)
        assert abs(values).max() > (3.5 * deviation if reach is None else 0.999 * reach)
        assert reach is None or abs(values).max() <= reach * (1 + 1e-6)
        assert values.min() < 0.99 * -abs(values).max() or reach is None
    assert kolmogorov_smirnov(found, expected) < SAME
    # Neither rows nor columns have a pattern of their own.
    for axis, count in ((0, INPUTS), (1, UNITS)):
        assert abs(found.mean(axis)).max() < 5.5 * deviation / math.sqrt(count)


@pytest.mark.parametrize("name", KNOWN)
def test_initial_biases_are_distributed_as_those_of_keras(name):
    """A vector has other fans than a matrix."""
    found = weights(spec(dense(BIASES, bias_initializer=name), inputs=1))["dense/bias"]
    expected = by_keras(name, (BIASES,))
    assert found.shape == (BIASES,)
    assert found.std() == pytest.approx(expected.std(), rel=0.03)
    assert kolmogorov_smirnov(found, expected) < SAME


@pytest.mark.parametrize(("name", "value"), CONSTANT.items())
@pytest.mark.parametrize("backend", BACKENDS)
def test_constant_weights(name, value, backend):
    layer = dense(kernel_initializer=name, bias_initializer=name)
    for values in weights(spec(layer), backend).values():
        np.testing.assert_array_equal(values, value)


def test_the_statistic_can_tell():
    """Distributions that a wrong initializer would give, with the same standard deviation."""
    random = np.random.default_rng(1)
    size = INPUTS * UNITS
    cut = by_keras("glorot_normal", (INPUTS, UNITS))
    assert kolmogorov_smirnov(cut, random.normal(0, GLOROT, size)) > 1.5 * SAME
    assert kolmogorov_smirnov(cut, by_keras("glorot_uniform", (INPUTS, UNITS))) > 2 * SAME
    assert kolmogorov_smirnov(cut, cut * 0.9) > 2 * SAME
    assert kolmogorov_smirnov(cut, by_keras("glorot_normal", (UNITS, INPUTS))) < SAME


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_both_frameworks_start_from_the_same_bits(name, dtype, request):
    if dtype == "float64":
        request.getfixturevalue("float64")
    layer = dense(40, kernel_initializer=name, bias_initializer=name)
    source = spec(layer, {"type": "batch_normalization"}, dense(5), inputs=30)
    keras, torch = (weights(source, backend) for backend in BACKENDS)
    assert list(keras) == list(torch)
    for path, values in keras.items():
        assert values.dtype == torch[path].dtype == dtype
        np.testing.assert_array_equal(values, torch[path], err_msg=path)


@pytest.mark.parametrize("backend", BACKENDS)
def test_weights_depend_on_the_seed_and_on_the_name(backend):
    first = weights(spec(dense(50), dense(50), inputs=50), backend)
    again = weights(spec(dense(50), dense(50), inputs=50), backend)
    other = weights(spec(dense(50), dense(50), inputs=50, seed=1), backend)
    for path in ("dense/kernel", "dense_1/kernel"):
        np.testing.assert_array_equal(first[path], again[path])
        assert correlation(first[path], other[path]) < 0.1
    assert correlation(first["dense/kernel"], first["dense_1/kernel"]) < 0.1
    assert correlation(first["dense/kernel"], first["dense_1/kernel"].T) < 0.1


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Of 2,500 pairs of independent values it stays below 0.1."""
    return abs(float(np.corrcoef(first.ravel(), second.ravel())[0, 1]))


@pytest.mark.parametrize("backend", BACKENDS)
def test_other_layers_do_not_change_a_weight(backend):
    """Neither in front nor behind, of the same type or of another."""
    first = {**dense(20), "name": "first"}
    second = {**dense(20), "name": "second"}
    extra = {**dense(20), "name": "extra"}
    other = [{"type": "batch_normalization"}, {"type": "dropout", "rate": 0.5}]
    expected = weights(spec(first, second, inputs=20), backend)
    for layers in (
        [extra, first, second],
        [first, *other, extra, second],
        [first, second, *other, extra],
    ):
        found = weights(spec(*layers, inputs=20), backend)
        for path, values in expected.items():
            np.testing.assert_array_equal(found[path], values, err_msg=path)
    alone = weights(spec(second, inputs=20), backend)
    np.testing.assert_array_equal(alone["second/kernel"], expected["second/kernel"])


# Dropout

ROWS, COLUMNS = 500, 400


def dropped(rate: float, backend: str, training: bool) -> list[Callable[[], np.ndarray]]:
    """Two dropout layers of a compiled program; each call gives what it makes of ones."""
    layers = [{"type": "dropout", "rate": rate}, {"type": "dropout", "rate": rate}, dense(1)]
    model = samenet.build(spec(*layers, inputs=COLUMNS), backend)
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
