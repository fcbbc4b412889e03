"""Losses: values and gradients of both programs' expressions, and whole trainings.

The judges of values are formulas written here in NumPy and the numbers of Keras' own tests; the
gradients of the two frameworks judge each other. All is in double precision.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

import samenet
from samenet.codegen.expression import Name
from samenet.diagnostics import Code
from samenet.losses import CATALOGUE, AnyLoss, Batch, Loss
from samenet.lowering import BACKENDS, lower
from tests.equivalence.differences import within
from tests.equivalence.expressions import live
from tests.specs import ARRAYS, changed

# Measured: 3e-15 in values, 2e-15 in gradients, both up to 10.
TOLERANCE = 1e-13

ANY: TypeAdapter[Any] = TypeAdapter(AnyLoss)
EPSILON = 1e-7

Formula = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""The loss of each number, or of each last axis, from outputs and targets."""

pytestmark = pytest.mark.usefixtures("float64")


def by_keras(loss: Loss, scores: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """The value of a Keras program's loss and its gradient in the scores.

    In a graph, as in `fit`, and behind the activation in which the network has to end.
    """
    tf = importlib.import_module("tensorflow")
    keras = importlib.import_module("keras")
    function = live(lower(loss, "keras"))
    activation = keras.activations.get(loss.ACTIVATION or "linear")

    @tf.function
    def value_and_slope(x: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(targets, activation(x))
        return value, tape.gradient(value, x)

    value, slope = value_and_slope(tf.constant(scores), tf.constant(y))
    assert value.dtype == "float64"
    return float(value), slope.numpy()


def by_torch(
    loss: Loss, scores: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, np.ndarray]:
    """The value of a PyTorch program's loss and its gradient in the scores."""
    torch = importlib.import_module("torch")
    x = torch.tensor(scores, requires_grad=True)
    rank = scores.ndim - 1
    batch = Batch(Name("outputs"), Name("targets"), rank > 1, weights is not None)
    targets = torch.tensor(y)
    value = live(lower(loss, "torch", batch), outputs=x, targets=targets)
    if weights is not None:
        value = (value.reshape(len(weights), -1).mean(1) * torch.tensor(weights)).mean()
    value.backward()
    return float(value.detach()), x.grad.numpy()


def agree(value: Any, scores: Any, y: Any, tolerance: float = TOLERANCE) -> float:
    """The loss, after both frameworks agreed on it and on its gradient."""
    loss = ANY.validate_python(value)
    scores, y = np.asarray(scores, dtype=float), np.asarray(y)
    (keras, slope), (torch, gradient) = by_keras(loss, scores, y), by_torch(loss, scores, y)
    within(tolerance, torch, keras, "the value")
    within(tolerance, gradient, slope, "the gradient")
    return torch


def softmax(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def log_softmax(x: np.ndarray) -> np.ndarray:
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def cut(p: np.ndarray) -> np.ndarray:
    return np.clip(p, EPSILON, 1 - EPSILON)


def cross_entropy(smoothing: float = 0.0) -> Formula:
    return lambda x, y: -((y * (1 - smoothing) + smoothing / y.shape[-1]) * log_softmax(x)).sum(-1)


def binary(smoothing: float = 0.0) -> Formula:
    def formula(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        y = y * (1 - smoothing) + smoothing / 2
        return np.logaddexp(0, x) - y * x

    return formula


def focal(alpha: float = 0.25, gamma: float = 2.0, smoothing: float = 0.0) -> Formula:
    def formula(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        p, y = cut(softmax(x)), y * (1 - smoothing) + smoothing / y.shape[-1]
        return -(alpha * (1 - p) ** gamma * y * np.log(p)).sum(-1)

    return formula


def binary_focal(gamma: float = 2.0, alpha: float | None = None, smoothing: float = 0.0) -> Formula:
    def formula(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        p, y = sigmoid(x), y * (1 - smoothing) + smoothing / 2
        factor = 1.0 if alpha is None else y * alpha + (1 - y) * (1 - alpha)
        q = y * p + (1 - y) * (1 - p)
        return factor * (1 - q) ** gamma * (np.logaddexp(0, x) - y * x)

    return formula


def huber(delta: float = 1.0) -> Formula:
    def formula(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        error = np.abs(x - y)
        return np.where(error <= delta, error**2 / 2, delta * error - delta**2 / 2)

    return formula


def logarithm(x: np.ndarray) -> np.ndarray:
    return np.log(1 + np.maximum(x, EPSILON))


def divergence(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    x, y = np.clip(x, EPSILON, 1), np.clip(y, EPSILON, 1)
    return (y * np.log(y / x)).sum(-1)


def log_cosh(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Keras' logarithm of 2 has 32 bits, whatever else has."""
    return np.logaddexp(x - y, y - x) - float(np.log(np.float32(2)))


def hinge(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    if set(np.unique(y)) <= {0, 1}:
        y = 2 * y - 1
    return np.maximum(1 - y * x, 0)


def categorical_hinge(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(((1 - y) * x).max(-1) - (y * x).sum(-1) + 1, 0)


def cosine(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return -(x * y).sum(-1) / np.linalg.norm(x, axis=-1) / np.linalg.norm(y, axis=-1)


def table(kind: str, **arguments: Any) -> dict[str, Any]:
    return {"type": kind, **arguments}


ON_CLASSES: list[tuple[Any, Formula]] = [
    ("categorical_crossentropy", cross_entropy()),
    (table("categorical_crossentropy", label_smoothing=0.1), cross_entropy(0.1)),
    (table("categorical_crossentropy", label_smoothing=1), cross_entropy(1.0)),
    ("categorical_focal_crossentropy", focal()),
    (table("categorical_focal_crossentropy", alpha=0.6, gamma=0), focal(0.6, 0.0)),
    (table("categorical_focal_crossentropy", gamma=1.5, label_smoothing=0.2),
     focal(0.25, 1.5, 0.2)),
]  # fmt: skip
ON_BINARY: list[tuple[Any, Formula]] = [
    ("binary_crossentropy", binary()),
    (table("binary_crossentropy", label_smoothing=0.1), binary(0.1)),
    ("binary_focal_crossentropy", binary_focal()),
    (table("binary_focal_crossentropy", apply_class_balancing=True), binary_focal(alpha=0.25)),
    (table("binary_focal_crossentropy", apply_class_balancing=True, alpha=0.7, gamma=3,
           label_smoothing=0.2), binary_focal(3.0, 0.7, 0.2)),
]  # fmt: skip
ON_VALUES: list[tuple[Any, Formula]] = [
    ("mean_squared_error", lambda x, y: (x - y) ** 2),
    ("mean_absolute_error", lambda x, y: np.abs(x - y)),
    (
        "mean_absolute_percentage_error",
        lambda x, y: 100 * np.abs(x - y) / np.maximum(np.abs(y), EPSILON),
    ),
    ("mean_squared_logarithmic_error", lambda x, y: (logarithm(x) - logarithm(y)) ** 2),
    ("huber", huber()),
    (table("huber", delta=0.25), huber(0.25)),
    ("log_cosh", log_cosh),
    ("hinge", hinge),
    ("squared_hinge", lambda x, y: hinge(x, y) ** 2),
    ("categorical_hinge", categorical_hinge),
    ("cosine_similarity", cosine),
]
ON_FRACTIONS: list[tuple[Any, Formula]] = [
    ("kl_divergence", divergence),
    ("poisson", lambda x, y: x - y * np.log(x + EPSILON)),
]
SHAPES = [(6, 4), (5, 3, 4), (2, 3, 2, 4)]


def names(case: Any) -> str:
    if isinstance(case, str):
        return case
    return "-".join(map(str, case.values())) if isinstance(case, dict) else ""


def test_every_loss_is_here():
    cases = [value for value, _ in [*ON_CLASSES, *ON_BINARY, *ON_VALUES, *ON_FRACTIONS]]
    found = {value for value in cases if isinstance(value, str)}
    assert set(CATALOGUE) == found | {"sparse_categorical_crossentropy"}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("value", "formula"), ON_CLASSES, ids=names)
def test_on_distributions(value, formula, shape):
    random = np.random.default_rng(0)
    x = 3 * random.normal(size=shape)
    x.reshape(-1, shape[-1])[0] = 0.0  # a tie of all classes
    soft = random.dirichlet(np.ones(shape[-1]), size=shape[:-1])
    hard = np.eye(shape[-1])[random.integers(0, shape[-1], size=shape[:-1])]
    for y in (soft, hard):
        within(TOLERANCE, agree(value, x, y), formula(x, y).mean())


@pytest.mark.parametrize("shape", [(6, 1), *SHAPES], ids=str)
@pytest.mark.parametrize(("value", "formula"), ON_BINARY, ids=names)
def test_on_zeros_and_ones(value, formula, shape):
    random = np.random.default_rng(0)
    x = 3 * random.normal(size=shape)
    x.flat[0] = 0.0
    for y in (random.integers(0, 2, size=shape), np.zeros(shape), np.ones(shape)):
        within(TOLERANCE, agree(value, x, y.astype(float)), formula(x, y).mean())


@pytest.mark.parametrize("shape", [(6, 1), *SHAPES], ids=str)
@pytest.mark.parametrize(("value", "formula"), ON_VALUES, ids=names)
def test_on_values(value, formula, shape):
    random = np.random.default_rng(0)
    x, y = 2 * random.normal(size=shape), 0.5 + np.abs(random.normal(size=shape))
    x.flat[0] = y.flat[0]  # no error at all
    x.flat[1], y.flat[1] = 2.0, 1.0  # an error of delta
    signs, bits = np.where(y > 1, 1.0, -1.0), np.where(y > 1, 1.0, 0.0)
    for targets in (y, signs, bits):
        if value == "cosine_similarity" and targets is bits:
            continue  # a vector of zeros has no direction
        if value == "mean_absolute_percentage_error" and targets is bits:
            continue  # 1e9 percent; see below
        within(TOLERANCE, agree(value, x, targets), formula(x, targets).mean())


@pytest.mark.parametrize("shape", [(6, 1), *SHAPES], ids=str)
@pytest.mark.parametrize(("value", "formula"), ON_FRACTIONS, ids=names)
def test_on_fractions(value, formula, shape):
    random = np.random.default_rng(0)
    x, y = random.random(shape), random.random(shape)
    x.flat[0], y.flat[1], x.flat[2], y.flat[3] = 1.0, 0.0, 0.01, 1.0
    within(TOLERANCE, agree(value, x, y), formula(x, y).mean())


def test_errors_in_percent_of_nothing():
    """The least that Keras divides by is 1e-7; the digits are those of the quotient."""
    found = agree("mean_absolute_percentage_error", [[1e-9, -2e-9]], [[0.0, 0.0]])
    within(TOLERANCE, found, 100 * 1.5e-9 / 1e-7)


def test_a_target_without_direction():
    found = agree("cosine_similarity", [[3.0, 4.0], [0.6, 0.8]], [[0.0, 0.0], [0.6, 0.8]])
    within(TOLERANCE, found, -0.5)


def test_hinge_of_mixed_targets():
    """Zeros stand for -1 only where a batch has nothing but 0 and 1."""
    x = [[0.3, -0.4, 2.0]]
    within(TOLERANCE, agree("hinge", x, [[0.0, 1.0, 1.0]]), (1.3 + 1.4 + 0.0) / 3)
    within(TOLERANCE, agree("hinge", x, [[0.0, 1.0, -1.0]]), (1.0 + 1.4 + 3.0) / 3)
    within(TOLERANCE, agree("hinge", [[1.0, -1.0]], [[1.0, 0.0]]), 0.0)  # both at the kink


@pytest.mark.parametrize("value", ["kl_divergence", "mean_squared_logarithmic_error", "poisson"])
def test_where_logarithms_are_cut(value):
    """What is below the limit has no gradient, what is at it has."""
    x = [[0.0, 1e-7, 1e-8, 1.0, 0.5]]
    agree(value, x, [[0.0, 0.0, 0.0, 1.0, 0.0]])
    agree(value, x if value == "poisson" else [[-1.0, 1.0, 2.0, 0.0, 0.5]], [[0.0] * 5])


@pytest.mark.parametrize("scale", [10.0, 100.0, 1000.0])
def test_scores_far_from_zero(scale):
    """What is computed from scores has no limit, what is computed from probabilities has."""
    x, y = scale * np.array([[1.0, -1.0, 0.5], [-1.0, 0.0, 1.0]]), np.eye(3)[[1, 0]]
    for value in ("categorical_crossentropy", "binary_crossentropy", "binary_focal_crossentropy"):
        loss = agree(value, x, y, 1e-15 * scale)
        formula = {"c": cross_entropy(), "b": binary()}[value[0]]
        if "focal" not in value:
            within(1e-15 * scale, loss, formula(x, y).mean())
    within(TOLERANCE, agree("categorical_focal_crossentropy", x, y), focal()(x, y).mean())


# Classes


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_on_classes(shape):
    random = np.random.default_rng(0)
    x, y = 3 * random.normal(size=shape), random.integers(0, shape[-1], size=shape[:-1])
    expected = cross_entropy()(x, np.eye(shape[-1])[y]).mean()
    within(TOLERANCE, agree("sparse_categorical_crossentropy", x, y), expected)


@pytest.mark.parametrize("ignored", [-1, 0, 2, 255])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_class_that_does_not_count(shape, ignored):
    random = np.random.default_rng(0)
    x, y = 3 * random.normal(size=shape), random.integers(0, shape[-1], size=shape[:-1])
    y.flat[::2] = ignored
    value = table("sparse_categorical_crossentropy", ignore_class=ignored)
    counts = y != ignored
    p = cut(softmax(x))
    losses = np.log(p.sum(-1)) - np.log((p * np.eye(shape[-1])[y * counts]).sum(-1))
    within(TOLERANCE, agree(value, x, y), losses[counts].mean())


def test_no_class_that_counts():
    value = table("sparse_categorical_crossentropy", ignore_class=1)
    within(0.0, agree(value, [[1.0, 2.0], [0.0, 3.0]], [1, 1]), 0.0)


# Published numbers

Y, P = [[1.0, 9.0, 2.0], [-5.0, -2.0, 6.0]], [[4.0, 8.0, 12.0], [8.0, 1.0, 3.0]]
"""The values of Keras' own tests of losses (keras/src/losses/losses_test.py)."""


@pytest.mark.parametrize(
    ("value", "p", "y", "expected", "digits"),
    [
        ("mean_squared_error", P, Y, 49.5, 12),
        ("mean_absolute_error", P, Y, 5.5, 12),
        ("mean_absolute_percentage_error", [[4, 8, 12], [8, 1, 3]], Y, 211.8518, 3),
        ("mean_squared_logarithmic_error", P, Y, 1.4370, 3),
        ("huber", [[0.9, 0.2, 0.2], [0.8, 0.4, 0.6]], [[1, 0, 1], [1, 0, 0]],
         (0.01 + 0.04 + 0.64 + 0.04 + 0.16 + 0.36) / 12, 12),
        (table("huber", delta=0.5), [[3.0]], [[1.0]], 0.5 * 2 - 0.125, 12),
        ("log_cosh", [[0.0], [2.0]], [[0.0], [1.0]], np.log(np.cosh(1.0)) / 2, 8),
        ("cosine_similarity", [[4, 8, 12], [8, 1, 3]], [[1, 9, 2], [-5, -2, 6]],
         -(0.720488 - 0.34605) / 2, 6),
        ("kl_divergence", [[0.4, 0.9, 0.12], [0.36, 0.3, 0.4]],
         [[0.5, 0.8, 0.12], [0.7, 0.43, 0.8]],
         (0.5 * np.log(1.25) + 0.8 * np.log(8 / 9) + 0.7 * np.log(70 / 36)
          + 0.43 * np.log(43 / 30) + 0.8 * np.log(2)) / 2, 12),
        ("poisson", [[1.0, 3.0], [2.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]], 2.5, 12),
        ("hinge", [[-0.3, 0.2, -0.1, 1.6], [-0.25, -1.0, 0.5, 0.6]],
         [[0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0]], 0.50625, 12),
        ("squared_hinge", [[-0.3, 0.2, -0.1, 1.6], [-0.25, -1.0, 0.5, 0.6]],
         [[0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0]], 0.364062, 6),
        ("categorical_hinge", [[0.3, 0.2, 0.1, 1.6], [0.2, 0.0, 0.5, 0.6]],
         [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]], (2.4 + 1.1) / 2, 12),
    ],
)  # fmt: skip
def test_published_numbers(value, p, y, expected, digits):
    found = agree(value, p, np.asarray(y, dtype=float))
    assert found == pytest.approx(expected, abs=10.0**-digits)


@pytest.mark.parametrize(
    ("value", "scores", "y", "expected", "digits"),
    [
        ("categorical_crossentropy", "classes", [0, 1, 2], 0.0573, 4),
        ("categorical_focal_crossentropy", "classes", [0, 1, 2], 0.000345, 6),
        ("binary_crossentropy", "zeros and ones", [[1, 0, 1], [0, 1, 1]], 20 / 6, 4),
        (table("binary_crossentropy", label_smoothing=0.1), "zeros and ones",
         [[1, 0, 1], [0, 1, 1]], (10 + 5 * 0.1) / 3, 4),
        (table("binary_focal_crossentropy", gamma=3), [[1.5, -2.7, 2.9], [-3.8, 1.2, -4.5]],
         [[1, 1, 0], [0, 1, 0]], 0.799, 3),
        ("binary_focal_crossentropy", np.log([[9.0, 4.0], [7 / 3, 0.25]]),
         [[1, 0], [1, 0]], 0.268, 3),
    ],
)  # fmt: skip
def test_published_numbers_from_scores(value, scores, y, expected, digits):
    given = {
        "classes": [[8.0, 1.0, 1.0], [0.0, 9.0, 1.0], [2.0, 3.0, 5.0]],
        "zeros and ones": [[10.0, -10.0, 10.0], [10.0, 10.0, -10.0]],
    }
    if isinstance(scores, str):
        scores = given[scores]
    y = np.eye(3)[y] if np.ndim(y) == 1 else np.asarray(y, dtype=float)
    assert agree(value, scores, y) == pytest.approx(expected, abs=10.0**-digits)


# Whole trainings

OUTPUTS: dict[str, tuple[Any, int]] = {
    "a": (table("categorical_crossentropy", label_smoothing=0.1), 3),
    "b": ("categorical_focal_crossentropy", 3),
    "c": (table("sparse_categorical_crossentropy", ignore_class=-1), 3),
    "d": (table("binary_focal_crossentropy", apply_class_balancing=True), 2),
    "e": (table("binary_crossentropy", label_smoothing=0.2), 2),
    "f": ("mean_absolute_percentage_error", 2),
    "g": ("mean_squared_logarithmic_error", 2),
    "h": (table("huber", delta=0.5), 1),
    "i": ("log_cosh", 2),
    "j": ("kl_divergence", 3),
    "k": ("poisson", 2),
    "l": ("hinge", 1),
    "m": ("squared_hinge", 2),
    "n": ("categorical_hinge", 3),
    "o": ("cosine_similarity", 3),
}
"""An output for each loss, and how many numbers it has."""

ENDINGS = {"kl_divergence": "softmax", "poisson": "softplus"}


def network(outputs: dict[str, tuple[Any, int]], **training: Any) -> dict[str, Any]:
    """A network with a hidden layer and an output for each loss."""
    losses = {name: ANY.validate_python(value) for name, (value, _) in outputs.items()}
    dense = [
        {"type": "dense", "name": name, "units": outputs[name][1], "inputs": "hidden",
         "activation": loss.ACTIVATION or ENDINGS.get(loss.kind, "linear")}
        for name, loss in losses.items()
    ]  # fmt: skip
    single = len(outputs) == 1
    values = {name: value for name, (value, _) in outputs.items()}
    return {
        "version": 1,
        "input": {"shape": [4]},
        "layers": [{"type": "dense", "units": 5, "activation": "tanh", "name": "hidden"}, *dense],
        "outputs": list(outputs),
        "optimizer": {"type": "adam", "learning_rate": 0.01},
        "training": {
            "loss": next(iter(values.values())) if single else values,
            "batch_size": 16,
            "epochs": 3,
            **training,
        },
        "data": {"source": "arrays", "validation_split": 0.25},
    }


def targets(value: Any, count: int, size: int, random: np.random.Generator) -> np.ndarray:
    """Targets as a loss takes them."""
    loss = ANY.validate_python(value)
    classes = random.integers(0, size, size=count)
    if loss.TARGETS == "classes":
        return np.where(random.random(count) < 0.2, -1, classes)
    if loss.TARGETS == "distributions" or loss.kind == "kl_divergence":
        return random.dirichlet(np.ones(size), size=count)
    if loss.kind == "categorical_hinge":
        return np.eye(size)[classes]
    if loss.TARGETS == "binary" or "hinge" in loss.kind:
        return random.integers(0, 2, size=(count, size)).astype(float)
    return 0.5 + random.random((count, size))


def test_a_whole_training_with_all_losses():
    """60 samples to train with: the last batch of 12 is short."""
    random = np.random.default_rng(1)
    x = random.normal(size=(80, 4))
    y = {name: targets(value, 80, size, random) for name, (value, size) in OUTPUTS.items()}
    keras, torch = (samenet.train(network(OUTPUTS), b, data=(x, y)) for b in BACKENDS)
    assert list(keras.history) == list(torch.history)
    for name, values in keras.history.items():
        # Measured: 3e-14, in the percentages, which are about 100.
        within(1e-12, torch.history[name], values, name)
    for name, weight in keras.weights().items():
        within(1e-12, torch.weights()[name], weight, name)
    assert keras.history["loss"][-1] < keras.history["loss"][0]


# Weights of classes


@pytest.mark.parametrize(
    ("value", "size", "weights"),
    [
        ("sparse_categorical_crossentropy", 3, [0.5, 2.0, 1.0]),
        (table("sparse_categorical_crossentropy", ignore_class=-1), 3, {"1": 4}),
        (table("categorical_crossentropy", label_smoothing=0.1), 3, {"0": 0.0, "2": 3.0}),
        ("categorical_focal_crossentropy", 3, [1.0, 5.0]),
        (table("binary_crossentropy", label_smoothing=0.1), 1, [0.25, 3.0]),
        ("binary_focal_crossentropy", 1, {"1": 2.5}),
    ],
    ids=names,
)
def test_weights_of_classes(value, size, weights):
    """In training alone, and over the number of samples; metrics have no weights."""
    random = np.random.default_rng(2)
    x, y = random.normal(size=(80, 4)), targets(value, 80, size, random)
    if value == "sparse_categorical_crossentropy":
        y = np.abs(y)
    spec = network({"a": (value, size)}, class_weight=weights)
    keras, torch = (samenet.train(spec, backend, data=(x, y)) for backend in BACKENDS)
    for name, values in keras.history.items():
        within(1e-13, torch.history[name], values, name)
    for name, weight in keras.weights().items():
        within(1e-13, torch.weights()[name], weight, name)
    plain = samenet.train(network({"a": (value, size)}), "torch", data=(x, y))
    assert abs(plain.history["loss"][0] - torch.history["loss"][0]) > 0.01


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_sum_is_divided_by_the_number_of_samples(backend):
    """Before the first step, with scores of 0, each sample has the loss log 2."""
    spec = network({"a": ("sparse_categorical_crossentropy", 2)}, class_weight=[1.0, 5.0])
    spec["layers"][1]["kernel_initializer"] = "zeros"
    spec["training"] |= {"epochs": 1, "batch_size": 12, "metrics": []}
    spec["data"] = {"source": "arrays"}
    x, y = np.ones((12, 4)), np.arange(12) % 4 == 0
    history = samenet.train(spec, backend, (x, y), validation_data=(x, y)).history
    within(1e-13, history["loss"][0], np.log(2) * (9 + 3 * 5) / 12)
    assert history["val_loss"][0] < 0.75  # without weights, after one step


@pytest.mark.parametrize(
    ("value", "size", "weights", "code", "place"),
    [
        ("mean_squared_error", 1, [1.0, 2.0], Code.LOSS, ()),
        ("binary_crossentropy", 2, [1.0, 2.0], Code.LOSS, ()),
        ("binary_crossentropy", 1, [1.0, 2.0, 3.0], Code.UNKNOWN_NAME, ("2",)),
        ("categorical_crossentropy", 3, {"3": 1.0}, Code.UNKNOWN_NAME, ("3",)),
        ("categorical_crossentropy", 3, {"a": 1.0}, Code.UNKNOWN_NAME, ("a",)),
        ("categorical_crossentropy", 3, {"1": -1.0}, Code.OUT_OF_RANGE, ("1",)),
        ("categorical_crossentropy", 3, [1.0, -1.0], Code.OUT_OF_RANGE, ()),
        ("categorical_crossentropy", 3, 2.0, Code.WRONG_TYPE, ()),
        ("categorical_crossentropy", 3, ["a"], Code.WRONG_TYPE, ()),
    ],
)
def test_mistakes_in_weights_of_classes(value, size, weights, code, place):
    (found,) = samenet.validate(network({"a": (value, size)}, class_weight=weights))
    assert (found.code, found.path) == (code, ("training", "class_weight", *place))


def test_weights_of_classes_of_several_outputs_are_refused():
    (found,) = samenet.validate(network(OUTPUTS, class_weight=[1.0, 2.0]))
    assert found.path == ("training", "class_weight")


# What is refused


def test_probabilities_that_do_not_add_up_are_refused():
    spec = network({"a": ("categorical_crossentropy", 3)})
    for wrong in ([0.5, 0.6, 0.0], [1.5, -0.5, 0.0]):
        y = np.array([[0.0, 1.0, 0.0], wrong] * 4)
        with pytest.raises(samenet.SpecError, match="not negative and add up to 1"):
            samenet.train(spec, "torch", data=(np.zeros((8, 4)), y))


def test_a_class_that_is_not_the_ignored_one_is_refused():
    spec = network({"a": (table("sparse_categorical_crossentropy", ignore_class=-1), 3)})
    with pytest.raises(samenet.SpecError, match="is -2; classes are whole numbers"):
        samenet.train(spec, "torch", data=(np.zeros((4, 4)), [0, -1, -2, 1]))


@pytest.mark.parametrize(
    ("loss", "code", "place"),
    [
        ("hubr", Code.UNKNOWN_VALUE, ()),
        (3, Code.WRONG_TYPE, ()),
        (table("hubr"), Code.UNKNOWN_VALUE, ("type",)),
        (table("huber", delta=0), Code.OUT_OF_RANGE, ("delta",)),
        (table("huber", delta="1"), Code.WRONG_TYPE, ("delta",)),
        (table("huber", detla=1), Code.UNKNOWN_KEY, ("detla",)),
        (table("mean_squared_error", delta=1), Code.UNKNOWN_KEY, ("delta",)),
        (table("binary_focal_crossentropy", alpha=2), Code.OUT_OF_RANGE, ("alpha",)),
        ({"delta": 1.0}, Code.WRONG_TYPE, ("delta",)),
        ("categorical_crossentropy", Code.LOSS, ()),
    ],
)  # fmt: skip
def test_mistakes(loss, code, place):
    (found,) = samenet.validate(changed(ARRAYS, training__loss=loss, training__metrics=[]))
    assert (found.code, found.path) == (code, ("training", "loss", *place))


def test_mistakes_of_one_of_several():
    spec = network({**OUTPUTS, "h": (table("huber", delta=0.5), 1)})
    spec["training"]["loss"]["h"]["delta"] = -1
    spec["training"]["loss"]["i"] = {"delta": 1}
    found = [(item.code, item.path[2:]) for item in samenet.validate(spec)]
    assert found == [(Code.OUT_OF_RANGE, ("h", "delta")), (Code.MISSING_KEY, ("i",))]


def test_an_output_that_is_called_type():
    outputs = {"type": (table("huber"), 1), "a": ("log_cosh", 1)}
    assert not samenet.validate(network(outputs))
    spec = samenet.load(network(outputs))
    assert [spec.training.loss_of(name).kind for name in ("type", "a")] == ["huber", "log_cosh"]
