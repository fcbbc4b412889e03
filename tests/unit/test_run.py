"""`samenet.train` with arrays, and what a run leaves behind."""

from __future__ import annotations

import csv
import hashlib
import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import samenet
from samenet import SpecError, runtime
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
        "spec.net.toml",
        "run.json",
        "history.csv",
        "history.json",
        "weights.safetensors",
    ]
    assert all(path.is_file() for path in files)
    assert files[0].read_text() == run.program.text
    with files[3].open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["loss"]) for row in rows] == run.history["loss"]
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert json.loads(files[4].read_text()) == run.history
    for path, values in load_file(files[5]).items():
        np.testing.assert_array_equal(values, run.weights()[path])


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_is_repeated_from_its_folder(backend, tmp_path):
    run = samenet.train(REGRESSION, backend, samples())
    run.write(tmp_path)
    spec = samenet.load(tmp_path / "spec.net.toml")
    assert samenet.compile(spec, backend).text == run.program.text
    again = samenet.train(spec, backend, samples())
    assert again.history == run.history
    record = json.loads((tmp_path / "run.json").read_text())
    versions = record.pop("versions")
    installed = ["numpy", *(["keras"] if backend == "keras" else ["torch"])]
    assert versions.pop("samenet") == samenet.__version__
    assert versions.pop("python") == sys.version.split()[0]
    assert [versions.pop(name) for name in installed] == [
        importlib.import_module(name).__version__ for name in installed
    ]
    assert list(versions) == (["tensorflow"] if backend == "keras" else [])
    assert record.pop("seconds") == run.seconds
    digests = (record.pop("spec_sha256"), record.pop("program_sha256"))
    head, _, body = run.program.text.partition('\n"""\n')
    assert digests[1] == hashlib.sha256(body.encode()).hexdigest()
    assert all(digest in head for digest in digests)
    assert (tmp_path / record.pop("folder")).resolve() == Path.cwd()
    assert record == {"name": "line", "backend": backend, "seed": 0, "epochs": 4}


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


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["int64", "int32", "bool", ">f4", "float16"])
def test_targets_and_inputs_of_any_numbers(backend, dtype):
    x, y = samples(40)
    run = samenet.train(BINARY, backend, (x[::-1].astype(">f8"), (y > 0).astype(dtype)), epochs=1)
    assert np.isfinite(run.history["loss"]).all()


def test_own_validation_data_leave_all_samples_for_training(tmp_path):
    x, y = samples(40)
    np.savez(tmp_path / "data.npz", x=x, y=y)
    data = {"source": "npz", "path": str(tmp_path / "data.npz"), "validation_split": 0.5}
    recorder: list[int] = []

    class Batches(Progress):
        def begin(self, spec, backend, epochs, batches):
            recorder.append(batches)

    spec = {**REGRESSION, "data": data}
    samenet.train(spec, "torch", validation_data=(x, y), epochs=1, progress=Batches())
    samenet.train(spec, "torch", epochs=1, progress=Batches())
    assert recorder == [3, 2]  # of 16 samples: 40, and the half of them


def test_a_second_training_begins_afresh(float64):
    """Neither program may keep the optimizer's state of the first."""
    histories = []
    for backend in BACKENDS:
        module = runtime.execute(samenet.compile(REGRESSION, backend))
        model = module.build_model()
        data = module.check_data(*samples(), module.Source())
        module.train(model, data)
        histories.append(module.train(model, data))
    keras, torch = histories
    np.testing.assert_allclose(torch["loss"], keras["loss"], rtol=1e-12)


def test_several_plateaus_report_the_rate_that_was_used(float64):
    plateau = {
        "type": "reduce_lr_on_plateau",
        "monitor": "loss",
        "patience": 1,
        "min_delta": 10.0,
    }
    spec = {**REGRESSION, "callbacks": [{**plateau, "factor": 0.5}, {**plateau, "factor": 0.25}]}
    keras, torch = (samenet.train(spec, backend, samples()) for backend in BACKENDS)
    assert keras.history["learning_rate"] == torch.history["learning_rate"]
    assert keras.history["learning_rate"][0] == 0.05
    assert keras.history["learning_rate"][-1] < 0.05 / 8


def test_predictions_leave_the_mode_as_it_was():
    import torch

    model = samenet.build(BINARY, "torch")
    probabilities = model.predict(torch.zeros(5, 3))
    assert model.training
    assert ((probabilities > 0) & (probabilities < 1)).all()


def test_a_history_that_is_not_finite_is_json(tmp_path):
    x, y = samples()
    exploding = {**REGRESSION, "optimizer": {"type": "sgd", "learning_rate": 1e30}}
    run = samenet.train(exploding, "torch", (x, y))
    assert not np.isfinite(run.history["loss"]).all()
    files = run.write(tmp_path)
    history = json.loads(files[4].read_text(), parse_constant=pytest.fail)
    assert None in history["loss"]
