"""`samenet.train` with arrays, and what a run leaves behind."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from safetensors.numpy import load_file

import samenet
from samenet import SpecError
from samenet.diagnostics import Code
from samenet.lowering import BACKENDS
from samenet.training.progress import Progress

REGRESSION = {
    "version": 1,
    "name": "line",
    "input": {"shape": [3]},
    "layers": [
        {"type": "dense", "units": 16, "activation": "tanh"},
        {"type": "dense", "units": 1},
    ],
    "optimizer": {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
    "training": {
        "loss": "mean_squared_error",
        "metrics": ["mean_absolute_error"],
        "epochs": 4,
        "batch_size": 16,
    },
    "data": {"source": "arrays"},
}
BINARY = {
    **REGRESSION,
    "layers": [{"type": "dense", "units": 1, "activation": "sigmoid"}],
    "training": {"loss": "binary_crossentropy", "metrics": ["accuracy"], "epochs": 3},
}


def samples(count: int = 70) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(3).normal(size=(count, 3))
    return x, x @ [1.0, -2.0, 0.5] + 0.3


def test_regression_is_the_same_in_both(float64):
    x, y = samples()
    keras, torch = (
        samenet.train(REGRESSION, backend, (x, y), (x[:9], y[:9])) for backend in BACKENDS
    )
    for name in ("loss", "mean_absolute_error", "val_loss", "val_mean_absolute_error"):
        np.testing.assert_allclose(torch.history[name], keras.history[name], rtol=1e-12)
    assert keras.history["loss"][-1] < keras.history["loss"][0]


def test_binary_classification_is_the_same_in_both(float64):
    x, y = samples()
    keras, torch = (samenet.train(BINARY, backend, (x, y > 0)) for backend in BACKENDS)
    assert "val_loss" not in keras.history
    np.testing.assert_allclose(torch.history["loss"], keras.history["loss"], rtol=1e-12)
    np.testing.assert_allclose(torch.history["accuracy"], keras.history["accuracy"], rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_is_written_and_read_back(backend, tmp_path):
    run = samenet.train(REGRESSION, backend, samples())
    files = run.write(tmp_path / "new" / "folder")
    assert [path.name for path in files] == [
        f"line_{backend}.py",
        "history.csv",
        "history.json",
        "weights.safetensors",
    ]
    assert all(path.is_file() for path in files)
    assert files[0].read_text() == run.program.text
    with files[1].open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["loss"]) for row in rows] == run.history["loss"]
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert json.loads(files[2].read_text()) == run.history
    for path, values in load_file(files[3]).items():
        np.testing.assert_array_equal(values, run.weights()[path])


@pytest.mark.parametrize("backend", BACKENDS)
def test_progress_is_told_of_everything(backend):
    class Recorder(Progress):
        def __init__(self):
            self.calls = []

        def begin(self, spec, backend, epochs, batches):
            self.calls.append(("begin", epochs, batches))

        def on_train_batch_end(self, batch, logs):
            self.calls.append(("batch", batch))

        def on_epoch_end(self, epoch, logs):
            self.calls.append(("epoch", epoch, set(logs)))

        def end(self):
            self.calls.append(("end",))

    recorder = Recorder()
    samenet.train(REGRESSION, backend, samples(40), epochs=1, progress=recorder)
    begin, *batches, epoch, end = recorder.calls
    assert begin == ("begin", 1, 3)
    assert batches == [("batch", 0), ("batch", 1), ("batch", 2)]
    assert epoch[:2] == ("epoch", 0)
    assert {"loss", "mean_absolute_error"} <= epoch[2]
    assert end == ("end",)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ((np.zeros((4, 2)), np.zeros(4)), ["data", "x", "(4, 2)", "(3,)"]),
        ((np.zeros((4, 3)), np.zeros(5)), ["y", "(5,)", "4 samples"]),
        ((np.full((4, 3), np.nan), np.zeros(4)), ["x[0, 0]", "nan"]),
        ((np.full((4, 3), "a"), np.zeros(4)), ["x", "not numbers"]),
        ((np.zeros((0, 3)), np.zeros(0)), ["no samples"]),
    ],
)
def test_arrays_that_do_not_fit_are_refused(data, words):
    with pytest.raises(SpecError) as caught:
        samenet.train(REGRESSION, "torch", data)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code is Code.DATA
    assert all(word in diagnostic.message for word in words), diagnostic.message


def test_missing_arrays_and_missing_validation_are_refused():
    with pytest.raises(SpecError, match="no data of its own"):
        samenet.train(REGRESSION, "torch")
    watched = {**REGRESSION, "callbacks": [{"type": "early_stopping"}]}
    with pytest.raises(SpecError, match="val_loss"):
        samenet.train(watched, "torch", samples())


def test_epochs_must_be_positive():
    with pytest.raises(ValueError, match="at least 1"):
        samenet.train(REGRESSION, "torch", samples(), epochs=0)


def test_a_live_model_is_its_program_executed():
    model = samenet.build(REGRESSION, "torch")
    import inspect

    program = samenet.compile(REGRESSION, "torch").text
    assert inspect.getsource(type(model)) in program
