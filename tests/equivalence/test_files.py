"""Files that callbacks write: as Keras, the same in both programs, also after a resumption."""

from __future__ import annotations

import csv
import importlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.lowering import BACKENDS
from tests.equivalence.test_resume import BASE, train

LOGGER: dict[str, Any] = {"type": "csv_logger", "filename": "logs/epochs.csv"}
PLATEAU: dict[str, Any] = {"type": "reduce_lr_on_plateau", "patience": 1, "min_delta": 2.0}
SMOOTH = [{"type": "dense", "units": 8, "activation": "tanh"}, {"type": "dense", "units": 1}]


def program(backend: Any, *callbacks: dict[str, Any]) -> ModuleType:
    return runtime.execute(samenet.compile({**BASE, "callbacks": callbacks}, backend))


def logs(random: np.random.Generator, *, validation: bool) -> list[dict[str, float]]:
    """What a training of a few epochs reports, in some order."""
    names = ["learning_rate", "loss", "accuracy", "a_loss"]
    names += [f"val_{name}" for name in names[1:]] if validation else []
    result = []
    for _ in range(5):
        values = random.normal(size=len(names)) * 10.0 ** random.integers(-12, 12)
        values[random.random(len(names)) < 0.1] = random.choice([np.nan, np.inf, 0.0])
        report = dict(zip(names, values.tolist(), strict=True))
        result.append({str(name): report[name] for name in random.permutation(names)})
    return result


def written(callback: Any, epochs: list[dict[str, float]]) -> None:
    if hasattr(callback, "on_train_begin"):
        callback.on_train_begin()
    for epoch, report in enumerate(epochs):
        callback.on_epoch_end(epoch, dict(report))
    callback.on_train_end({})


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("before", [None, "", "epoch,loss\r\n0,1.5\r\n"])
def test_tables_are_those_of_keras(backend, before, tmp_path):
    import keras

    ours = program(backend, LOGGER).CSVLogger
    random = np.random.default_rng(5)
    for number in range(20):
        options: dict[str, Any] = {
            "separator": str(random.choice([",", ";", "\t", "|"])),
            "append": bool(random.random() < 0.5),
        }
        files = [tmp_path / f"{name}_{number}.csv" for name in ("theirs", "ours")]
        for file in files if before is not None else []:
            file.write_bytes((before or "").encode())
        epochs = logs(random, validation=bool(random.random() < 0.5))
        written(keras.callbacks.CSVLogger(files[0], **options), epochs)
        written(ours(files[1], **options), epochs)
        assert files[1].read_bytes() == files[0].read_bytes(), options


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


@pytest.mark.parametrize("rest", [[PLATEAU, LOGGER], [LOGGER, PLATEAU], [LOGGER]], ids=str)
def test_tables_are_the_same_in_both_programs(rest, tmp_path, float64):
    spec = {**BASE, "layers": SMOOTH, "callbacks": rest}
    found = {}
    for backend in BACKENDS:
        run = train(spec, backend, checkpoint=tmp_path / backend)
        table = rows(tmp_path / backend / "logs" / "epochs.csv")
        assert list(table[0]) == ["epoch", *sorted(run.history)]
        assert [row.pop("epoch") for row in table] == [str(epoch) for epoch in range(8)]
        for name, values in run.history.items():
            assert [float(row[name]) for row in table] == values, name
        found[backend] = [[float(value) for value in row.values()] for row in table]
    np.testing.assert_allclose(found["torch"], found["keras"], rtol=1e-12)
    assert (len({row[0] for row in found["torch"]}) > 1) == (PLATEAU in rest)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_rate_that_changes_by_step_is_that_of_the_last_step(backend, tmp_path):
    spec = {**BASE, "schedule": {"type": "one_cycle", "clock": "step"}, "callbacks": [LOGGER]}
    run = train(spec, backend, checkpoint=tmp_path)
    table = rows(tmp_path / "logs" / "epochs.csv")
    assert [float(row["learning_rate"]) for row in table] == run.history["learning_rate"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("append", [False, True])
def test_files_of_parts_are_those_of_the_whole(backend, append, tmp_path):
    """Also if the process ended behind the callbacks and before the state of the epoch was kept."""
    spec = {**BASE, "callbacks": [{**LOGGER, "append": append}]}
    for folder in ("whole", "parts"):
        (tmp_path / folder / "logs").mkdir(parents=True)
        (tmp_path / folder / "logs" / "epochs.csv").write_text("an old line\r\n")
    file = tmp_path / "parts" / "logs" / "epochs.csv"
    train(spec, backend, checkpoint=tmp_path / "whole")
    train(spec, backend, checkpoint=tmp_path / "parts", epochs=3)
    file.write_bytes(file.read_bytes() + b"3,a line of the epoch that was lost\r\n")
    train(spec, backend, checkpoint=tmp_path / "parts", epochs=5)
    train(spec, backend, checkpoint=tmp_path / "parts")
    expected = (tmp_path / "whole" / "logs" / "epochs.csv").read_bytes()
    assert file.read_bytes() == expected
    assert expected.startswith(b"an old line") == append
    assert expected.count(b"\n") == 8 + 1  # the old line stands in place of the header


# ModelCheckpoint


class Model:
    """Notes under which names it is written."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def save(self, path: Any, overwrite: bool = True) -> None:
        self.names.append(str(path))

    save_weights = save


def trace(random: np.random.Generator) -> list[float]:
    values = random.integers(-3, 4, 15) * random.choice([0.1, 1e-8]) + random.choice([0.5, 100.0])
    values[random.random(15) < random.choice([0.0, 0.0, 0.2])] = random.choice([np.nan, np.inf])
    return values.tolist()


@pytest.mark.parametrize("backend", BACKENDS)
def test_models_are_written_when_keras_writes_them(backend, tmp_path, monkeypatch):
    import keras

    module = program(backend, {"type": "model_checkpoint", "filepath": "a.keras"})
    ours = Model()

    @contextmanager
    def noting(path: Path) -> Iterator[io.BytesIO]:
        ours.names.append(path.relative_to(tmp_path).as_posix())
        yield io.BytesIO()

    monkeypatch.setattr(module, "replacing", noting)
    name = "{epoch:02d}_{val_loss:.3f}.keras"
    random = np.random.default_rng(7)
    counts = []
    for _ in range(300):
        values = trace(random)
        options: dict[str, Any] = {
            "monitor": "val_loss",
            "save_best_only": bool(random.random() < 0.8),
            "mode": str(random.choice(["min", "max"])),
            "initial_value_threshold": random.choice([None, 0.5, 0.3, 100.0, 0.0]),
        }
        theirs, ours.names = Model(), []
        expected = keras.callbacks.ModelCheckpoint(name, **options)
        expected.set_model(theirs)
        if backend == "keras":
            callback = module.ModelCheckpoint(tmp_path, name, **options)
            callback.set_model(Model())
        else:
            callback = module.ModelCheckpoint(module.nn.Identity(), tmp_path, name, **options)
        for epoch, value in enumerate(values):
            for item in (expected, callback):
                item.on_epoch_begin(epoch, {})
                item.on_epoch_end(epoch, {"val_loss": value})
        assert ours.names == theirs.names, (values, options)
        counts.append(len(theirs.names))
    assert counts.count(0) > 10  # otherwise the traces are too tame to tell anything
    assert sum(1 < count < 15 for count in counts) > 50


def kept(backend: Any, module: ModuleType, file: Path) -> dict[str, np.ndarray]:
    """The weights in a file by their paths."""
    model = module.build_model()
    if file.suffix == ".keras":
        model = module.keras.saving.load_model(file)
    elif backend == "keras":
        model.optimizer.build(model.trainable_variables)  # its state is in the file as well
        model.load_weights(file)
    else:
        model.load_state_dict(module.torch.load(file, weights_only=True))
    return runtime.weights(model, backend)


@pytest.mark.parametrize("whole", [True, False], ids=["model", "weights"])
def test_models_are_the_same_in_both_programs(whole, tmp_path, float64):
    suffix = ".keras" if whole else ".weights.h5"
    common = {"type": "model_checkpoint", "save_weights_only": not whole}
    all_of_them = {**common, "filepath": "all/{epoch}_{loss:.6f}_{learning_rate:.4g}" + suffix}
    best = {**common, "filepath": f"best{suffix}", "save_best_only": True}
    normalized = [*SMOOTH[:1], {"type": "batch_normalization"}, *SMOOTH[1:]]
    spec = {**BASE, "layers": normalized, "callbacks": [PLATEAU, all_of_them, best]}
    files, found = {}, {}
    for backend in BACKENDS:
        module = runtime.execute(samenet.compile(spec, backend))
        folder = tmp_path / backend
        run = train(spec, backend, checkpoint=folder)
        end = suffix if backend == "keras" else ".pt"
        files[backend] = sorted(path.name.removesuffix(end) for path in (folder / "all").iterdir())
        for name in files[backend]:
            found[backend, name] = kept(backend, module, folder / "all" / f"{name}{end}")
        (last,) = (name for name in files[backend] if name.startswith("8_"))
        for path, weight in run.weights().items():
            np.testing.assert_array_equal(found[backend, last][path], weight)
        best_epoch = 1 + int(np.argmin(np.float32(run.history["val_loss"])))
        (name,) = (name for name in files[backend] if name.startswith(f"{best_epoch}_"))
        for path, weight in kept(backend, module, folder / f"best{end}").items():
            np.testing.assert_array_equal(weight, found[backend, name][path])
    assert files["torch"] == files["keras"]
    for name in files["keras"]:
        for path, weight in found["keras", name].items():
            other = found["torch", name][path]
            np.testing.assert_allclose(other, weight, rtol=1e-10, atol=1e-12, err_msg=path)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_best_value_is_known_after_a_resumption(backend, tmp_path):
    """The validation loss falls, so that the highest one is the first."""
    name = "best_{epoch}.keras"
    worst = {"type": "model_checkpoint", "filepath": name, "save_best_only": True, "mode": "max"}
    spec = {**BASE, "callbacks": [worst]}
    for epochs in (2, 8):
        run = train(spec, backend, checkpoint=tmp_path, epochs=epochs)
    assert run.history["val_loss"][0] == max(run.history["val_loss"])
    assert [path.stem for path in tmp_path.glob("best_*")] == ["best_1"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_failing_disk_leaves_the_last_model(backend, tmp_path, monkeypatch):
    spec = {**BASE, "callbacks": [{"type": "model_checkpoint", "filepath": "last.keras"}]}
    train(spec, backend, checkpoint=tmp_path, epochs=1)
    (file,) = tmp_path.glob("last.*")
    before = file.read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        train(spec, backend, checkpoint=tmp_path, epochs=2)
    assert file.read_bytes() == before


def test_a_value_in_a_name_has_to_be_reported():
    callback = {"type": "model_checkpoint", "filepath": "{val_loss:.2f}.keras"}
    spec = {**BASE, "callbacks": [callback]}
    with pytest.raises(samenet.SpecError, match="nothing produces 'val_loss'"):
        samenet.train(spec, "torch", (np.ones((4, 3)), np.ones(4)), checkpoint="unused")


# Where files are


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_is_written_where_nobody_said_so(backend, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="csv_logger writes files; say with `checkpoint`"):
        train({**BASE, "callbacks": [LOGGER]}, backend)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_program_writes_into_the_current_folder(backend, tmp_path, monkeypatch):
    """As any program of Keras does; with --output into that folder."""
    importlib.import_module(runtime.PACKAGES[backend])
    monkeypatch.chdir(tmp_path)
    module = program(backend, LOGGER)
    data = module.check_data(np.ones((4, 3)), np.ones(4), module.Source())
    module.train(module.build_model(), data, epochs=1)
    assert [len(row) for row in rows(tmp_path / "logs" / "epochs.csv")] == [5]  # two of them "NA"
