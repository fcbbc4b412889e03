"""Parquet files give the arrays of the same table as CSV, and name what is wrong with them."""

from __future__ import annotations

import csv
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import samenet
from samenet import FrameworkError, runtime
from samenet.lowering import BACKENDS
from tests.equivalence.test_several import SPEC as SEVERAL
from tests.equivalence.test_several import samples as several_samples
from tests.unit.test_data import program
from tests.unit.test_evaluation import SPEC, drawn, run, run_predict

PARQUET: dict[str, Any] = {"source": "parquet", "path": "a.parquet", "target": "y"}


def write(path: Path, **columns: Any) -> Path:
    pl.DataFrame(columns).write_parquet(path)
    return path


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("split", [{}, {"stratify": True}, {"groups": "g", "features": ["a", "b"]}])
def test_the_same_samples_as_of_csv(backend, split, tmp_path):
    x, y = drawn(40)
    columns = {"a": x[:, 0], "b": x[:, 1], "y": y}
    if "groups" in split:
        columns["g"] = np.arange(40) // 3
    frame = pl.DataFrame(columns)
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_csv(tmp_path / "a.csv")
    data = {**PARQUET, "validation_split": 0.25, **split}
    found = program(data, backend=backend).load_data(tmp_path / "a.parquet")
    expected = program({**data, "source": "csv"}).load_data(tmp_path / "a.csv")
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours.x, theirs.x)
        np.testing.assert_array_equal(ours.y, theirs.y)
        assert ours.x.dtype == theirs.x.dtype == np.float64


@pytest.mark.parametrize("kind", [pl.Int8, pl.UInt32, pl.Float32, pl.Boolean, pl.Decimal(5, 2)])
def test_types_of_numbers(kind, tmp_path):
    frame = pl.DataFrame({"a": [0, 1], "b": [1, 0], "y": [0, 1]})
    frame.with_columns(pl.col("a").cast(kind)).write_parquet(tmp_path / "a.parquet")
    data, _ = program(PARQUET).load_data(tmp_path / "a.parquet")
    np.testing.assert_array_equal(data.x, [[0, 1], [1, 0]])


DATES = [date(2026, 1, day) for day in (3, 1, 2)]


@pytest.mark.parametrize("times", [[3, 1, 2], [0.5, -1.0, 0.0], DATES])
def test_the_latest_samples_are_held_out(times, tmp_path):
    path = write(tmp_path / "a.parquet", a=[0, 1, 2], b=[0, 0, 0], y=[0, 0, 0], t=times)
    data = {**PARQUET, "features": ["a", "b"], "validation_split": 0.3}
    module = program({**data, "split": "ordered", "order_by": "t"})
    assert [part.x[:, 0].tolist() for part in module.load_data(path)] == [[1, 2], [0]]


A, Y = [1.0, 2.0], [0, 1]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": A, "y": Y}, "x has shape (2, 1); the network takes samples of shape (2,)"),
        ({"a": A, "b": A}, "there is no column 'y' (found: 'a', 'b')"),
        ({"a": A, "b": [1.0, None], "y": Y}, "row 1, column 'b' is missing"),
        ({"a": A, "b": [float("nan"), 1.0], "y": Y}, "row 0, column 'b' is nan, not a finite"),
        ({"a": A, "b": ["1", "2"], "y": Y}, "column 'b' holds String, not numbers"),
        ({"a": A, "b": [[1], [2]], "y": Y}, "column 'b' holds List(Int64), not numbers"),
        ({"a": A, "b": A, "y": [0, 3]}, "row 1, column 'y' is 3; classes are whole numbers"),
        ({"a": A[:0], "b": A[:0], "y": Y[:0]}, "there are no samples"),
    ],
)
def test_files_that_do_not_fit(columns, message, tmp_path):
    if not columns["a"]:
        columns = {name: pl.Series(name, [], pl.Float64) for name in columns}
    path = write(tmp_path / "a.parquet", **columns)
    module = program(PARQUET)
    with pytest.raises(module.DataError) as caught:
        module.load_data(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_files_that_cannot_be_read(tmp_path):
    module = program(PARQUET)
    whole = write(tmp_path / "whole.parquet", a=A, b=A, y=Y).read_bytes()
    for content in (b"", b"a,b,y\n1,2,0\n", b"PAR1", whole[:-20], whole[:-8] + b"\0" * 8):
        (tmp_path / "a.parquet").write_bytes(content)
        with pytest.raises(module.DataError, match="not a readable Parquet file"):
            module.load_data(tmp_path / "a.parquet")
    with pytest.raises(module.DataError, match="there is no such file"):
        module.load_data(tmp_path / "none.parquet")


def test_several_inputs_and_outputs(tmp_path):
    x, y = several_samples()
    columns = {f"{name}{i}": column for name in x for i, column in enumerate(x[name].T)}
    path = write(tmp_path / "a.parquet", **columns, **y)
    features = {name: [f"{name}{i}" for i in range(x[name].shape[1])] for name in x}
    data = {"source": "parquet", "path": str(path), "features": features}
    data |= {"target": {name: name for name in y}, "validation_split": 0.25}
    found = samenet.train({**SEVERAL, "data": data}, "torch").history
    assert found == samenet.train(SEVERAL, "torch", (x, y)).history


def test_predictions_as_parquet(tmp_path):
    x, y = drawn(40)
    path = write(tmp_path / "a.parquet", a=x[:, 0], b=x[:, 1], y=y)
    data = {**PARQUET, "path": str(path), "validation_split": 0.25}
    samenet.train({**SPEC, "data": data}, "torch").write(tmp_path / "run")
    table = pl.read_parquet(run_predict(tmp_path / "run", path, tmp_path / "p.parquet"))
    with run_predict(tmp_path / "run", path, tmp_path / "p.csv").open() as file:
        header, *rows = csv.reader(file)
    assert table.columns == header == ["row", "class", *(f"probability_{i}" for i in range(3))]
    np.testing.assert_allclose(table.to_numpy(), np.array(rows, float), rtol=1e-7)
    assert table["row"].to_list() == list(range(40))


def test_without_polars(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    data = {**PARQUET, "path": str(tmp_path / "absent.parquet")}
    with pytest.raises(FrameworkError, match=r"pip install 'samenet\[parquet\]'"):
        runtime.execute(samenet.compile({**SPEC, "data": data, "name": "without"}, "torch"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = run("predict", tmp_path, "-o", tmp_path / "p.parquet")
    assert (done.exit_code, "samenet[parquet]" in done.stderr) == (2, True)
