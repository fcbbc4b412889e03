"""Metrics: values of both programs' expressions over several batches, and whole trainings.

The judges are formulas written here in NumPy and the numbers in Keras' documentation and tests.
All is in double precision.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

import samenet
from samenet.codegen.expression import Name
from samenet.diagnostics import Code
from samenet.losses import Targets
from samenet.lowering import BACKENDS, lower
from samenet.metrics import CATALOGUE, AnyMetric, Measured
from tests.equivalence.differences import within
from tests.equivalence.expressions import live
from tests.equivalence.test_losses import network, table

# Measured: 4e-16. Keras divides in 32 bits for the mean of unions, and so do the programs.
TOLERANCE = 1e-14

ANY: TypeAdapter[Any] = TypeAdapter(AnyMetric)

pytestmark = pytest.mark.usefixtures("float64")


def batches(values: np.ndarray, sizes: Sequence[int]) -> list[np.ndarray]:
    return np.split(values, np.cumsum(sizes)[:-1])


def agree(value: Any, kind: Targets, p: Any, y: Any, sizes: Sequence[int] = ()) -> float:
    """The metric of batches of some sizes, after both frameworks agreed on it.

    Args:
        value: the metric, as in a spec.
        kind: what the targets are.
        p: the outputs of the network, behind its last activation.
        y: the targets.
        sizes: of the batches; by default all samples are one.
    """
    p, y = np.asarray(p, dtype=float), np.asarray(y)
    y = y if kind == "classes" else y.astype(float)
    metric, sizes = ANY.validate_python(value), sizes or [len(p)]
    keras = live(lower(metric, "keras", Measured(kind, p.shape[1:])))
    torch = importlib.import_module("torch")
    means = importlib.import_module("templates.torch.statistics").Statistics()
    measured = Measured(kind, p.shape[1:], Name("scores"), Name("p"), Name("y"))
    expression = lower(metric, "torch", measured)
    for outputs, targets in zip(batches(p, sizes), batches(y, sizes), strict=True):
        keras.update_state(targets, outputs)
        tensor = torch.tensor(outputs)
        scores = torch.logit(tensor) if kind == "binary" else tensor
        found = live(expression, scores=scores, p=tensor, y=torch.tensor(targets))
        means.add({"metric": found}, len(outputs))
    result = means.result()["metric"]
    within(TOLERANCE, result, float(keras.result()), metric.kind)
    return result


def softmax(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


SIZES = [7, 7, 7, 3]
"""24 samples, the last batch of them short."""

RANDOM = np.random.default_rng(0)
P = RANDOM.random((24, 4))
P[0], P[1, :2], P[2, 0], P[3, 1] = 0.5, 0.25, 0.0, 1.0
BITS = (RANDOM.random((24, 4)) < 0.4 * P + 0.3).astype(float)
SHARES = softmax(2 * RANDOM.normal(size=(24, 4)))
SHARES[0] = 0.25  # a tie of all classes
CLASSES = RANDOM.integers(0, 4, size=24)
HARD = np.eye(4)[CLASSES]
SOFT = RANDOM.dirichlet(np.ones(4), size=24)
NUMBERS = RANDOM.normal(size=(24, 4))


def counts(p: np.ndarray, y: np.ndarray, threshold: float = 0.5) -> tuple[int, int, int, int]:
    """True and false positives, false and true negatives."""
    found, wanted = p > threshold, y != 0
    pairs = [(True, True), (True, False), (False, True), (False, False)]
    tp, fp, fn, tn = (int(((found == a) & (wanted == b)).sum()) for a, b in pairs)
    return tp, fp, fn, tn


def test_every_metric_is_here():
    text = importlib.import_module("pathlib").Path(__file__).read_text(encoding="utf-8")
    assert all(f'"{kind}"' in text for kind in CATALOGUE)


# Means


def test_accuracy():
    hits = np.mean(SHARES.argmax(-1) == CLASSES)
    within(TOLERANCE, agree("accuracy", "classes", SHARES, CLASSES, SIZES), hits)
    within(TOLERANCE, agree("accuracy", "distributions", SHARES, HARD, SIZES), hits)
    soft = np.mean(SHARES.argmax(-1) == SOFT.argmax(-1))
    within(TOLERANCE, agree("accuracy", "distributions", SHARES, SOFT, SIZES), soft)
    p = P[4:]  # a logit has no exact inverse
    expected = np.mean((p > 0.5) == BITS[4:])
    within(TOLERANCE, agree("accuracy", "binary", p, BITS[4:], [7, 7, 6]), expected)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 9])
def test_the_first_k(k):
    own = np.take_along_axis(SHARES, CLASSES[:, None], axis=-1)
    expected = np.mean((own < SHARES).sum(-1) < k)
    value = table("sparse_top_k_categorical_accuracy", k=k)
    within(TOLERANCE, agree(value, "classes", SHARES, CLASSES, SIZES), expected)
    value = table("top_k_categorical_accuracy", k=k)
    within(TOLERANCE, agree(value, "distributions", SHARES, HARD, SIZES), expected)
    positions = SHARES.reshape(6, 4, 4), CLASSES.reshape(6, 4)
    value = table("sparse_top_k_categorical_accuracy", k=k)
    within(TOLERANCE, agree(value, "classes", *positions, [4, 2]), expected)


def test_the_first_five_by_default():
    p = softmax(np.random.default_rng(1).normal(size=(30, 9)))
    y = np.arange(30) % 9
    expected = np.mean((p > p[np.arange(30), y][:, None]).sum(-1) < 5)
    assert 0 < expected < 1
    within(TOLERANCE, agree("sparse_top_k_categorical_accuracy", "classes", p, y), expected)
    hard = np.eye(9)[y]
    within(TOLERANCE, agree("top_k_categorical_accuracy", "distributions", p, hard), expected)


def test_targets_that_are_no_classes_are_no_hits():
    p, y = np.full((4, 3), 1 / 3), np.array([-1, 0, 3, 2])
    p[3] = np.nan
    within(TOLERANCE, agree("sparse_top_k_categorical_accuracy", "classes", p, y), 0.25)


@pytest.mark.parametrize("shape", [(24, 4), (24, 1), (6, 4, 4)], ids=str)
def test_errors(shape):
    size = int(np.prod(shape))
    p, y = P.flatten()[:size].reshape(shape), NUMBERS.flatten()[:size].reshape(shape)
    sizes = SIZES if len(p) == 24 else [4, 2]
    errors = p - y
    for kind in ("mean_squared_error", "mean_absolute_error", "root_mean_squared_error"):
        expected = {
            "mean_squared_error": (errors**2).mean(),
            "mean_absolute_error": np.abs(errors).mean(),
            "root_mean_squared_error": np.sqrt((errors**2).mean()),
        }[kind]
        within(TOLERANCE, agree(kind, "values", p, y, sizes), expected)


# Sums


@pytest.mark.parametrize("threshold", [0.0, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("shape", [(24, 4), (96, 1), (6, 4, 4)], ids=str)
def test_counts(shape, threshold):
    p, y = P.reshape(shape), BITS.reshape(shape)
    tp, fp, fn, tn = counts(p, y, threshold)
    sizes = [len(p) - 2, 2]
    expected = {
        "true_positives": tp,
        "false_positives": fp,
        "false_negatives": fn,
        "true_negatives": tn,
        "precision": tp / (tp + fp) if tp + fp else 0.0,
        "recall": tp / (tp + fn),
    }
    for kind, number in expected.items():
        value = table(kind, thresholds=threshold)
        within(TOLERANCE, agree(value, "binary", p, y, sizes), number)
        if threshold == 0.5:
            within(TOLERANCE, agree(kind, "binary", p, y, sizes), number)


@pytest.mark.parametrize("kind", ["precision", "recall"])
def test_counts_of_one_class(kind):
    for index in range(4):
        tp, fp, fn, _ = counts(SHARES[:, index], HARD[:, index], 0.3)
        expected = tp / (tp + (fp if kind == "precision" else fn))
        value = table(kind, class_id=index, thresholds=0.3)
        within(TOLERANCE, agree(value, "distributions", SHARES, HARD, SIZES), expected)


def test_nothing_is_positive():
    zeros = np.zeros((3, 2))
    for kind in ("precision", "recall", "f1_score"):
        assert agree(kind, "values", zeros, zeros) == 0.0
        assert agree(kind, "values", zeros, zeros + 1) == 0.0


def f1(found: np.ndarray, y: np.ndarray, average: str) -> float:
    tp, fp, fn = ((a * b).sum(0) for a, b in ((found, y), (found, 1 - y), (1 - found, y)))
    if average == "micro":
        tp, fp, fn = tp.sum(), fp.sum(), fn.sum()
    score = 2 * tp / np.maximum(2 * tp + fp + fn, 1e-30)
    return float(np.average(score, weights=tp + fn if average == "weighted" else None))


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_f1_score(average):
    # Keras adds 1e-7 to each denominator.
    value = table("f1_score", average=average)
    highest = (SHARES.max(-1, keepdims=True) == SHARES).astype(float)
    expected = f1(highest, HARD, average)
    within(1e-6, agree(value, "distributions", SHARES, HARD, SIZES), expected)
    value = table("f1_score", average=average, threshold=0.4)
    found = agree(value, "binary", P, BITS, SIZES)
    within(1e-6, found, f1((P > 0.4).astype(float), BITS, average))
    agree(table("f1_score", average=average), "distributions", SHARES, SOFT, SIZES)


def area(p: np.ndarray, y: np.ndarray, number: int, curve: str, method: str) -> float:
    """The area from counts above each threshold, one by one."""
    thresholds = [-1e-7, *(i / (number - 1) for i in range(1, number - 1)), 1 + 1e-7]
    rows = [counts(p, y, threshold) for threshold in thresholds]
    tp, fp, fn, tn = np.array(rows, dtype=float).T
    caught = tp / (tp + fn)
    x, heights = fp / (fp + tn), caught
    if curve == "PR":
        x, heights = caught, tp / np.maximum(tp + fp, 1e-30)
    pairs = np.stack([heights[:-1], heights[1:]])
    made = {"interpolation": pairs.mean(0), "minoring": pairs.min(0), "majoring": pairs.max(0)}
    return float(((x[:-1] - x[1:]) * made[method]).sum())


@pytest.mark.parametrize("number", [2, 3, 50, 200])
@pytest.mark.parametrize("method", ["interpolation", "minoring", "majoring"])
@pytest.mark.parametrize("curve", ["ROC", "PR"])
def test_areas(curve, method, number):
    value = table("auc", num_thresholds=number, curve=curve, summation_method=method)
    found = agree(value, "binary", P, BITS, SIZES)
    agree(value, "values", 3 * P - 1, BITS, SIZES)  # outputs beyond 0 and 1
    if (curve, method) != ("PR", "interpolation"):
        within(1e-13, found, area(P, BITS, number, curve, method))


def test_an_area_of_many_thresholds_is_that_of_ranks():
    p, y = P.flatten()[8:], BITS.flatten()[8:]
    wins = np.sign(p[y == 1][:, None] - p[y == 0][None, :])
    found = agree(table("auc", num_thresholds=20001), "binary", p[:, None], y[:, None])
    within(1e-3, found, (wins.mean() + 1) / 2)


@pytest.mark.parametrize("curve", ["ROC", "PR"])
@pytest.mark.parametrize("bit", [0.0, 1.0])
def test_areas_of_one_kind_alone(curve, bit):
    agree(table("auc", curve=curve), "binary", P, np.full(P.shape, bit), SIZES)


@pytest.mark.parametrize("average", ["uniform_average", "variance_weighted_average"])
def test_r2_score(average):
    value = table("r2_score", class_aggregation=average)
    errors, variation = ((P - NUMBERS) ** 2).sum(0), NUMBERS.var(0) * len(NUMBERS)
    weights = variation if "variance" in average else None
    expected = np.average(1 - errors / variation, weights=weights)
    within(1e-13, agree(value, "values", P, NUMBERS, SIZES), expected)


def test_r2_score_where_targets_are_the_same():
    y = np.stack([np.full(8, 2.0), np.arange(8.0)], axis=1)
    p = y + np.array([1.0, 0.0])
    within(TOLERANCE, agree("r2_score", "values", p, y, [5, 3]), 0.5)


def test_mean_of_unions():
    found = SHARES.argmax(-1)
    ratios = [
        ((found == i) & (i == CLASSES)).sum() / ((found == i) | (i == CLASSES)).sum()
        for i in range(4)
    ]
    for kind, y in (("classes", CLASSES), ("distributions", HARD)):
        within(1e-6, agree("mean_io_u", kind, SHARES, y, SIZES), np.mean(ratios))
    rows = SHARES.reshape(6, 4, 4), CLASSES.reshape(6, 4)
    within(1e-6, agree("mean_io_u", "classes", *rows, [4, 2]), np.mean(ratios))


def test_mean_of_unions_without_a_class():
    kept = CLASSES != 2
    same = agree("mean_io_u", "classes", SHARES[kept], CLASSES[kept])
    value = table("mean_io_u", ignore_class=2)
    within(TOLERANCE, agree(value, "classes", SHARES, CLASSES, SIZES), same)
    value = table("mean_io_u", ignore_class=-1)
    minus = np.where(kept, CLASSES, -1)
    within(TOLERANCE, agree(value, "classes", SHARES, minus, SIZES), same)


@pytest.mark.parametrize(
    ("value", "kind", "p", "y", "expected"),
    [
        (table("auc", num_thresholds=3), "values", [0, 0.5, 0.3, 0.9], [0, 0, 1, 1], 0.75),
        (table("auc", num_thresholds=3), "values", [0, 0.5, 0.3, 0.9], [0, 1, 0, 1], 0.75),
        (table("auc", num_thresholds=3, curve="PR", summation_method="minoring"), "values",
         [0, 0.5, 0.3, 0.9], [0, 0, 1, 1], 0.5 * 0.5),
        ("precision", "values", [1, 0, 1, 1], [0, 1, 1, 1], 2 / 3),
        ("recall", "values", [1, 0, 1, 1], [0, 1, 1, 1], 2 / 3),
        ("true_positives", "values", [1, 0, 1, 1], [0, 1, 1, 1], 2.0),
        ("false_negatives", "values", [0, 1, 0, 0], [0, 1, 1, 1], 2.0),
        ("false_positives", "values", [0, 0, 1, 1], [0, 1, 0, 0], 2.0),
        ("true_negatives", "values", [1, 1, 0, 0], [0, 1, 0, 0], 2.0),
        ("r2_score", "values", [[2], [4], [4]], [[1], [4], [3]], 4 / 7),
        (table("mean_io_u", num_classes=2), "values", [0, 1, 0, 1], [0, 0, 1, 1], 1 / 3),
        (table("f1_score", threshold=0.5), "values", [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6],
         [0.6, 0.8, 0.0]], [[1, 1, 1], [1, 0, 0], [1, 1, 0]], (0.5 + 0.8 + 2 / 3) / 3),
        ("root_mean_squared_error", "values", [[1, 1], [0, 0]], [[0, 1], [0, 0]], 0.5),
        (table("sparse_top_k_categorical_accuracy", k=1), "classes",
         [[0.1, 0.9, 0.8], [0.05, 0.95, 0]], [2, 1], 0.5),
        (table("top_k_categorical_accuracy", k=1), "distributions",
         [[0.1, 0.9, 0.8], [0.05, 0.95, 0]], [[0, 0, 1], [0, 1, 0]], 0.5),
    ],
)  # fmt: skip
def test_published_numbers(value, kind, p, y, expected):
    """Of Keras' documentation, to its seven digits."""
    p, y = np.asarray(p, dtype=float), np.asarray(y)
    if p.ndim == 1:
        p, y = p[:, None], y[:, None]
    assert agree(value, kind, p, y) == pytest.approx(expected, abs=2e-7)


# Whole trainings

COUNTED: list[Any] = [
    "accuracy",
    "auc",
    table("auc", curve="PR", name="precision_recall", num_thresholds=50),
    "precision",
    table("recall", thresholds=0.4, class_id=1),
    "true_positives",
    "false_positives",
    "true_negatives",
    "false_negatives",
    "root_mean_squared_error",
    table("f1_score", threshold=0.5, average="micro"),
]
LISTED: dict[str, tuple[str, int, list[Any]]] = {
    "a": ("sparse_categorical_crossentropy", 4,
          ["accuracy", table("sparse_top_k_categorical_accuracy", k=2), "mean_io_u"]),
    "b": ("categorical_crossentropy", 4,
          ["accuracy", table("top_k_categorical_accuracy", k=2), "f1_score", "auc", "mean_io_u"]),
    "c": ("binary_crossentropy", 2, COUNTED),
    "d": ("mean_squared_error", 2,
          ["mean_absolute_error", "r2_score", "root_mean_squared_error", "mean_squared_error"]),
}  # fmt: skip
DATA = {"a": CLASSES, "b": HARD, "c": BITS[:, :2], "d": NUMBERS[:, :2]}


def spec_of(names: Sequence[str], **training: Any) -> dict[str, Any]:
    outputs = {name: LISTED[name][:2] for name in names}
    metrics: Any = {name: LISTED[name][2] for name in names}
    spec = network(outputs, metrics=metrics if len(names) > 1 else metrics[names[0]], **training)
    spec["training"]["batch_size"] = 7
    return spec


@pytest.mark.parametrize("names", ["a", "b", "c", "d", "abcd"])
def test_whole_trainings(names):
    """18 samples in batches of 7, 7 and 4, and 6 to validate."""
    x = np.random.default_rng(3).normal(size=(24, 4))
    y = {name: DATA[name] for name in names} if len(names) > 1 else DATA[names]
    keras, torch = (samenet.train(spec_of(names), b, data=(x, y)) for b in BACKENDS)
    assert list(keras.history) == list(torch.history)
    prefixes = [f"{name}_" for name in names] if len(names) > 1 else [""]
    assert {f"val_{prefix}loss" for prefix in prefixes} <= set(keras.history)
    for name, values in keras.history.items():
        within(1e-13, torch.history[name], values, name)


@pytest.mark.parametrize(
    ("monitor", "mode"),
    [("val_auc", "max"), ("false_positives", "min"), ("val_precision_recall", "max"),
     ("root_mean_squared_error", "min")],
)  # fmt: skip
def test_they_can_be_watched(monitor, mode):
    stopping = {"type": "early_stopping", "monitor": monitor}
    spec = samenet.load({**spec_of("c"), "callbacks": [stopping]})
    assert spec.modes()[monitor.removeprefix("val_")] == mode
    for backend in BACKENDS:
        assert f'mode="{mode}"' in samenet.compile(spec, backend).text


def test_metrics_have_no_weights():
    """Each class counts in them as it did."""
    x = np.random.default_rng(3).normal(size=(24, 4))
    names = ["accuracy", "auc", "precision", "recall"]
    spec = network({"c": ("binary_crossentropy", 1)}, class_weight=[1.0, 9.0], metrics=names)
    keras, torch = (samenet.train(spec, b, data=(x, BITS[:, 0])) for b in BACKENDS)
    for name, values in keras.history.items():
        within(1e-13, torch.history[name], values, name)


@pytest.mark.parametrize(
    ("output", "metric", "code", "place"),
    [
        ("a", "auc", Code.LOSS, ()),
        ("a", "top_k_categorical_accuracy", Code.LOSS, ()),
        ("d", "accuracy", Code.LOSS, ()),
        ("d", "mean_io_u", Code.LOSS, ()),
        ("d", "mse", Code.UNKNOWN_VALUE, ()),
        ("d", 3, Code.WRONG_TYPE, ()),
        ("b", table("precision", class_id=4), Code.LOSS, ()),
        ("c", table("auc", curve="roc"), Code.UNKNOWN_VALUE, ("curve",)),
        ("c", table("auc", num_thresholds=1), Code.OUT_OF_RANGE, ("num_thresholds",)),
        ("c", table("recall", thresholds=2.0), Code.OUT_OF_RANGE, ("thresholds",)),
        ("c", table("recall", threshold=0.5), Code.UNKNOWN_KEY, ("threshold",)),
        ("c", table("recall", name="loss"), Code.DUPLICATE_NAME, ("name",)),
        ("c", table("recall", name="val_x"), Code.DUPLICATE_NAME, ("name",)),
    ],
)
def test_mistakes(output, metric, code, place):
    spec = spec_of(output)
    spec["training"]["metrics"] = [metric]
    (found,) = samenet.validate(spec)
    assert (found.code, found.path) == (code, ("training", "metrics", 0, *place))
    assert "allowed" in found.message or found.hint or code in (Code.OUT_OF_RANGE, Code.WRONG_TYPE)


def test_a_name_that_stands_twice():
    spec = spec_of("c")
    spec["training"]["metrics"] = ["auc", table("auc", curve="PR")]
    (found,) = samenet.validate(spec)
    assert (found.code, found.path) == (Code.DUPLICATE_NAME, ("training", "metrics", 1))
    assert 'type = "auc", name = ' in found.hint


def test_rows_are_wanted():
    spec = spec_of("d")
    spec["layers"] = [*spec["layers"], {"type": "reshape", "target_shape": [1, 2], "name": "e"}]
    spec["outputs"], spec["training"]["metrics"] = ["e"], ["r2_score", "root_mean_squared_error"]
    (found,) = samenet.validate(spec)
    assert found.path == ("training", "metrics", 0)
