"""Files that callbacks write: as Keras, the same in both programs, also after a resumption."""

from __future__ import annotations

import csv
import importlib
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
