"""Outputs with a mask: only the steps that count are in the loss and in metrics that are means.

Judged by a program of Keras written by hand, by formulas in NumPy, and by each other.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import samenet
from samenet.diagnostics import Code
from samenet.lowering import BACKENDS
from samenet.runtime import execute
from samenet.training.run import Run
from tests.equivalence.differences import within
from tests.specs import TAGGING, changed

# Measured: 2e-14.
TOLERANCE = 1e-12

pytestmark = pytest.mark.usefixtures("float64")


def samples(count: int = 70, steps: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Words from 1 to 8, padded with 0 to the right; a class of each, also of padding."""
    random = np.random.default_rng(2)
    lengths = random.integers(1, steps + 1, count)
    x = random.integers(1, 9, (count, steps)) * (np.arange(steps) < lengths[:, None])
    return x, (x + random.integers(0, 2, x.shape)) % 3


def both(spec: Mapping[str, Any], tolerance: float = TOLERANCE, **options: Any) -> tuple[Run, Run]:
    """The runs in Keras and in PyTorch, after they agreed."""
    keras, torch = (samenet.train(spec, backend, **options) for backend in BACKENDS)
    assert list(keras.history) == list(torch.history)
    for name, values in keras.history.items():
        # Keras counts hits in 32 bits.
        allowed = max(tolerance, 1e-6) if "accuracy" in name else tolerance
        within(allowed, torch.history[name], values, name)
    within(tolerance, torch.weights(), keras.weights(), "weights")
    return keras, torch


def by_hand(run: Run, x: Any, y: Any, validation: Any, **options: Any) -> dict[str, list[float]]:
    """The history of `fit` itself in one batch for all, from the first weights of a run."""
    keras: Any = importlib.import_module("keras")
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(9, 4, mask_zero=True),
            layers.LSTM(5, return_sequences=True),
            layers.Dense(3, "softmax"),
        ]
    )
    model.set_weights([w.numpy() for w in execute(run.program).build_model().weights])
    model.compile(
        keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    batches: Any = {"batch_size": len(x), "epochs": 3, "verbose": 0, "shuffle": False}
    return model.fit(x, y, validation_data=validation, **batches, **options).history


LSTM: dict[str, Any] = {"type": "lstm", "units": 5, "return_sequences": True}
ONE_BATCH = changed(
    TAGGING,
    layers=[TAGGING["layers"][0], LSTM, TAGGING["layers"][2]],
    training__batch_size=70,
    data={"source": "arrays"},
)


def test_as_fit_does_it():
    x, y = samples()
    keras, torch = both(ONE_BATCH, data=(x, y), validation_data=samples(9))
    for name, values in by_hand(keras, x, y, samples(9)).items():
        within(1e-6 if "accuracy" in name else TOLERANCE, torch.history[name], values, name)


def test_as_fit_does_it_with_weights_of_samples():
    x, y = samples()
    w = np.random.default_rng(5).uniform(0, 3, 70)
    spec = changed(ONE_BATCH, data__sample_weight="w")
    validation = (*samples(9), w[:9])
    keras, torch = both(spec, data=(x, y, w), validation_data=validation)
    with_axis = (*samples(9), w[:9, None])
    for name, values in by_hand(keras, x, y, with_axis, sample_weight=w[:, None]).items():
        within(1e-6 if "accuracy" in name else TOLERANCE, torch.history[name], values, name)


FIXED = changed(
    TAGGING,
    layers=[TAGGING["layers"][0], {"type": "dense", "units": 3, "activation": "softmax"}],
    optimizer={"type": "sgd", "learning_rate": 1e-30},
    training__epochs=1,
    training__metrics=["accuracy", "mean_io_u"],
    data={"source": "arrays"},
)
"""A network that does not change in training, so that formulas know its losses."""


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_mean_of_each_batch_is_that_of_its_steps(backend):
    """But the mean of an epoch is that of samples for the loss, of steps for the accuracy."""
    x, y = samples(40)
    run = samenet.train(FIXED, backend, data=(x, y), validation_data=(x, y))
    embedding, kernel = (run.weights()[name] for name in ("embedding/embeddings", "dense/kernel"))
    scores = embedding[x] @ kernel
    losses = np.log(np.exp(scores).sum(-1)) - np.take_along_axis(scores, y[..., None], -1)[..., 0]
    mask = x != 0
    within(1e-12, run.history["val_loss"][0], losses[mask].mean())  # one batch
    hits = scores.argmax(-1) == y
    for name in ("accuracy", "val_accuracy"):
        within(1e-6, run.history[name][0], hits[mask].mean())
    assert abs(hits.mean() - hits[mask].mean()) > 0.01
    order = epoch_order(run, 40)
    batches = [order[:16], order[16:32], order[32:]]
    expected = sum(len(b) * losses[b][mask[b]].mean() for b in batches) / 40
    within(1e-12, run.history["loss"][0], expected)


def epoch_order(run: Run, count: int) -> np.ndarray:
    return execute(run.program).epoch_order(0, 0, count)


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_but_padding(backend):
    """The loss of a batch without a step is 0, and so is its gradient."""
    x, y = np.zeros((20, 6), dtype=int), np.ones((20, 6), dtype=int)
    run = samenet.train(TAGGING, backend, data=(x, y))
    assert set(run.history["loss"]) == set(run.history["accuracy"]) == {0.0}
    assert run.failure is None


LOSSES: list[tuple[Any, str, list[Any]]] = [
    ("sparse_categorical_crossentropy", "softmax",
     ["accuracy", {"type": "sparse_top_k_categorical_accuracy", "k": 2}, "mean_io_u"]),
    ({"type": "sparse_categorical_crossentropy", "ignore_class": 1}, "softmax", ["accuracy"]),
    ({"type": "categorical_crossentropy", "label_smoothing": 0.1}, "softmax",
     ["accuracy", {"type": "top_k_categorical_accuracy", "k": 2}, "mean_squared_error", "auc"]),
    ("categorical_focal_crossentropy", "softmax", []),
    ("binary_crossentropy", "sigmoid", ["accuracy", "precision", "true_positives"]),
    ("binary_focal_crossentropy", "sigmoid", []),
    ("mean_squared_error", "linear", ["mean_absolute_error", "root_mean_squared_error"]),
    ("mean_absolute_percentage_error", "linear", []),
    ("huber", "tanh", ["mean_squared_error"]),
    ("kl_divergence", "softmax", []),
    ("hinge", "tanh", []),
    ("categorical_hinge", "linear", []),
    ("cosine_similarity", "linear", []),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "ending", "metrics"), LOSSES, ids=str)
def test_losses_and_metrics(loss, ending, metrics):
    x, classes = samples()
    y = classes if "sparse" in str(loss) else np.eye(3)[classes]
    if "percentage" in str(loss):
        y = 0.5 + y
    spec = changed(TAGGING, training__loss=loss, training__metrics=metrics, training__epochs=2)
    spec["layers"] = [*TAGGING["layers"][:2], {**TAGGING["layers"][2], "activation": ending}]
    tolerance = 1e-9 if "percentage" in str(loss) else 1e-11  # of about 100
    # Keras counts for AUC and the mean of unions in 32 bits.
    both(spec, 1e-6 if {"auc", "mean_io_u"} & set(map(str, metrics)) else tolerance, data=(x, y))


def test_several_outputs():
    """One of steps that has the mask, one of samples that has used it up; with weights."""
    x, y = samples()
    spec = changed(
        TAGGING,
        layers=[
            *TAGGING["layers"],
            {"type": "global_average_pooling1d", "inputs": "hidden"},
            {"type": "dense", "units": 1, "name": "length"},
        ],
        outputs=["tags", "length"],
        training__loss={"tags": "sparse_categorical_crossentropy", "length": "huber"},
        training__metrics={"tags": ["accuracy"], "length": ["mean_absolute_error"]},
        data__sample_weight="w",
    )
    w = np.random.default_rng(5).uniform(0, 3, 70)
    both(spec, data=(x, {"tags": y, "length": (x != 0).sum(1) / 6}, w))
    assert samenet.verify(spec, steps=4).agrees


def test_two_masks():
    """Each output has that of its own words."""
    x, y = samples()
    other = np.where(np.random.default_rng(3).random(x.shape) < 0.5, x[:, ::-1], 0)
    layers: list[dict[str, Any]] = []
    for name in ("first", "second"):
        layers += [
            {"type": "embedding", "input_dim": 9, "output_dim": 4, "mask_zero": True,
             "inputs": name},
            {"type": "dense", "units": 3, "activation": "softmax", "name": f"tags_{name}"},
        ]  # fmt: skip
    spec = changed(TAGGING, layers=layers, outputs=["tags_first", "tags_second"])
    words = {"shape": [6], "dtype": "int32"}
    spec = {**spec, "inputs": {"first": words, "second": words}}
    del spec["input"]
    spec["training"] = {**TAGGING["training"], "metrics": [], "loss": {
        "tags_first": "sparse_categorical_crossentropy",
        "tags_second": "sparse_categorical_crossentropy",
    }}  # fmt: skip
    both(spec, data=({"first": x, "second": other}, {"tags_first": y, "tags_second": y}))


def test_a_mask_that_a_block_makes():
    """And one that passes through another, used three times."""
    words = {"type": "embedding", "input_dim": 9, "output_dim": 5, "mask_zero": True}
    spec = changed(
        TAGGING,
        blocks={
            "read": {"layers": [words, {"type": "layer_normalization"}]},
            "mix": {"layers": [{"type": "dense", "units": 5, "activation": "tanh"},
                               {"type": "add", "inputs": ["input", "dense"]}]},
        },
        layers=[{"block": "read"}, {"block": "mix", "repeat": 3}, TAGGING["layers"][2]],
    )  # fmt: skip
    both(spec, data=samples())
    assert samenet.verify(spec, steps=4).agrees


def test_a_mask_of_all_axes_of_positions():
    """Words of lines of pages: a mask (N, lines, words)."""
    x, y = samples(70, 12)
    spec = changed(TAGGING, input__shape=[3, 4], layers=[TAGGING["layers"][0], FIXED["layers"][1]])
    both(spec, data=(x.reshape(-1, 3, 4), y.reshape(-1, 3, 4)))
    weighted = changed(spec, data__sample_weight="w")
    w = np.random.default_rng(5).uniform(0, 3, 70)
    both(weighted, data=(x.reshape(-1, 3, 4), y.reshape(-1, 3, 4), w))


def test_with_penalties():
    hidden = {"kernel_regularizer": "l2", "activity_regularizer": "l1"}
    layers = [TAGGING["layers"][0], {**TAGGING["layers"][1], **hidden}, TAGGING["layers"][2]]
    both(changed(TAGGING, layers=layers), data=samples())


def test_verify_compares_them():
    report = samenet.verify(TAGGING, steps=4)
    assert report.agrees, report


def test_the_scores_of_padding_are_given_too():
    x, y = samples()
    run = samenet.train(TAGGING, "torch", data=(x, y), epochs=1)
    torch: Any = importlib.import_module("torch")
    probabilities = run.model.predict(torch.tensor(x))
    assert tuple(probabilities.shape) == (70, 6, 3)
    scores, mask = run.model(torch.tensor(x))
    assert scores.shape == probabilities.shape
    assert (mask.numpy() == (x != 0)).all()


def test_a_mask_that_does_not_fit_the_losses():
    """(N, 6, 2) beside losses (N, 6), which Keras cannot multiply."""
    layers = [
        {"type": "masking"},
        {"type": "time_distributed", "layer": {"type": "flatten"}},
        {"type": "dense", "units": 3},
    ]
    spec = changed(TAGGING, input={"shape": [6, 2, 3]}, layers=layers)
    spec["training"] = {"loss": "huber"}
    (found,) = samenet.validate(spec)
    assert (found.code, found.path) == (Code.LOSS, ("training", "loss"))
    assert "a mask of shape (N, 6, 2) does not fit" in found.message
