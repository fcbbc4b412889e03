"""Several inputs and several outputs: the same training in both frameworks, from all sources."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import samenet
from samenet import SpecError
from samenet.diagnostics import Code
from samenet.lowering import BACKENDS, Backend
from samenet.training.run import Run

LAYERS: list[dict[str, Any]] = [
    {"type": "embedding", "input_dim": 5, "output_dim": 4, "inputs": "words"},
    {"type": "flatten"},
    {"type": "concatenate", "inputs": ["numbers", "flatten"]},
    {"type": "dense", "units": 6, "activation": "tanh", "name": "hidden"},
    {"type": "dense", "units": 3, "activation": "softmax", "name": "kind"},
    {"type": "dense", "units": 1, "name": "price", "inputs": "hidden"},
    {"type": "dense", "units": 1, "activation": "sigmoid", "name": "sold", "inputs": "hidden"},
]
TRAINING: dict[str, Any] = {
    "loss": {
        "kind": "sparse_categorical_crossentropy",
        "price": "mean_squared_error",
        "sold": "binary_crossentropy",
    },
    "metrics": {"kind": ["accuracy"], "price": ["mean_absolute_error"]},
    "loss_weights": {"price": 0.25, "sold": 2},
    "epochs": 4,
    "batch_size": 16,
}
SPEC: dict[str, Any] = {
    "version": 1,
    "name": "house",
    "inputs": {"numbers": {"shape": [3]}, "words": {"shape": [2], "dtype": "int32"}},
    "layers": LAYERS,
    "outputs": ["kind", "price", "sold"],
    # Keras squares the gradients of a repeated word one by one, which shows in adaptive steps.
    "optimizer": {"type": "sgd", "learning_rate": 0.05},
    "training": TRAINING,
    "data": {"source": "arrays", "validation_split": 0.25},
}
"""Two inputs, one of them whole numbers, and an output for each kind of targets."""

NAMES = (
    "loss",
    "kind_loss",
    "price_loss",
    "sold_loss",
    "kind_accuracy",
    "price_mean_absolute_error",
)

Arrays = dict[str, np.ndarray]


def samples(count: int = 70) -> tuple[Arrays, Arrays]:
    """Inputs and targets that depend on both inputs."""
    random = np.random.default_rng(5)
    # Three digits, so that a table holds exactly the same numbers.
    numbers = np.round(random.normal(size=(count, 3)), 3)
    words = random.integers(0, 5, size=(count, 2))
    price = np.round(numbers @ [1.0, -2.0, 0.5] + words[:, 0], 3)
    kind = (words.sum(axis=1) + (numbers[:, 0] > 0)) % 3
    return {"numbers": numbers, "words": words}, {"kind": kind, "price": price, "sold": price > 1}


def changed(table: str, **changes: Any) -> dict[str, Any]:
    """The spec with some keys of a table changed."""
    return {**SPEC, table: {**SPEC[table], **changes}}


def both(spec: Mapping[str, Any], **options: Any) -> tuple[Run, Run]:
    """The runs in Keras and in PyTorch."""
    keras, torch = (samenet.train(spec, backend, **options) for backend in BACKENDS)
    return keras, torch


def same(keras: Run, torch: Run) -> None:
    """Histories and weights that differ by rounding alone."""
    assert list(keras.history) == list(torch.history)
    for name, values in keras.history.items():
        tolerance = 1e-6 if "accuracy" in name else 1e-10  # Keras averages hits in 32 bits
        np.testing.assert_allclose(
            torch.history[name], values, rtol=0, atol=tolerance, err_msg=name
        )
    weights = torch.weights()
    for name, expected in keras.weights().items():
        np.testing.assert_allclose(weights[name], expected, rtol=0, atol=1e-10, err_msg=name)


def test_arrays(float64):
    keras, torch = both(SPEC, data=samples())
    same(keras, torch)
    expected = [*NAMES, *(f"val_{name}" for name in NAMES), "learning_rate"]
    assert list(keras.history) == expected
    assert keras.history["loss"][-1] < 0.8 * keras.history["loss"][0]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("prefix", ["", "val_"])
def test_the_loss_is_the_weighted_sum(backend, prefix, float64):
    # Each batch is full: Keras weighs the sum by the sizes of the batches, the losses not.
    spec = {**SPEC, "data": {"source": "arrays", "validation_split": 0.5}}
    history = samenet.train(spec, backend, samples(96), epochs=2).history
    losses = {name: np.array(history[f"{prefix}{name}_loss"]) for name in SPEC["outputs"]}
    expected = losses["kind"] + 0.25 * losses["price"] + 2 * losses["sold"]
    np.testing.assert_allclose(history[f"{prefix}loss"], expected, rtol=1e-7)


def test_own_validation_data(float64):
    x, y = samples()
    held_out = ({k: v[:9] for k, v in x.items()}, {k: v[:9] for k, v in y.items()})
    keras, torch = both(SPEC, data=(x, y), validation_data=held_out, epochs=2)
    same(keras, torch)
    assert "val_price_loss" in keras.history


def test_npz(float64, tmp_path):
    x, y = samples()
    np.savez(tmp_path / "own.npz", **x, **y)
    np.savez(tmp_path / "other.npz", **x, text=x["words"], class_of_it=y["kind"], **y)
    reference = samenet.train(SPEC, "torch", (x, y)).history
    for data in (
        {"path": str(tmp_path / "own.npz")},
        {"path": str(tmp_path / "other.npz"), "x": {"words": "text"}, "y": {"kind": "class_of_it"}},
    ):
        keras, torch = both({**SPEC, "data": {"source": "npz", "validation_split": 0.25, **data}})
        same(keras, torch)
        assert torch.history == reference


def table(path: Path, x: Arrays, y: Arrays) -> dict[str, Any]:
    """Write samples as a CSV file; the spec's table of data for it."""
    features = {"numbers": ["a", "b", "c"], "words": ["first", "second"]}
    target = {"kind": "class", "price": "cost", "sold": "gone"}
    header = [*target.values(), *features["words"], *features["numbers"]]
    columns = [*y.values(), *x["words"].T, *x["numbers"].T]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(zip(*(column.astype(float) for column in columns), strict=True))
    return {"source": "csv", "path": str(path), "features": features, "target": target}


def test_csv(float64, tmp_path):
    x, y = samples()
    data = {**table(tmp_path / "table.csv", x, y), "validation_split": 0.25}
    keras, torch = both({**SPEC, "data": data})
    same(keras, torch)
    assert torch.history == samenet.train(SPEC, "torch", (x, y)).history


ONE_OUTPUT: dict[str, Any] = {
    **SPEC,
    "layers": LAYERS[:5],
    "outputs": ["kind"],
    "training": {
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
        "epochs": 3,
    },
    "data": {"source": "arrays", "validation_split": 0.25, "stratify": True},
}
ONE_INPUT: dict[str, Any] = {
    **{key: value for key, value in SPEC.items() if key != "inputs"},
    "input": {"shape": [3]},
    "layers": LAYERS[3:],
}


def test_several_inputs_and_one_output(float64):
    x, y = samples()
    keras, torch = both(ONE_OUTPUT, data=(x, y["kind"]))
    same(keras, torch)
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} < keras.history.keys()


def test_one_input_and_several_outputs(float64, tmp_path):
    x, y = samples()
    keras, torch = both(ONE_INPUT, data=(x["numbers"], y))
    same(keras, torch)
    np.savez(tmp_path / "data.npz", picture=x["numbers"], **y)
    data = {"source": "npz", "path": str(tmp_path / "data.npz"), "x": "picture"}
    data["validation_split"] = 0.25
    assert samenet.train({**ONE_INPUT, "data": data}, "torch").history == torch.history


@pytest.mark.parametrize("backend", BACKENDS)
def test_whole_numbers_as_the_only_input(backend, float64):
    """PyTorch takes them as they are; a cast to 32-bit floats would merge large ones."""
    spec = {
        **SPEC,
        "inputs": {"words": {"shape": [2], "dtype": "int32"}},
        "layers": [*LAYERS[:2], {"type": "dense", "units": 1}],
        "outputs": None,
        "training": {"loss": "mean_squared_error", "epochs": 2},
    }
    del spec["outputs"]
    x, y = samples()
    run = samenet.train(spec, backend, (x["words"].astype(float), y["price"]))
    again = samenet.train(spec, backend, (x["words"].astype(np.uint8), y["price"]))
    assert run.history == again.history
    for value, words in ((0.5, "x[1, 0] is 0.5"), (2.0**31, "x[1, 0] is 2.14748e+09")):
        bad = x["words"].astype(float)
        bad[1, 0] = value
        with pytest.raises(SpecError) as caught:
            samenet.train(spec, backend, (bad, y["price"]))
        assert words in caught.value.diagnostics[0].message


def test_classes_at_positions(float64):
    """A class for each of 2 x 3 positions: the mean over all of them."""
    spec = {
        "version": 1,
        "input": {"shape": [2, 3, 4]},
        "layers": [{"type": "dense", "units": 5, "activation": "softmax"}],
        "optimizer": {"type": "sgd", "learning_rate": 0.5},
        "training": {
            "loss": "sparse_categorical_crossentropy",
            "metrics": ["accuracy"],
            "epochs": 3,
            "batch_size": 16,
        },
        "data": {"source": "arrays", "validation_split": 0.3},
    }
    random = np.random.default_rng(1)
    x, y = random.normal(size=(50, 2, 3, 4)), random.integers(0, 5, size=(50, 2, 3))
    keras, torch = both(spec, data=(x, y))
    same(keras, torch)
    with pytest.raises(SpecError, match=r"\(50, 6\), not one for each of \(2, 3\) positions"):
        samenet.train(spec, "torch", (x, y.reshape(50, 6)))
    y[3, 1, 2] = 5
    with pytest.raises(SpecError, match=r"y\[3, 1, 2\] is 5; classes are whole numbers"):
        samenet.train(spec, "torch", (x, y))


def test_probabilities_that_another_layer_reads(float64):
    """The PyTorch network returns the scores of one output and uses the probabilities too."""
    layers = [*LAYERS, {"type": "dense", "units": 1, "name": "later", "inputs": "kind"}]
    losses = {**TRAINING["loss"], "later": "mean_squared_error"}
    spec = {**changed("training", loss=losses), "layers": layers}
    spec["outputs"] = [*SPEC["outputs"], "later"]
    x, y = samples()
    keras, torch = both(spec, data=(x, {**y, "later": y["price"]}))
    same(keras, torch)


def test_penalties_belong_to_the_sum_alone(float64):
    layers = [*LAYERS[:-1], {**LAYERS[-1], "kernel_regularizer": "l2"}]
    keras, torch = both({**SPEC, "layers": layers}, data=samples())
    same(keras, torch)
    plain = samenet.train(SPEC, "torch", samples(), epochs=1).history
    assert torch.history["loss"][0] > plain["loss"][0]


def test_callbacks_watch_an_output(float64):
    spec = changed("training", epochs=40)
    spec["callbacks"] = [
        {"type": "early_stopping", "monitor": "val_kind_accuracy", "patience": 4},
        {"type": "reduce_lr_on_plateau", "monitor": "price_loss", "patience": 1, "min_delta": 9.0},
    ]
    keras, torch = both(spec, data=samples())
    same(keras, torch)
    assert keras.epochs < 40
    assert len(set(keras.history["learning_rate"])) > 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_program_runs_alone(backend: Backend, tmp_path: Path):
    x, y = samples()
    np.savez(tmp_path / "data.npz", **x, **y)
    program = tmp_path / f"house_{backend}.py"
    samenet.compile(SPEC, backend).write(program)
    command = [sys.executable, program.name, "--data", "data.npz", "--output", "out"]
    result = subprocess.run(
        [*command, "--epochs", "1"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    history = json.loads((tmp_path / "out" / "history.json").read_text())
    assert set(history) == {*NAMES, *(f"val_{name}" for name in NAMES), "learning_rate"}


# What is refused


def found(spec: Mapping[str, Any]) -> list[tuple[Code, tuple[str | int, ...]]]:
    """The kinds and places of the mistakes in a spec."""
    return [(item.code, item.path) for item in samenet.validate(spec)]


LOSSES = TRAINING["loss"]
NPZ = {"source": "npz", "path": "data.npz"}
CSV: dict[str, Any] = {
    "source": "csv",
    "path": "table.csv",
    "features": {"numbers": ["a", "b", "c"], "words": ["d", "e"]},
    "target": {"kind": "k", "price": "p", "sold": "s"},
}


def with_words(*columns: str) -> dict[str, Any]:
    """The table of data from CSV, with other columns for the words."""
    return {**CSV, "features": {**CSV["features"], "words": list(columns)}}


@pytest.mark.parametrize(
    ("table", "change", "code", "path"),
    [
        ("training", {"loss": "mean_squared_error"}, Code.LOSS, "loss"),
        ("training", {"loss": {**LOSSES, "cost": LOSSES["sold"]}}, Code.UNKNOWN_NAME, "loss.cost"),
        ("training", {"loss": {k: LOSSES[k] for k in ("kind", "sold")}}, Code.MISSING_KEY, "loss"),
        ("training", {"loss": {**LOSSES, "price": "mse"}}, Code.UNKNOWN_VALUE, "loss.price"),
        ("training", {"loss": {**LOSSES, "": "mse"}}, Code.WRONG_TYPE, "loss"),
        ("training", {"loss": {**LOSSES, "sold": LOSSES["kind"]}}, Code.LOSS, "loss.sold"),
        ("training", {"metrics": ["accuracy"]}, Code.LOSS, "metrics"),
        ("training", {"metrics": {"prices": []}}, Code.UNKNOWN_NAME, "metrics.prices"),
        ("training", {"metrics": {"price": ["accuracy"]}}, Code.LOSS, "metrics.price.0"),
        ("training", {"metrics": {"price": "accuracy"}}, Code.WRONG_TYPE, "metrics.price"),
        ("training", {"loss_weights": {"hidden": 1.0}}, Code.UNKNOWN_NAME, "loss_weights.hidden"),
        ("training", {"loss_weights": {"kind": -1.0}}, Code.OUT_OF_RANGE, "loss_weights.kind"),
        ("training", {"loss_weights": 2.0}, Code.WRONG_TYPE, "loss_weights"),
        ("data", {"stratify": True}, Code.DATA_MISMATCH, "stratify"),
        ("data", {"source": "digits"}, Code.DATA_MISMATCH, "source"),
        ("data", {**NPZ, "x": "a"}, Code.DATA_MISMATCH, "x"),
        ("data", {**NPZ, "y": {"kinds": "a"}}, Code.UNKNOWN_NAME, "y.kinds"),
        ("data", {**CSV, "target": "k"}, Code.DATA_MISMATCH, "target"),
        ("data", {**CSV, "features": {"words": ["d", "e"]}}, Code.MISSING_KEY, "features"),
        ("data", with_words("d"), Code.DATA_MISMATCH, "features.words"),
        ("data", with_words("d", "p"), Code.DATA_MISMATCH, "features.words.1"),
    ],
)  # fmt: skip
def test_mistakes(table, change, code, path):
    place = tuple(int(part) if part.isdigit() else part for part in path.split("."))
    assert found(changed(table, **change)) == [(code, (table, *place))]


def test_a_table_for_one_output_is_refused():
    training = {**ONE_OUTPUT["training"], "loss": {"kind": LOSSES["kind"]}}
    training |= {"metrics": {"kind": ["accuracy"]}, "loss_weights": {"kind": 1.0}}
    places = ["loss", "loss_weights", "metrics"]
    expected = [(Code.LOSS, ("training", name)) for name in places]
    assert found({**ONE_OUTPUT, "training": training}) == expected


def test_a_watched_name_without_its_output_is_refused():
    spec = {**SPEC, "callbacks": [{"type": "early_stopping", "monitor": "val_accuracy"}]}
    (diagnostic,) = samenet.validate(spec)
    assert diagnostic.code is Code.MONITOR
    assert "val_kind_accuracy" in diagnostic.hint


def test_a_loss_before_an_activation_inside_a_block_is_refused():
    layers = [*LAYERS[:4], {"block": "top", "name": "kind"}, *LAYERS[5:]]
    spec = {**SPEC, "layers": layers, "blocks": {"top": {"layers": [LAYERS[4]]}}}
    assert found(spec) == [(Code.LOSS, ("training", "loss", "kind"))]


def test_names_that_keras_would_confuse_are_refused():
    """`val_loss` must be the loss on validation data."""
    renamed = [
        {**layer, "name": "val"} if layer.get("name") == "sold" else layer for layer in LAYERS
    ]
    losses = {"kind": LOSSES["kind"], "price": LOSSES["price"], "val": LOSSES["sold"]}
    spec = {**changed("training", loss=losses, loss_weights={}), "layers": renamed}
    spec["outputs"] = ["kind", "price", "val"]
    assert found(spec) == [(Code.DUPLICATE_NAME, ("outputs", 2))]


def without(arrays: Arrays, name: str) -> Arrays:
    return {key: value for key, value in arrays.items() if key != name}


X, Y = samples(6)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X["numbers"], Y, "the inputs are a ndarray, not a dict of the arrays 'numbers', 'words'"),
        (without(X, "words"), Y, "the inputs lack 'words'"),
        ({**X, "more": X["words"]}, Y, "the inputs have no 'more'"),
        ({**X, "words": X["words"][:5]}, Y, "words has 5 samples, numbers 6"),
        ({**X, "words": X["words"] + 0.5}, Y, "words[0, 0] is"),
        ({**X, "numbers": X["words"]}, Y, "numbers has shape (6, 2)"),
        (X, Y["kind"], "the targets are a ndarray"),
        (X, without(Y, "kind"), "the targets lack 'kind'"),
        (X, {**Y, "kind": Y["kind"] + 3}, "kind["),
        (X, {**Y, "price": Y["price"][:5]}, "price has shape (5,) for 6 samples"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(x, y, message):
    with pytest.raises(SpecError) as caught:
        samenet.train(SPEC, "torch", (x, y))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code is Code.DATA
    assert diagnostic.message.startswith("data")
    assert message in diagnostic.message


def test_a_cell_that_is_no_whole_number_is_named(tmp_path):
    x, y = samples(6)
    x["words"] = x["words"].astype(float)
    x["words"][3, 1] = 1.5
    data = table(tmp_path / "table.csv", x, y)
    with pytest.raises(SpecError, match=r"row 5, column 'second' is 1.5"):
        samenet.train({**SPEC, "data": data}, "torch")
