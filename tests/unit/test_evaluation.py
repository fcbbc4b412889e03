"""Trained weights, read again: what they are worth on samples, and what they say of new ones."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from safetensors.numpy import load_file, save_file

import samenet
from samenet import SpecError
from samenet.cli import main
from samenet.lowering import BACKENDS
from samenet.spec.toml import dumped
from tests.equivalence.test_several import SPEC as SEVERAL
from tests.equivalence.test_several import samples as several_samples

SPEC: dict[str, Any] = {
    "version": 1,
    "name": "table",
    "input": {"shape": [2]},
    "layers": [
        {"type": "dense", "units": 4, "activation": "tanh"},
        {"type": "batch_normalization"},
        {"type": "dense", "units": 3, "activation": "softmax"},
    ],
    "optimizer": {"type": "adam", "learning_rate": 0.05},
    "training": {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"], "epochs": 2},
    "data": {
        "source": "csv",
        "path": "a.csv",
        "target": "y",
        "validation_split": 0.25,
        "test": "test.csv",
    },
}


def write_table(path: Path, x: np.ndarray, y: np.ndarray | None) -> None:
    rows = x if y is None else np.column_stack([x, y])
    names = "a,b" if y is None else "a,b,y"
    np.savetxt(path, rows, fmt="%.17g", delimiter=",", header=names, comments="")


def drawn(count: int) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(count).normal(size=(count, 2))
    return x, (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a spec, its files, and a run in each framework."""
    folder = tmp_path_factory.mktemp("project")
    for name, count in (("a.csv", 80), ("test.csv", 30)):
        write_table(folder / name, *drawn(count))
    (folder / "table.net.toml").write_text(dumped(SPEC))
    for backend in BACKENDS:
        samenet.train(folder / "table.net.toml", backend).write(folder / "runs" / backend)
    return folder


def run(*arguments: str | Path) -> Result:
    """A command in this process; a traceback fails the test."""
    result = CliRunner().invoke(main, [str(item) for item in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize("backend", BACKENDS)
def test_validation_is_what_training_reported(backend, trained):
    history = json.loads((trained / "runs" / backend / "history.json").read_text())
    found = samenet.evaluate(trained / "runs" / backend)
    assert list(found) == ["validation", "test"]
    for name, value in found["validation"].items():
        assert value == pytest.approx(history[f"val_{name}"][-1], rel=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_test_is_what_the_probabilities_say(backend, trained):
    """-log of the probability of each class, and how often the largest is right."""
    x, y = drawn(30)
    probabilities = samenet.predict(trained / "runs" / backend, x)
    expected = {
        "loss": -np.log(probabilities[np.arange(30), y]).mean(),
        "accuracy": (probabilities.argmax(axis=1) == y).mean(),
    }
    found = samenet.evaluate(trained / "runs" / backend)["test"]
    assert found == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


def test_weights_of_either_framework_in_both(trained):
    spec, weights = trained / "table.net.toml", trained / "runs" / "keras" / "weights.safetensors"
    keras, torch = (samenet.evaluate(spec, backend, weights=weights) for backend in BACKENDS)
    for part, values in keras.items():
        assert torch[part] == pytest.approx(values, rel=1e-5)
    outputs = [samenet.predict(spec, drawn(5)[0], b, weights=weights) for b in BACKENDS]
    np.testing.assert_allclose(*outputs, rtol=1e-5)


def test_own_samples(trained):
    x, y = drawn(30)
    run = trained / "runs" / "torch"
    found = samenet.evaluate(run, data=(x, y))["data"]
    assert found == samenet.evaluate(run, data=trained / "test.csv")["data"]
    assert found == samenet.evaluate(run)["test"]


def test_more_samples_than_a_batch(trained):
    x, _ = drawn(2500)
    whole = samenet.predict(trained / "runs" / "torch", x)
    assert whole.shape == (2500, 3)
    np.testing.assert_allclose(samenet.predict(trained / "runs" / "torch", x[2000:]), whole[2000:])


@pytest.mark.parametrize("backend", BACKENDS)
def test_several_inputs_and_outputs(backend, tmp_path):
    x, y = several_samples()
    run = samenet.train(SEVERAL, backend, (x, y), (x, y))
    run.write(tmp_path / "run")
    found = samenet.evaluate(tmp_path / "run", data=(x, y))["data"]
    expected = {name: run.history[f"val_{name}"][-1] for name in found}
    assert found == pytest.approx(expected, rel=1e-5)
    assert list(found)[:2] == ["loss", "kind_loss"]
    outputs = samenet.predict(tmp_path / "run", x)
    assert {name: values.shape for name, values in outputs.items()} == {
        "kind": (70, 3),
        "price": (70, 1),
        "sold": (70, 1),
    }
    np.savez(tmp_path / "new.npz", **x)
    again = samenet.predict(tmp_path / "run", tmp_path / "new.npz")
    assert all(np.array_equal(again[name], outputs[name]) for name in outputs)
    done = run_predict(tmp_path / "run", tmp_path / "new.npz", tmp_path / "p.csv")
    with done.open() as file:
        header = next(csv.reader(file))
    assert header == [
        "row",
        "kind_class",
        *(f"kind_probability_{i}" for i in range(3)),
        "price_prediction",
        "sold_class",
        "sold_probability",
    ]


def run_predict(folder: Path, data: Path, output: Path) -> Path:
    done = run("predict", folder, "--data", data, "-o", output)
    assert done.exit_code == 0, done.output
    return output


# On the command line


def test_evaluate_prints_a_column_for_each_framework(trained):
    shown = run("evaluate", trained / "runs").output
    assert [
        name for name in ("keras", "torch", "validation loss", "test accuracy") if name in shown
    ]
    found = json.loads(run("evaluate", trained / "runs", "--format", "json").output)
    assert list(found) == ["keras", "torch"]
    assert found["torch"] == samenet.evaluate(trained / "runs" / "torch")
    table = list(
        csv.DictReader(io.StringIO(run("evaluate", trained / "runs", "--format", "csv").output))
    )
    assert [row["measured"] for row in table] == [
        f"{part} {name}" for part in ("validation", "test") for name in ("loss", "accuracy")
    ]
    assert float(table[2]["torch"]) == found["torch"]["test"]["loss"]


def test_a_run_in_the_other_framework(trained):
    arguments = ("evaluate", trained / "runs" / "torch", "-b", "keras", "--format", "json")
    assert list(json.loads(run(*arguments).output)) == ["keras, weights of torch"]


def test_a_run_that_was_moved_with_its_data(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "elsewhere")
    found = samenet.evaluate(tmp_path / "elsewhere" / "runs" / "torch")
    assert found == samenet.evaluate(trained / "runs" / "torch")


def test_predict_writes_a_table(trained, tmp_path):
    x, _ = drawn(7)
    write_table(tmp_path / "new.csv", x, None)
    run_predict(trained / "runs" / "torch", tmp_path / "new.csv", tmp_path / "p.csv")
    with (tmp_path / "p.csv").open() as file:
        rows = list(csv.DictReader(file))
    expected = samenet.predict(trained / "runs" / "torch", x)
    assert [int(row["row"]) for row in rows] == list(range(2, 9))  # as the messages count
    assert [int(row["class"]) for row in rows] == expected.argmax(axis=1).tolist()
    found = [[float(row[f"probability_{i}"]) for i in range(3)] for row in rows]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_predict_takes_a_table_with_its_target(trained, tmp_path):
    run_predict(trained / "runs" / "torch", trained / "test.csv", tmp_path / "p.npz")
    with np.load(tmp_path / "p.npz") as file:
        expected = samenet.predict(trained / "runs" / "torch", drawn(30)[0])
        np.testing.assert_array_equal(file["predictions"], expected)
        np.testing.assert_array_equal(file["class"], expected.argmax(axis=1))


def test_predict_replaces_nothing_unasked(trained, tmp_path):
    output = tmp_path / "p.csv"
    output.write_text("mine")
    arguments = ("predict", trained / "runs/torch", "--data", trained / "test.csv", "-o", output)
    done = run(*arguments)
    assert (done.exit_code, output.read_text()) == (2, "mine")
    assert "--force replaces it" in done.stderr
    assert run(*arguments, "--force").exit_code == 0
    assert output.read_text() != "mine"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["evaluate", "table.net.toml"], 2, "--weights names the weights of a spec"),
        (["evaluate", "."], 2, "there is no run in it"),
        (["evaluate", "none"], 2, "does not exist"),
        (["evaluate", "runs/torch", "--data", "no.csv"], 1, "no.csv: there is no such file"),
        (["evaluate", "runs/torch", "--weights", "a.csv"], 1, "not a readable safetensors file"),
        (["predict", "runs/torch", "-o", "p.txt"], 2, ".txt is no form of predictions"),
        (["predict", "runs/torch", "-o", "p.csv"], 2, "--data names the file"),
        (["predict", "runs", "-o", "p.csv", "--data", "a.csv"], 2, "--backend chooses one"),
        (
            ["predict", "runs/torch", "-o", "p.csv", "--data", "bad.csv"],
            1,
            "bad.csv: row 2, column 'b': 'x' is not a number",
        ),
        (
            ["predict", "runs/torch", "-o", "p.csv", "--data", "nan.csv"],
            1,
            "nan.csv: row 3, column 'a' is nan, not a finite number",
        ),
        (
            ["predict", "runs/torch", "-o", "p.csv", "--data", "less.csv"],
            1,
            "x has shape (1, 1); the network takes samples of shape (2,)",
        ),
    ],
)
def test_what_is_refused(arguments, status, words, trained, monkeypatch):
    monkeypatch.chdir(trained)
    Path("bad.csv").write_text("a,b\n1,x\n")
    Path("nan.csv").write_text("a,b\n1,2\nnan,2\n")
    Path("less.csv").write_text("a\n1\n")
    done = run(*arguments)
    assert (done.exit_code, words in done.stderr) == (status, True), done.output
    assert not Path("p.csv").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dense/bias": None}, "there are no weights 'dense/bias'"),
        ({"dense/bias": np.zeros(5)}, r"'dense/bias' has shape \(5,\); the network takes \(4,\)"),
        ({"dense/bias": np.zeros(4, int)}, "'dense/bias' holds int64, not numbers"),
        ({"more": np.zeros(4)}, "the network has no weights 'more'"),
    ],
)
def test_weights_of_another_network(change, words, trained, tmp_path):
    weights = {**load_file(trained / "runs" / "torch" / "weights.safetensors"), **change}
    save_file({k: v for k, v in weights.items() if v is not None}, tmp_path / "w.safetensors")
    with pytest.raises(SpecError, match=words):
        samenet.evaluate(trained / "runs" / "torch", weights=tmp_path / "w.safetensors")


def test_a_spec_without_samples_to_evaluate_with(trained):
    spec = {**SPEC, "data": {"source": "arrays"}}
    weights = trained / "runs" / "torch" / "weights.safetensors"
    with pytest.raises(SpecError, match="no validation or test samples of its own"):
        samenet.evaluate(spec, "torch", weights=weights)
    with pytest.raises(SpecError, match="there are no samples to predict"):
        samenet.predict(spec, backend="torch", weights=weights)
    with pytest.raises(ValueError, match="in which framework"):
        samenet.predict(spec, drawn(3)[0], weights=weights)
    with pytest.raises(ValueError, match="no weights of its own"):
        samenet.predict(spec, drawn(3)[0], "torch")
