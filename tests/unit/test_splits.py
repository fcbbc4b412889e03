"""How samples are held out: from files of their own, in groups, in the order of time."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GroupShuffleSplit, StratifiedShuffleSplit

import samenet
from samenet import SpecError
from samenet.diagnostics import Code
from samenet.lowering import BACKENDS
from tests.unit.test_data import data_part, program

CSV: dict[str, Any] = {"source": "csv", "path": "a.csv", "target": "y", "features": ["a", "b"]}


def table(path: Path, count: int, **columns: list[Any]) -> Path:
    """A table in which column `a` is the number of the row, and others are given."""
    header = ["a", "b", "y", *columns]
    rows = zip(
        range(count), [0] * count, [i % 3 for i in range(count)], *columns.values(), strict=True
    )
    path.write_text("\n".join(",".join(map(str, row)) for row in [header, *rows]) + "\n")
    return path


def positions(part: Any) -> list[int]:
    """The rows of which a part is made."""
    return [] if part is None else part.x[:, 0].astype(int).tolist()


def loaded(data: dict[str, Any], *paths: Path, backend: Any = "torch") -> list[list[int]]:
    return [positions(part) for part in program(data, backend=backend).load_data(*paths)]


# Files of their own


@pytest.mark.parametrize("backend", BACKENDS)
def test_validation_and_test_files(backend, tmp_path):
    files = [table(tmp_path / f"{n}.csv", n) for n in (7, 4, 3)]
    data = {**CSV, "validation": "v.csv", "test": "t.csv"}
    assert loaded(data, *files, backend=backend) == [list(range(n)) for n in (7, 4, 3)]


def test_a_test_file_does_not_change_the_split(tmp_path):
    file, test = table(tmp_path / "a.csv", 20), table(tmp_path / "t.csv", 3)
    plain = loaded({**CSV, "validation_split": 0.25}, file)
    assert loaded({**CSV, "validation_split": 0.25, "test": "t.csv"}, file, test) == [
        *plain,
        [0, 1, 2],
    ]


def test_a_test_split_beside_a_validation_file(tmp_path):
    file, validation = table(tmp_path / "a.csv", 20), table(tmp_path / "v.csv", 3)
    data = {**CSV, "validation": "v.csv", "test_split": 0.25}
    training, validated, tested = loaded(data, file, validation)
    assert validated == [0, 1, 2]
    assert (len(training), len(tested)) == (15, 5)
    assert sorted(training + tested) == list(range(20))


def test_a_test_split_alone(tmp_path):
    training, validated, tested = loaded({**CSV, "test_split": 0.25}, table(tmp_path / "a", 20))
    assert validated == []
    assert (len(training), len(tested)) == (15, 5)


def test_a_mistake_in_the_validation_file_is_placed(tmp_path):
    file, validation = table(tmp_path / "a.csv", 6), tmp_path / "v.csv"
    validation.write_text("a,b,y\n1,2,0\n1,x,0\n")
    module = program({**CSV, "validation": "v.csv"})
    with pytest.raises(module.DataError, match=r"v\.csv: row 3, column 'b': 'x' is not a number"):
        module.load_data(file, validation)


# Kinds of splits


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=30, max_size=80), st.integers(0, 50))
def test_three_stratified_parts(classes, seed):
    """Complete and disjoint; of each class, the counts that scikit-learn's split has, +-1."""
    module = program(
        {"source": "arrays", "validation_split": 0.2, "test_split": 0.3, "stratify": True}
    )
    y = np.array([*classes, *range(3), *range(3)] * 4)
    parts = module.stratified_parts(y, [0.2, 0.3], seed)
    assert sorted(np.concatenate(parts)) == list(range(len(y)))
    _, test = next(StratifiedShuffleSplit(1, test_size=0.3, random_state=0).split(y, y))
    for kind in range(3):
        assert abs((y[parts[2]] == kind).sum() - (y[test] == kind).sum()) <= 1
        assert abs((y[parts[1]] == kind).sum() - 0.2 * (y == kind).sum()) < 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("abcdefgh"), min_size=10, max_size=60), st.integers(0, 50))
def test_groups_are_never_in_two_parts(letters, seed):
    """As many groups are held out as by scikit-learn."""
    groups = np.array([*letters, *"abcd"])
    module = program({**CSV, "validation_split": 0.25, "groups": "g"})
    parts = module.grouped_parts(groups, [0.25], seed)
    assert sorted(np.concatenate(parts)) == list(range(len(groups)))
    names = [set(groups[part]) for part in parts]
    assert not names[0] & names[1]
    expected = next(
        GroupShuffleSplit(1, test_size=0.25, random_state=0).split(groups, None, groups)
    )
    assert [len(found) for found in names] == [len(set(groups[part])) for part in expected]


def test_groups_of_a_column(tmp_path):
    groups = [f"g{i // 3}" for i in range(24)]
    file = table(tmp_path / "a.csv", 24, patient=groups)
    data = {**CSV, "validation_split": 0.25, "test_split": 0.25, "groups": "patient"}
    parts = loaded(data, file)
    assert [len(part) for part in parts] == [12, 6, 6]
    assert sorted(itertools.chain(*parts)) == list(range(24))
    found = [{groups[i] for i in part} for part in parts]
    assert Counter(name for names in found for name in names).most_common(1)[0][1] == 1
    assert parts == loaded(data, file, backend="keras")


@pytest.mark.parametrize("labels", [["x", "y", "z", "z"], [1, 2, 3, 3], [0.5, 1.5, 2.5, 2.5]])
def test_groups_of_an_array(labels, tmp_path):
    np.savez(tmp_path / "a.npz", x=np.eye(4)[:, :2], y=np.zeros(4), who=np.array(labels))
    data = {"source": "npz", "path": "a.npz", "validation_split": 0.3, "groups": "who"}
    training, validation = program(data).load_data(tmp_path / "a.npz")
    assert (training.size, validation.size) in {(3, 1), (2, 2)}


def test_the_last_samples_are_held_out(tmp_path):
    data = {**CSV, "validation_split": 0.3, "test_split": 0.3, "split": "ordered"}
    file = table(tmp_path / "a.csv", 10)
    assert loaded(data, file) == [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9]]


@pytest.mark.parametrize(
    "times",
    [
        [4, 2, 9, -1, 1e3],
        ["2026-01-04", "2026-01-02", "2026-02-01", "2025-12-31", "2027-01-01"],
        ["2026-01-01T04:00", "2026-01-01T08:00+05:00", "2026-01-02", "2025-01-01", "2026-03-01"],
    ],
)
def test_the_latest_samples_are_held_out(times, tmp_path):
    data = {**CSV, "validation_split": 0.4, "split": "ordered", "order_by": "when"}
    file = table(tmp_path / "a.csv", 5, when=times)
    assert loaded(data, file) == [[3, 1, 0], [2, 4]]


def test_arrays_of_times(tmp_path):
    when = np.array(["2026-01-03", "2026-01-01", "2026-01-02"], dtype="datetime64[D]")
    x = np.array([[0, 0], [1, 0], [2, 0]])
    np.savez(tmp_path / "a.npz", x=x, y=np.zeros(3), when=when)
    data = {"source": "npz", "path": "a.npz", "validation_split": 0.3}
    data |= {"split": "ordered", "order_by": "when"}
    assert loaded(data, tmp_path / "a.npz") == [[1, 2], [0]]


def test_several_inputs_are_split_alike(tmp_path):
    spec = {
        "version": 1,
        "inputs": {"a": {"shape": [1]}, "b": {"shape": [1]}},
        "layers": [
            {"type": "concatenate", "inputs": ["a", "b"]},
            {"type": "dense", "units": 1},
        ],
        "optimizer": {"type": "sgd", "learning_rate": 0.01},
        "training": {"loss": "mean_squared_error", "epochs": 2},
        "data": {
            "source": "npz",
            "path": "a.npz",
            "validation_split": 0.25,
            "split": "ordered",
            "order_by": "t",
        },
    }
    a = np.arange(8.0)[:, None]
    np.savez(tmp_path / "a.npz", a=a, b=-a, y=a[:, 0], t=-a[:, 0])
    training, validation = data_part(json.dumps(spec), "torch").load_data(tmp_path / "a.npz")
    assert validation.x["a"][:, 0].tolist() == [1, 0]
    assert validation.x["b"][:, 0].tolist() == [-1, 0]
    assert training.y[:, 0].tolist() == [7, 6, 5, 4, 3, 2]


# What is refused


@pytest.mark.parametrize(
    ("change", "columns", "message"),
    [
        ({"groups": "g"}, {}, "there is no column 'g' (found: 'a', 'b', 'y')"),
        ({"groups": "g"}, {"g": ["x", "y", "", "z"]}, "row 4, column 'g' is empty"),
        ({"groups": "g"}, {"g": ["x"] * 4}, "1 groups are too few to hold out 0.5 of them"),
        ({"order_by": "t"}, {"t": [1, 2, "x", 4]}, "row 4, column 't': 'x' is not a number"),
        ({"order_by": "t"}, {"t": [1, "nan", 2, 3]}, "row 3, column 't': 'nan' is not a number"),
        (
            {"order_by": "t"},
            {"t": ["2026-01-31", "2026-02-30", 1, 2]},
            "row 3, column 't': '2026-02-30' is not a date such as 2026-01-31",
        ),
        ({"test_split": 0.45}, {}, "4 samples are too few to hold out 0.5 and 0.45 of them"),
        ({"test_split": 0.2, "stratify": True}, {}, "samples of 0 are too few"),
    ],
)
def test_files_that_cannot_be_split(change, columns, message, tmp_path):
    data = {**CSV, "validation_split": 0.5, **change}
    if "order_by" in change:
        data["split"] = "ordered"
    module = program(data)
    with pytest.raises(module.DataError) as caught:
        module.load_data(table(tmp_path / "a.csv", 4, **columns))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("who", "message"),
    [
        (np.zeros(3), "who is an array (3,) of float64; one label for each of 4 samples"),
        (np.zeros((4, 1)), "who is an array (4, 1) of float64"),
        (np.zeros(4, dtype=complex), "who is an array (4,) of complex128"),
        (np.array([0, 1, np.nan, 2]), "who[2] is missing"),
        (np.array(["a", "", "b", "c"]), "who[1] is missing"),
        (np.array([None] * 4), "allow_pickle=False"),
    ],
)
def test_arrays_that_are_no_labels(who, message, tmp_path):
    np.savez(tmp_path / "a.npz", x=np.eye(4)[:, :2], y=np.zeros(4), who=who)
    module = program({"source": "npz", "path": "a.npz", "validation_split": 0.3, "groups": "who"})
    with pytest.raises(module.DataError) as caught:
        module.load_data(tmp_path / "a.npz")
    assert message in str(caught.value)


SPEC: dict[str, Any] = {
    "version": 1,
    "input": {"shape": [2]},
    "layers": [{"type": "dense", "units": 3, "activation": "softmax"}],
    "optimizer": {"type": "sgd"},
    "training": {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"], "epochs": 2},
    "data": CSV,
}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"validation": "v.csv", "validation_split": 0.2}, "validation_split"),
        ({"test": "t.csv", "test_split": 0.2}, "test_split"),
        ({"validation_split": 0.5, "test_split": 0.5}, "test_split"),
        ({"validation_split": 0.2, "split": "ordered", "stratify": True}, "stratify"),
        ({"validation_split": 0.2, "split": "ordered", "groups": "g"}, "groups"),
        ({"validation_split": 0.2, "groups": "g", "stratify": True}, "stratify"),
        ({"validation_split": 0.2, "order_by": "t"}, "order_by"),
        ({"split": "ordered"}, "split"),
        ({"groups": "g"}, "groups"),
        ({"groups": "g", "validation_split": 0.2, "features": []}, "groups"),
    ],
)
def test_keys_that_exclude_each_other(change, key):
    (found,) = samenet.validate({**SPEC, "data": {**CSV, **change}})
    assert (found.code, found.path) == (Code.DATA_MISMATCH, ("data", key))
    assert found.hint


@pytest.mark.parametrize(
    ("change", "code", "key"),
    [
        ({"test_split": 1.0}, Code.OUT_OF_RANGE, "test_split"),
        ({"test_split": 0.0}, Code.OUT_OF_RANGE, "test_split"),
        ({"split": "grouped"}, Code.UNKNOWN_VALUE, "split"),
        ({"validation": ""}, Code.OUT_OF_RANGE, "validation"),
    ],
)
def test_values_that_are_out_of_range(change, code, key):
    (found,) = samenet.validate({**SPEC, "data": {**CSV, **change}})
    assert (found.code, found.path) == (code, ("data", key))


def test_arrays_have_no_files_of_their_own():
    data = {"source": "arrays", "validation": "v.npz"}
    assert [item.code for item in samenet.validate({**SPEC, "data": data})] == [Code.UNKNOWN_KEY]


# In process


def test_training_validates_with_the_file(tmp_path):
    table(tmp_path / "a.csv", 30)
    table(tmp_path / "v.csv", 9)
    data = {**CSV, "path": str(tmp_path / "a.csv"), "validation": str(tmp_path / "v.csv")}
    rows = np.arange(30), np.arange(9)
    arrays = [(np.stack([i, 0 * i], axis=1), i % 3) for i in rows]
    expected = samenet.train({**SPEC, "data": {"source": "arrays"}}, "torch", *arrays)
    assert samenet.train({**SPEC, "data": data}, "torch").history == expected.history


def test_arrays_that_are_handed_over_are_split_too(tmp_path):
    data = {"source": "arrays", "validation_split": 0.2, "test_split": 0.2, "split": "ordered"}
    x, y = np.random.default_rng(0).normal(size=(10, 2)), np.arange(10) % 3
    run = samenet.train({**SPEC, "data": data}, "torch", (x, y))
    parts = (x[:6], y[:6]), (x[6:8], y[6:8])
    expected = samenet.train({**SPEC, "data": {"source": "arrays"}}, "torch", *parts)
    assert run.history == expected.history
    del data["validation_split"]
    run = samenet.train({**SPEC, "data": data}, "torch", (x, y))
    expected = samenet.train({**SPEC, "data": {"source": "arrays"}}, "torch", (x[:8], y[:8]))
    assert run.history == expected.history


def test_groups_are_not_about_arrays_that_are_handed_over():
    data = {**CSV, "validation_split": 0.2, "groups": "g"}
    x, y = np.zeros((10, 2)), np.arange(10) % 3
    with pytest.raises(SpecError, match=r"groups is about the samples of a\.csv"):
        samenet.train({**SPEC, "data": data}, "torch", (x, y))
