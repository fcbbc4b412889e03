"""Weights of samples: Keras' law by a program written by hand, and the two programs compared."""

from __future__ import annotations

import csv
import importlib
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import samenet
from samenet import SpecError
from samenet.diagnostics import Code
from samenet.lowering import BACKENDS
from samenet.training.run import Run
from tests.equivalence.differences import within
from tests.specs import WEIGHTED_OUTPUTS

# Measured: 1e-15 in histories and in weights.
TOLERANCE = 1e-13

pytestmark = pytest.mark.usefixtures("float64")

SPEC: dict[str, Any] = {
    "version": 1,
    "name": "weighted",
    "input": {"shape": [4]},
    "layers": [
        {"type": "dense", "units": 5, "activation": "tanh"},
        {"type": "dense", "units": 3, "activation": "softmax"},
    ],
    "optimizer": {"type": "sgd", "learning_rate": 0.1},
    "training": {
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["mean_io_u"],
        "epochs": 3,
        "batch_size": 16,
    },
    "data": {"source": "arrays", "sample_weight": "w", "validation_split": 0.25},
}
"""60 samples to train with: the last batch of 12 is short."""


def changed(table: str, **changes: Any) -> dict[str, Any]:
    return {**SPEC, table: {**SPEC[table], **changes}}


def samples(count: int = 80) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights from 0 to 3, one in five of them 0; three digits, as in a table."""
    random = np.random.default_rng(7)
    x = np.round(random.normal(size=(count, 4)), 3)
    y = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0.5)
    return x, y, np.round(random.uniform(0, 3, count), 3) * (np.arange(count) % 5 > 0)


def both(spec: Mapping[str, Any], **options: Any) -> tuple[Run, Run]:
    """The runs in Keras and in PyTorch, after they agreed."""
    keras, torch = (samenet.train(spec, backend, **options) for backend in BACKENDS)
    assert list(keras.history) == list(torch.history)
    for name, values in keras.history.items():
        within(1e-7 if "mean_io_u" in name else TOLERANCE, torch.history[name], values, name)
    within(TOLERANCE, torch.weights(), keras.weights(), "weights")
    return keras, torch


def by_hand(run: Run, x: Any, y: Any, w: Any, validation: Any) -> dict[str, list[float]]:
    """The history of `fit` itself, full batch by full batch, from the first weights of a run."""
    keras: Any = importlib.import_module("keras")
    program = importlib.import_module("samenet.runtime").execute(run.program)
    first = [w.numpy() for w in program.build_model().weights]
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(5, "tanh"), keras.layers.Dense(3, "softmax")]
    )
    model.set_weights(first)
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    options = {"batch_size": len(x), "epochs": 3, "verbose": 0, "shuffle": False}
    return model.fit(x, y, sample_weight=w, validation_data=validation, **options).history


def test_as_fit_does_it():
    """In one batch for all, whose order does not matter."""
    x, y, w = samples()
    spec = changed("training", batch_size=80, metrics=[])
    spec["data"] = {"source": "arrays", "sample_weight": "w"}
    validation = tuple(values[:30] for values in samples(40))
    keras, torch = both(spec, data=(x, y, w), validation_data=validation)
    expected = by_hand(keras, x, y, w, validation)
    for name, values in expected.items():
        within(TOLERANCE, torch.history[name], values, name)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_sum_is_divided_by_the_number_of_samples(backend):
    """Before the first step, with scores of 0, each sample has the loss log 3."""
    spec = changed("training", batch_size=20, epochs=1, metrics=["accuracy"])
    spec["layers"] = [{**SPEC["layers"][1], "kernel_initializer": "zeros"}]
    spec["optimizer"] = {"type": "sgd", "learning_rate": 1e-30}
    spec["data"] = {"source": "arrays", "sample_weight": "w"}
    x, y, w = samples(20)
    found = samenet.train(spec, backend, (x, y, w), (x[:8], y[:8], w[:8])).history
    within(TOLERANCE, found["loss"][0], np.log(3) * w.sum() / 20)
    within(TOLERANCE, found["val_loss"][0], np.log(3) * w[:8].sum() / 8)
    within(1e-7, found["accuracy"][0], (y == 0).mean())  # metrics are without weights


def test_a_whole_training():
    x, y, w = samples()
    keras, torch = both(SPEC, data=(x, y, w))
    plain = samenet.train(SPEC, "torch", data=(x, y, np.ones(80)))
    assert abs(plain.history["loss"][0] - torch.history["loss"][0]) > 0.01
    assert keras.history["loss"][-1] < keras.history["loss"][0]
    unweighted = changed("training")
    unweighted["data"] = {"source": "arrays", "validation_split": 0.25}
    within(1e-14, samenet.train(unweighted, "torch", data=(x, y)).history, plain.history)


@pytest.mark.parametrize(
    ("loss", "ending", "weights"),
    [
        ("sparse_categorical_crossentropy", "softmax", [0.5, 2.0, 1.0]),
        ({"type": "sparse_categorical_crossentropy", "ignore_class": 2}, "softmax", {"1": 3}),
        ("categorical_crossentropy", "softmax", {"0": 0.0, "2": 3.0}),
        ("binary_crossentropy", "sigmoid", [0.25, 3.0]),
    ],
    ids=str,
)
def test_with_weights_of_classes(loss, ending, weights):
    """They are multiplied, in training alone."""
    x, y, w = samples()
    units = 1 if ending == "sigmoid" else 3
    spec = changed("training", loss=loss, class_weight=weights, metrics=[])
    spec["layers"] = [SPEC["layers"][0], {"type": "dense", "units": units, "activation": ending}]
    targets = {"sigmoid": y > 0, "softmax": np.eye(3)[y] if "sparse" not in str(loss) else y}
    of_classes = [1.0, 1.0, 1.0] if units == 3 else [1.0, 1.0]
    for key, value in dict(enumerate(weights) if isinstance(weights, list) else weights).items():
        of_classes[int(key)] = value
    factors = np.array(of_classes)[np.minimum(y, len(of_classes) - 1)]
    _, torch = both(spec, data=(x, targets[ending], w), epochs=2)
    alone = changed("training", loss=loss, metrics=[])
    alone["layers"] = spec["layers"]
    product = samenet.train(alone, "torch", (x, targets[ending], w * factors), epochs=2)
    within(1e-12, torch.history["loss"], product.history["loss"])


def several(count: int = 70) -> tuple[dict[str, Any], dict[str, Any], np.ndarray]:
    random = np.random.default_rng(3)
    x = {"a": random.normal(size=(count, 6, 3)), "b": random.normal(size=(count, 4))}
    y = {"steps": (x["a"][..., 0] > 0) + 0, "numbers": random.normal(size=(count, 2))}
    return x, y, random.uniform(0, 2, count)


def test_several_outputs_one_of_them_of_steps():
    """Each output has the same weights; 52 samples to train with, and six steps in each."""
    both(WEIGHTED_OUTPUTS, data=several())


def test_a_loss_of_each_step():
    spec = {**WEIGHTED_OUTPUTS, "inputs": None, "input": {"shape": [6, 3]}, "outputs": ["steps"]}
    spec["layers"] = [{**WEIGHTED_OUTPUTS["layers"][0], "inputs": "input"}]
    spec["training"] = {**WEIGHTED_OUTPUTS["training"], "loss": "sparse_categorical_crossentropy"}
    del spec["inputs"]
    x, y, w = several()
    _, torch = both(spec, data=(x["a"], y["steps"], w))
    pixels = {**spec, "input": {"shape": [3, 2, 3]}}
    x["a"], y["steps"] = x["a"].reshape(-1, 3, 2, 3), y["steps"].reshape(-1, 3, 2)
    _, squares = both(pixels, data=(x["a"], y["steps"], w))
    within(TOLERANCE, squares.history, torch.history)


def test_as_many_samples_as_steps():
    """Where weights (N,) would pass for weights of steps."""
    spec = {**SPEC, "input": {"shape": [6, 3]}, "layers": [WEIGHTED_OUTPUTS["layers"][0]]}
    spec["layers"] = [{**spec["layers"][0], "inputs": "input", "kernel_initializer": "zeros"}]
    spec["data"] = {"source": "arrays", "sample_weight": "w"}
    x, y, w = several(6)
    _, torch = both(spec, data=(x["a"], y["steps"], w), epochs=1)
    within(TOLERANCE, torch.history["loss"][0], np.log(3) * w.mean())


def test_verify_compares_them():
    assert samenet.verify(SPEC, steps=4).agrees
    assert samenet.verify(WEIGHTED_OUTPUTS, steps=4).agrees


# Where they come from


def test_files(tmp_path):
    """The same samples from every source, with a name of any kind."""
    x, y, w = samples()
    reference = samenet.train(SPEC, "torch", (x, y, w)).history
    np.savez(tmp_path / "data.npz", x=x, y=y, importance=w)
    with (tmp_path / "data.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["one", "two", "class", "how much", "three", "four"])
        table.writerows(zip(x[:, 0], x[:, 1], y, w, x[:, 2], x[:, 3], strict=True))
    sources = [
        {"source": "npz", "path": str(tmp_path / "data.npz"), "sample_weight": "importance"},
        {"source": "csv", "path": str(tmp_path / "data.csv"), "target": "class",
         "sample_weight": "how much"},
        {"source": "csv", "path": str(tmp_path / "data.csv"), "target": "class",
         "features": ["one", "two", "three", "four"], "sample_weight": "how much"},
    ]  # fmt: skip
    for data in sources:
        spec = {**SPEC, "data": {**data, "validation_split": 0.25}}
        assert samenet.train(spec, "torch").history == reference


def test_files_of_several(tmp_path):
    x, y, w = several()
    del y["steps"]
    spec = {**WEIGHTED_OUTPUTS, "layers": WEIGHTED_OUTPUTS["layers"][1:], "outputs": ["numbers"]}
    spec["training"] = {"loss": "huber", "epochs": 2}
    spec["layers"][2] = {**spec["layers"][2], "units": 1}
    target = y["numbers"][:, 0]
    reference = samenet.train(spec, "torch", (x, target, w)).history
    np.savez(tmp_path / "data.npz", **x, y=target, w=w)
    header = [f"a{i}" for i in range(18)] + ["b0", "b1", "b2", "b3", "target", "weight"]
    with (tmp_path / "data.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(header)
        for row in zip(x["a"].reshape(-1, 18), x["b"], target, w, strict=True):
            table.writerow([*row[0], *row[1], *row[2:]])
    features = {"a": header[:18], "b": header[18:22]}
    for data in (
        {"source": "npz", "path": str(tmp_path / "data.npz"), "sample_weight": "w"},
        {"source": "csv", "path": str(tmp_path / "data.csv"), "target": "target",
         "sample_weight": "weight", "features": features},
    ):  # fmt: skip
        found = samenet.train({**spec, "data": {**data, "validation_split": 0.25}}, "torch")
        assert found.history == reference


def test_a_program_on_its_own(tmp_path):
    x, y, w = samples()
    np.savez(tmp_path / "data.npz", x=x, y=y, w=w)
    samenet.compile(SPEC, "torch").write(tmp_path / "program.py")
    script = "import torch, runpy; torch.set_default_dtype(torch.float64); "
    script += "runpy.run_path('program.py', run_name='__main__')"
    command = [sys.executable, "-c", script, "--data", "data.npz", "--output", "out"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    found = json.loads((tmp_path / "out" / "history.json").read_text())
    within(
        TOLERANCE, found["val_loss"], samenet.train(SPEC, "torch", (x, y, w)).history["val_loss"]
    )


# What is refused


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, -0.5, 1.0, 1.0], "data: w[1] is -0.5; weights are not negative"),
        ([1.0, 1.0, np.nan, 1.0], "data: w[2] is nan, not a finite number"),
        ([1.0, 1.0, 1.0, np.inf], "data: w[3] is inf, not a finite number"),
        ([1.0, 1.0], "data: w has shape (2,) for 4 samples"),
        (np.ones((4, 2)), "data: w has shape (4, 2); one weight for each sample is taken"),
        (["a", "b", "c", "d"], "data: w holds <U1, not numbers"),
    ],
    ids=str,
)
def test_weights_that_are_none(weights, message):
    with pytest.raises(SpecError) as caught:
        samenet.train(SPEC, "torch", (np.zeros((4, 4)), np.zeros(4), np.asarray(weights)))
    assert [item.message for item in caught.value.diagnostics] == [message]


def test_the_row_of_a_table(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("a,b,c,d,y,w\n1,2,3,4,0,1\n1,2,3,4,0,-2\n")
    data = {"source": "csv", "path": str(path), "target": "y", "sample_weight": "w"}
    with pytest.raises(SpecError, match=r"data.csv: row 3, column 'w' is -2; weights are not neg"):
        samenet.train({**SPEC, "data": data}, "torch")
    data["sample_weight"] = "weight"
    with pytest.raises(SpecError, match="there is no column 'weight'"):
        samenet.train({**SPEC, "data": data}, "torch")


@pytest.mark.parametrize("sample_weight", ["w", None])
def test_the_number_of_arrays(sample_weight):
    x, y, w = samples(8)
    spec = {**SPEC, "data": {"source": "arrays"}}
    if sample_weight:
        spec["data"]["sample_weight"] = sample_weight
    data, message = ((x, y), "found 2") if sample_weight else ((x, y, w), 'sample_weight = "w"')
    with pytest.raises(SpecError, match=message):
        samenet.train(spec, "torch", data)


TABLE: dict[str, Any] = {"source": "csv", "path": "a.csv", "target": "y"}


@pytest.mark.parametrize(
    ("data", "code", "path"),
    [
        ({**TABLE, "sample_weight": "y"}, Code.DATA_MISMATCH, ("sample_weight",)),
        ({**TABLE, "sample_weight": "d", "features": list("abcd")}, Code.DATA_MISMATCH,
         ("features", 3)),
        ({**TABLE, "sample_weight": ""}, Code.OUT_OF_RANGE, ("sample_weight",)),
        ({**TABLE, "sample_weight": 1}, Code.WRONG_TYPE, ("sample_weight",)),
        ({"source": "mnist_5k", "sample_weight": "w"}, Code.UNKNOWN_KEY, ("sample_weight",)),
    ],
)  # fmt: skip
def test_mistakes(data, code, path):
    found = samenet.validate({**SPEC, "data": data})
    assert (found[0].code, found[0].path) == (code, ("data", *path))


def test_outputs_whose_losses_one_array_does_not_fit():
    spec = {**WEIGHTED_OUTPUTS, "inputs": {"a": {"shape": [6, 5, 3]}, "b": {"shape": [4]}}}
    (found,) = samenet.validate(spec)
    assert (found.code, found.path) == (Code.DATA_MISMATCH, ("data", "sample_weight"))
    spec = {**WEIGHTED_OUTPUTS, "outputs": ["steps", "sample_weight"]}
    spec["layers"] = [
        *WEIGHTED_OUTPUTS["layers"][:3],
        {**WEIGHTED_OUTPUTS["layers"][3], "name": "sample_weight"},
    ]
    losses = {"steps": "sparse_categorical_crossentropy", "sample_weight": "huber"}
    spec["training"] = {"loss": losses}
    (found,) = samenet.validate(spec)
    assert (found.code, found.path) == (Code.DUPLICATE_NAME, ("data", "sample_weight"))
