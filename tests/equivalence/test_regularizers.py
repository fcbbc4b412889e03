"""Regularizers: values and gradients of both programs' expressions, in double precision.

The judges are formulas written here in NumPy, which hold for both frameworks.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pydantic import TypeAdapter, ValidationError

import samenet
from samenet.lowering import lower
from samenet.regularizers import ActivityRegularizer, Regularizer
from samenet.regularizers.orthogonal import OrthogonalRegularizer
from tests.equivalence.differences import within
from tests.equivalence.expressions import live

# Measured: 2e-14, in sums of 120 numbers up to 100.
TOLERANCE = 1e-12

ANY: TypeAdapter[Any] = TypeAdapter(Regularizer)

pytestmark = pytest.mark.usefixtures("float64")


def single(value: float) -> float:
    """Keras holds factors in 32 bits, also where all else has 64."""
    return float(np.float32(value))


def l1(w: np.ndarray, factor: float) -> tuple[float, np.ndarray]:
    return single(factor) * np.abs(w).sum(), single(factor) * np.sign(w)


def l2(w: np.ndarray, factor: float) -> tuple[float, np.ndarray]:
    return single(factor) * (w**2).sum(), single(factor) * 2 * w


def both(w: np.ndarray, one: float, two: float) -> tuple[float, np.ndarray]:
    (first, first_slope), (second, second_slope) = l1(w, one), l2(w, two)
    return first + second, first_slope + second_slope


def by_keras(regularizer: Any, w: np.ndarray) -> tuple[float, np.ndarray]:
    """The value of a Keras regularizer and its gradient."""
    tf = importlib.import_module("tensorflow")
    x = tf.Variable(w)
    with tf.GradientTape() as tape:
        value = regularizer(tf.convert_to_tensor(x))
    assert value.dtype == "float64"
    slope = tape.gradient(value, x)
    return float(value), np.zeros_like(w) if slope is None else slope.numpy()


def by_torch(regularizer: Any, w: np.ndarray) -> tuple[float, np.ndarray]:
    """The value of a function of a PyTorch program and its gradient."""
    torch = importlib.import_module("torch")
    x = torch.tensor(w, requires_grad=True)
    value = regularizer(x)
    value.backward()
    return float(value.detach()), x.grad.numpy()


def judged(value: Any, w: np.ndarray) -> list[tuple[float, np.ndarray]]:
    """What both programs' regularizers make of a weight: Keras' first."""
    regularizer = ANY.validate_python(value)
    programs = live(lower(regularizer, "keras")), live(lower(regularizer, "torch"))
    return [by_keras(programs[0], w), by_torch(programs[1], w)]


CASES = [
    ("l1", lambda w: l1(w, 0.01)),
    ({"type": "l1", "l1": 0.3}, lambda w: l1(w, 0.3)),
    ("l2", lambda w: l2(w, 0.01)),
    ({"type": "l2", "l2": 0.3}, lambda w: l2(w, 0.3)),
    ({"type": "l2", "l2": 1}, lambda w: l2(w, 1.0)),
    ({"type": "l2", "l2": 0.0}, lambda w: (0.0, 0 * w)),
    ({"type": "l1_l2", "l1": 0.1, "l2": 0.2}, lambda w: both(w, 0.1, 0.2)),
    ({"type": "l1_l2", "l1": 0.1}, lambda w: l1(w, 0.1)),
    ({"type": "l1_l2", "l2": 0.2}, lambda w: l2(w, 0.2)),
]


@pytest.mark.parametrize("shape", [(7,), (4, 3), (2, 3, 4), (3, 2, 5, 4)], ids=str)
@pytest.mark.parametrize(
    ("value", "formula"), CASES, ids=lambda case: "" if callable(case) else str(case)
)
def test_sums(value, formula, shape):
    w = np.random.default_rng(0).normal(size=shape)
    w.flat[1] = 0.0  # where the absolute value has a kink, its slope is 0
    expected, slope = formula(w)
    for found, gradient in judged(value, w):
        within(TOLERANCE, found, expected)
        within(TOLERANCE, gradient, slope)


# TensorFlow makes 0 of what is no normal number.
FACTORS = st.floats(0, 10, width=32, allow_subnormal=False)
NUMBERS = st.floats(-100, 100, allow_subnormal=False)


@settings(deadline=None, max_examples=60)
@given(
    arrays(np.float64, array_shapes(max_dims=4, max_side=4), elements=NUMBERS),
    FACTORS,
    FACTORS,
)
def test_any_weight_and_factors(w, one, two):
    (keras, slope), (torch, gradient) = judged({"type": "l1_l2", "l1": one, "l2": two}, w)
    assert torch == pytest.approx(keras, rel=1e-13, abs=1e-300)
    np.testing.assert_allclose(gradient, slope, rtol=1e-13, atol=1e-300)


# Orthogonal


def cosines(w: np.ndarray, mode: str) -> float:
    """The mean absolute cosine of two rows or columns."""
    vectors = w if mode == "rows" else w.T
    found = [
        abs(a @ b) / np.sqrt((a @ a) * (b @ b)) for i, a in enumerate(vectors) for b in vectors[:i]
    ]
    return float(np.mean(found))


def slopes(w: np.ndarray, mode: str, step: float = 1e-6) -> np.ndarray:
    """Central differences of it."""
    moves = np.eye(w.size).reshape(-1, *w.shape) * step
    return np.array([(cosines(w + m, mode) - cosines(w - m, mode)) / 2 / step for m in moves])


@pytest.mark.parametrize("mode", ["rows", "columns"])
@pytest.mark.parametrize("shape", [(4, 3), (2, 6), (6, 2)], ids=str)
def test_orthogonal(mode, shape):
    w = np.random.default_rng(1).normal(size=shape)
    value = {"type": "orthogonal", "factor": 0.3, "mode": mode}
    (keras, keras_slope), (torch, torch_slope) = judged(value, w)
    within(1e-14, keras, 0.3 * cosines(w, mode))
    within(1e-14, torch, keras)
    within(1e-14, torch_slope, keras_slope)
    within(1e-8, torch_slope.ravel(), 0.3 * slopes(w, mode))  # of central differences


def test_orthogonal_of_rows_that_are_zero():
    """They are orthogonal to all."""
    w = np.random.default_rng(1).normal(size=(3, 4))
    w[1] = 0.0
    (keras, _), (torch, _) = judged({"type": "orthogonal", "factor": 1.0}, w)
    within(1e-14, keras, cosines(w[[0, 2]], "rows") / 3)
    within(1e-14, torch, keras)


@pytest.mark.parametrize(
    ("value", "shape", "words"),
    [
        ("orthogonal", (3,), "takes a matrix, not the shape (3,)"),
        ("orthogonal", (3, 4, 5), "takes a matrix, not the shape (3, 4, 5)"),
        ("orthogonal", (1, 4), "needs two rows, not 1"),
        ({"type": "orthogonal", "mode": "columns"}, (4, 1), "needs two columns, not 1"),
        ("orthogonal", (4, 1), ""),
        ("l2", (3,), ""),
    ],
    ids=str,
)
def test_shapes_that_a_regularizer_refuses(value, shape, words):
    found = ANY.validate_python(value).refusal(shape)
    assert words in found
    assert bool(words) == bool(found)


def test_keras_refuses_what_we_refuse():
    """Or divides by zero."""
    regularizer = live(lower(ANY.validate_python("orthogonal"), "keras"))
    keras = importlib.import_module("keras")
    with pytest.raises(ValueError, match="rank 2"):
        regularizer(keras.ops.ones((3,)))
    assert np.isnan(float(regularizer(keras.ops.ones((1, 4)))))


# Sums over the weights of a network


def test_the_penalty_of_a_network():
    """A rule holds for a name, or for a path in its place; None for nothing."""
    torch = importlib.import_module("torch")
    penalties = importlib.import_module("templates.torch.regularizers")
    names = ["a/kernel", "a/bias", "b/kernel", "c.d/kernel", "c.d/query/kernel"]
    random = np.random.default_rng(0)
    weights = {name: torch.tensor(random.normal(size=(2, 3))) for name in names}
    rules = {
        "kernel": lambda w: penalties.l2(w, 0.5),
        "b/kernel": None,
        "c.d/kernel": lambda w: penalties.l1(w, 2.0),
    }
    arrays = {name: weight.numpy() for name, weight in weights.items()}
    expected = (
        l2(arrays["a/kernel"], 0.5)[0]
        + l1(arrays["c.d/kernel"], 2.0)[0]
        + l2(arrays["c.d/query/kernel"], 0.5)[0]
    )
    within(1e-14, penalties.penalty(rules, weights), expected)
    assert float(penalties.penalty({}, weights)) == 0.0


# Outputs of layers


def test_activity_regularization():
    """The layer of Keras and the module of the PyTorch program: value and gradient."""
    torch = importlib.import_module("torch")
    tf = importlib.import_module("tensorflow")
    keras = importlib.import_module("keras")
    penalties = importlib.import_module("templates.torch.regularizers")
    x = np.random.default_rng(0).normal(size=(7, 3, 2))
    value, slope = both(x, 0.1, 0.2)

    layer = keras.layers.ActivityRegularization(l1=0.1, l2=0.2)
    tensor = tf.Variable(x)
    with tf.GradientTape() as tape:
        output = layer(tf.convert_to_tensor(tensor))
        (loss,) = layer.losses
    np.testing.assert_array_equal(output, x)
    within(1e-14, float(loss), value / 7)
    within(1e-14, tape.gradient(loss, tensor), slope / 7)

    module = penalties.ActivityRegularization(l1=0.1, l2=0.2)
    tensor = torch.tensor(x, requires_grad=True)
    with penalties.activity_penalties(torch.nn.Sequential(module)) as found:
        assert module(tensor) is tensor
    (penalty,) = found
    penalty.backward()
    within(1e-14, float(penalty.detach()), value / 7)
    within(1e-14, tensor.grad, slope / 7)


def test_activity_penalties_are_kept_only_while_asked_for():
    torch = importlib.import_module("torch")
    penalties = importlib.import_module("templates.torch.regularizers")
    first = penalties.ActivityRegularization(l1=1.0, l2=0.0)
    second = penalties.ActivityRegularization(l1=0.0, l2=1.0)
    model = torch.nn.Sequential(first, second, first)  # one of them twice
    x = torch.full((4, 1), 3.0)
    model(x)
    with penalties.activity_penalties(model) as found:
        model(x)
    assert [float(p) for p in found] == [3.0, 9.0, 3.0]
    model(x)
    assert len(found) == 3
    with pytest.raises(RuntimeError, match="in the middle"), penalties.activity_penalties(model):
        raise RuntimeError("in the middle")
    model(x)
    assert first.penalties is None


# How it is said


def test_which_regularizers_an_output_may_have():
    activity: TypeAdapter[Any] = TypeAdapter(ActivityRegularizer)
    for name in ("l1", "l2", "l1_l2"):
        assert activity.validate_python(name) == ANY.validate_python(name)
    assert isinstance(ANY.validate_python("orthogonal"), OrthogonalRegularizer)
    with pytest.raises(ValidationError):
        activity.validate_python("orthogonal")


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        ("l1l2", 'is "l1l2"; allowed: l1, l1_l2, l2 or orthogonal', "did you mean 'l1_l2'?"),
        (0.01, "must be a name or a table, found 0.01", ""),
        ({"type": "l2", "l2": -1.0}, ".l2 must be at least 0, found -1.0", ""),
        ({"type": "l2", "l1": 1.0}, "has no key 'l1'", "l2"),
        ({"l2": 1.0}, "lacks the key 'type'", "allowed: l1, l1_l2, l2 or orthogonal"),
        ({"type": "orthogonal", "mode": "row"}, '.mode is "row"; allowed: rows or columns', "rows"),
    ],
    ids=str,
)
def test_a_mistake_is_one_diagnostic(value, message, hint):
    layer = {"type": "dense", "units": 2, "kernel_regularizer": value}
    (found,) = samenet.validate(
        {
            "version": 1,
            "input": {"shape": [3]},
            "layers": [layer],
            "optimizer": {"type": "sgd"},
            "training": {"loss": "mean_squared_error"},
            "data": {"source": "arrays"},
        }
    )
    assert message in found.message
    assert hint in found.hint
    assert found.path[:3] == ("layers", 0, "kernel_regularizer")
