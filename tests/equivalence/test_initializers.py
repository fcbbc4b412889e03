"""Initial weights: what is drawn at random, as distributions and as promises.

They come from NumPy in both programs, so they are compared with Keras' own initializers as
distributions, and between the frameworks bit by bit; what is not random is compared exactly.

All seeds are fixed: a test that passes once passes always. Bounds that a right distribution would
still break by chance are set where that chance is below one in a million.
"""

from __future__ import annotations

import importlib
import math
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

import samenet
from samenet import runtime
from samenet.initializers import (
    CATALOGUE,
    Fans,
    Given,
    Initializer,
    InitializerName,
    LSTMBias,
    initializer,
    refusal,
    with_fans,
)
from samenet.lowering import BACKENDS
from templates.shared import initializers as drawn
from tests.equivalence.expressions import live

INPUTS, UNITS, BIASES = 400, 300, 20_000

ANY: TypeAdapter[Any] = TypeAdapter(Initializer)


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


def dense(units: int = UNITS, **options: Any) -> dict[str, Any]:
    return {"type": "dense", "units": units, **options}


def weights(source: dict[str, Any], backend: str = "torch") -> dict[str, np.ndarray]:
    return runtime.weights(samenet.build(source, backend), backend)


def draw(value: Any, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Numbers of an initializer as a spec has it, or of one that only layers have."""
    read = ANY.validate_python(value) if isinstance(value, str | dict) else value
    return live(initializer(read))(np.random.default_rng(seed), shape)


def of_keras(value: Any, **seed: int) -> Any:
    """Keras' own initializer."""
    from keras import initializers

    table = {"type": value} if isinstance(value, str) else dict(value)
    name = table.pop("type").title().replace("_", "")
    random = name not in ("Zeros", "Ones", "Constant", "Identity")
    return getattr(initializers, name)(**table, **(seed if random else {}))


def by_keras(value: Any, shape: tuple[int, ...], seed: int = 5) -> np.ndarray:
    """Values of Keras' own initializer."""
    return np.asarray(of_keras(value, seed=seed)(shape))


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


def scaling(scale: float, mode: str, distribution: str) -> dict[str, Any]:
    return {
        "type": "variance_scaling",
        "scale": scale,
        "mode": mode,
        "distribution": distribution,
    }


# By hand: the mean, the standard deviation and how far the values reach from the mean (None:
# without a limit), for a kernel of fans 400 and 300. A normal distribution cut at 2 sigma has
# 0.87962566 of its deviation.
CUT = 2 / 0.87962566
EVEN = math.sqrt(3)
GLOROT, HE, LECUN = math.sqrt(2 / 700), math.sqrt(2 / 400), math.sqrt(1 / 400)
OUT, AVERAGE = math.sqrt(0.5 / 300), math.sqrt(2 / 350)
KNOWN: list[tuple[str | dict[str, Any], float, float, float | None]] = [
    ("glorot_uniform", 0, GLOROT, EVEN * GLOROT),
    ("glorot_normal", 0, GLOROT, CUT * GLOROT),
    ("he_uniform", 0, HE, EVEN * HE),
    ("he_normal", 0, HE, CUT * HE),
    ("lecun_uniform", 0, LECUN, EVEN * LECUN),
    ("lecun_normal", 0, LECUN, CUT * LECUN),
    ("random_uniform", 0, 0.05 / EVEN, 0.05),
    ({"type": "random_uniform", "minval": -1.0, "maxval": 3.0}, 1, 2 / EVEN, 2),
    ("random_normal", 0, 0.05, None),
    ({"type": "random_normal", "mean": -1.5, "stddev": 0.3}, -1.5, 0.3, None),
    ("truncated_normal", 0, 0.05 * 0.87962566, 0.1),
    ({"type": "truncated_normal", "mean": 1.0, "stddev": 0.02}, 1, 0.02 * 0.87962566, 0.04),
    ("variance_scaling", 0, LECUN, CUT * LECUN),
    (scaling(2.0, "fan_avg", "uniform"), 0, AVERAGE, EVEN * AVERAGE),
    (scaling(0.5, "fan_out", "truncated_normal"), 0, OUT, CUT * OUT),
    (scaling(0.5, "fan_out", "untruncated_normal"), 0, OUT, None),
    (scaling(0.5, "fan_in", "uniform"), 0, math.sqrt(0.5 / 400), EVEN * math.sqrt(0.5 / 400)),
]
RANDOM = [value for value, *_ in KNOWN]
CONSTANT = {"zeros": 0.0, "ones": 1.0}
# These two have tests of their own.
MATRICES = {"identity", "orthogonal"}


def test_every_initializer_is_judged():
    named = {value for value in RANDOM if isinstance(value, str)}
    assert named | {*CONSTANT, "constant"} | MATRICES == set(get_args(InitializerName))
    assert set(get_args(InitializerName)) == set(CATALOGUE)


def label(value: Any) -> str:
    return "-".join(map(str, value.values())) if isinstance(value, dict) else str(value)


RANDOM_IDS = [label(value) for value in RANDOM]


@pytest.mark.parametrize(("value", "mean", "deviation", "reach"), KNOWN, ids=RANDOM_IDS)
def test_initial_weights_are_distributed_as_those_of_keras(value, mean, deviation, reach):
    found = weights(spec(dense(kernel_initializer=value)))["dense/kernel"]
    expected = by_keras(value, (INPUTS, UNITS))
    for values in (found, expected):  # the hand-written numbers hold for Keras too
        assert values.shape == (INPUTS, UNITS)
        centred = values - mean
        assert abs(centred.mean()) < 5 * deviation / math.sqrt(values.size)
        assert centred.std() == pytest.approx(deviation, rel=0.01)
        assert abs(centred).max() > (3.5 * deviation if reach is None else 0.999 * reach)
        assert reach is None or abs(centred).max() <= reach * (1 + 1e-5)
        assert centred.min() < 0.99 * -abs(centred).max() or reach is None
    assert kolmogorov_smirnov(found, expected) < SAME
    # Neither rows nor columns have a pattern of their own.
    for axis, count in ((0, INPUTS), (1, UNITS)):
        assert abs(found.mean(axis) - mean).max() < 5.5 * deviation / math.sqrt(count)


@pytest.mark.parametrize("value", RANDOM, ids=label)
@pytest.mark.parametrize(
    "shape", [(BIASES,), (5, 40, 100), (3, 3, 20, 110), (2, 3, 2, 40, 42)], ids=str
)
def test_other_ranks_have_the_fans_of_keras(value, shape):
    found, expected = draw(value, shape), by_keras(value, shape)
    assert found.shape == shape
    assert found.std() == pytest.approx(expected.std(), rel=0.03)
    assert kolmogorov_smirnov(found, expected) < SAME


@given(st.lists(st.integers(1, 9), max_size=6), st.data())
def test_fans_are_those_of_keras(sizes, data):
    from keras.src.initializers.random_initializers import compute_fans

    shape = tuple(sizes)
    assert drawn.fans(shape) == compute_fans(shape)
    axes = st.lists(st.integers(0, len(shape) - 1), unique=True) if shape else st.just([])
    inputs, outputs = data.draw(axes), data.draw(axes)
    assert drawn.fans(shape, inputs, outputs) == compute_fans(shape, inputs, outputs)


def test_the_statistic_can_tell():
    """Distributions that a wrong initializer would give, with the same standard deviation."""
    random = np.random.default_rng(1)
    size = INPUTS * UNITS
    cut = by_keras("glorot_normal", (INPUTS, UNITS))
    assert kolmogorov_smirnov(cut, random.normal(0, GLOROT, size)) > 1.5 * SAME
    assert kolmogorov_smirnov(cut, by_keras("glorot_uniform", (INPUTS, UNITS))) > 2 * SAME
    assert kolmogorov_smirnov(cut, cut * 0.9) > 2 * SAME
    assert kolmogorov_smirnov(cut, by_keras("glorot_normal", (UNITS, INPUTS))) < SAME


# What is not random


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("zeros", (3, 2)),
        ("ones", (4,)),
        ("constant", (2, 3)),
        ({"type": "constant", "value": -0.75}, (2, 3, 1)),
        ("identity", (3, 3)),
        ("identity", (2, 5)),
        ({"type": "identity", "gain": 1.5}, (4, 2)),
    ],
    ids=str,
)
def test_constants_are_those_of_keras(value, shape):
    np.testing.assert_array_equal(draw(value, shape), by_keras(value, shape))


@pytest.mark.parametrize(("name", "value"), CONSTANT.items())
@pytest.mark.parametrize("backend", BACKENDS)
def test_constant_weights(name, value, backend):
    layer = dense(kernel_initializer=name, bias_initializer=name)
    for values in weights(spec(layer), backend).values():
        np.testing.assert_array_equal(values, value)


def test_given_numbers_lie_along_the_last_axis():
    np.testing.assert_array_equal(draw(Given((1.5, 2.0)), (2,)), [1.5, 2.0])
    np.testing.assert_array_equal(draw(Given((1.5, 2.0)), (3, 2)), [[1.5, 2.0]] * 3)


@pytest.mark.parametrize("value", ["zeros", {"type": "constant", "value": 0.5}], ids=label)
def test_the_forget_gate_of_an_lstm_starts_as_in_keras(value):
    from keras import layers

    layer = layers.LSTM(3, bias_initializer=of_keras(value))
    layer.build((None, 4, 2))
    expected = np.asarray(layer.cell.bias)
    assert len(set(expected)) == 2
    np.testing.assert_array_equal(draw(LSTMBias(ANY.validate_python(value)), (12,)), expected)


def test_the_gates_of_an_lstm_are_drawn_as_in_keras():
    """The first gate on its own, the last two together: their numbers have other fans."""
    units = 3000
    found = draw(LSTMBias("glorot_uniform"), (4 * units,))
    np.testing.assert_array_equal(found[units : 2 * units], 1.0)
    for part, size in ((found[:units], units), (found[2 * units :], 2 * units)):
        assert kolmogorov_smirnov(part, by_keras("glorot_uniform", (size,))) < SAME
    assert np.abs(found[2 * units :]).max() < np.abs(found[:units]).max() * 0.8


# Orthogonal

SHAPES = [(6, 6), (7, 3), (3, 7), (2, 3, 4), (2, 2, 12), (3, 3, 2, 5), (2, 1, 2, 2, 9)]


@pytest.mark.parametrize("gain", [1.0, 0.5])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_orthogonal_rows_or_columns(shape, gain):
    value = {"type": "orthogonal", "gain": gain}
    for values, tolerance in ((draw(value, shape), 1e-14), (by_keras(value, shape), 1e-6)):
        assert values.shape == shape
        matrix = values.reshape(-1, shape[-1])
        short = matrix if len(matrix) <= shape[-1] else matrix.T
        products = short @ short.T
        np.testing.assert_allclose(products, gain**2 * np.eye(len(short)), atol=tolerance)


@pytest.mark.parametrize("shape", [(4, 4), (5, 2), (2, 5)], ids=str)
def test_orthogonal_matrices_are_distributed_as_those_of_keras(shape):
    """Evenly over all of them: without the signs of R, the diagonal would be negative mostly."""
    found, expected = (
        np.array([maker("orthogonal", shape, seed) for seed in range(400)])
        for maker in (draw, by_keras)
    )
    for i in range(shape[0]):
        for j in range(shape[1]):
            assert kolmogorov_smirnov(found[:, i, j], expected[:, i, j]) < SAME
            assert abs(found[:, i, j].mean()) < 5 * math.sqrt(1 / max(shape) / 400)
    # Which a wrong sign would show.
    plain = np.array(
        [np.linalg.qr(np.random.default_rng(s).normal(size=shape))[0] for s in range(400)]
    )
    assert kolmogorov_smirnov(plain[:, 0, 0], expected[:, 0, 0]) > 2 * SAME


# Fans that a layer knows better


@pytest.mark.parametrize(
    "value", ["glorot_uniform", "he_normal", scaling(2.0, "fan_out", "uniform")], ids=label
)
@pytest.mark.parametrize(
    ("equation", "inputs", "outputs", "axes"),
    [
        ("abc,cde->abde", (7, 60), (7, 8, 20), ((0,), (1, 2))),
        ("abcd,cde->abe", (7, 8, 20), (7, 60), ((0, 1), (2,))),
    ],
)
def test_kernels_of_products_have_the_fans_of_keras(value, equation, inputs, outputs, axes):
    """As those of attention have, in and out of its heads."""
    from keras import layers

    layer = layers.EinsumDense(equation, outputs, kernel_initializer=of_keras(value, seed=3))
    layer.build((None, *inputs))
    expected = np.asarray(layer.kernel)
    told = with_fans(ANY.validate_python(value), *axes)
    assert isinstance(told, Fans)
    assert kolmogorov_smirnov(draw(told, expected.shape), expected) < SAME
    if inputs == (7, 60):  # where the last two axes alone would tell other fans
        assert kolmogorov_smirnov(draw(value, expected.shape), expected) > 2 * SAME


def test_fans_are_told_only_to_whom_they_matter():
    for value in ("zeros", "truncated_normal", "orthogonal"):
        assert with_fans(value, (0,), (1, 2)) == value


# How it is said


@pytest.mark.parametrize("name", get_args(InitializerName))
def test_a_name_is_a_table_with_only_a_type(name):
    assert ANY.validate_python({"type": name}) == ANY.validate_python(name) == name


def test_equal_initializers_are_equal():
    """They are grouped, as keys of a dictionary."""
    read = ANY.validate_python
    assert read({"type": "random_normal", "stddev": 0.05, "mean": 0}) == "random_normal"
    first, second = (
        {"type": "random_normal", "stddev": 0.1, **more} for more in ({}, {"mean": 0.0})
    )
    assert len({read(first), read(second), read({**first, "stddev": 0.2})}) == 2


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        (
            "he_norml",
            'is "he_norml"; allowed: constant, glorot_normal,',
            "did you mean 'he_normal'?",
        ),
        (3, "must be a name or a table, found 3", ""),
        ({"type": "he_norml"}, '.type is "he_norml"; allowed:', "did you mean 'he_normal'?"),
        ({"stddev": 0.1}, "lacks the key 'type'", "allowed: constant, glorot_normal"),
        ({"type": "random_normal", "stddev": -1.0}, ".stddev must be at least 0, found -1.0", ""),
        (
            {"type": "random_normal", "seed": 1},
            "has no key 'seed'",
            "allowed: mean, stddev or type",
        ),
        ({"type": "constant", "value": True}, ".value must be a number, found true", ""),
        ({"type": "variance_scaling", "mode": "fan"}, '.mode is "fan"; allowed: fan_in', "fan_in"),
    ],
    ids=str,
)
def test_a_mistake_is_one_diagnostic(value, message, hint):
    (found,) = samenet.validate(spec(dense(kernel_initializer=value)))
    assert message in found.message
    assert hint in found.hint
    assert found.path[:3] == ("layers", 0, "kernel_initializer")


def test_no_spec_can_say_what_only_layers_know():
    for name in ("lstm_bias", "given", "fans"):
        (found,) = samenet.validate(spec(dense(bias_initializer=name)))
        assert found.code.title == "unknown-value"


@pytest.mark.parametrize(
    ("value", "shape", "words"),
    [
        ("identity", (3,), "identity makes a matrix"),
        ("identity", (3, 3, 3), "identity makes a matrix"),
        ("identity", (3, 4), ""),
        ("orthogonal", (3,), "two axes or more"),
        ("orthogonal", (2, 3, 4), ""),
        (LSTMBias("orthogonal"), (8,), "two axes or more"),
        (Fans("glorot_uniform", (0,), (1,)), (2, 2), ""),
        (Given((1.0, 2.0)), (3, 2), ""),
        (Given((1.0, 2.0)), (3,), "2 numbers for (3,)"),
        ({"type": "random_uniform", "minval": 1.0, "maxval": 0.0}, (2,), "minval 1.0 is above"),
    ],
    ids=str,
)
def test_shapes_that_an_initializer_refuses(value, shape, words):
    read = ANY.validate_python(value) if isinstance(value, str | dict) else value
    found = refusal(read, shape)
    assert words in found
    assert bool(words) == bool(found)


# What is promised of them


@pytest.mark.parametrize("value", [*RANDOM, "orthogonal"], ids=label)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_both_frameworks_start_from_the_same_bits(value, dtype, request):
    if dtype == "float64":
        request.getfixturevalue("float64")
    bias = "zeros" if value == "orthogonal" else value
    layer = dense(40, kernel_initializer=value, bias_initializer=bias)
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
