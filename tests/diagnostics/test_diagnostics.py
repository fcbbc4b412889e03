"""What is said of mistakes: which, where, in what words; and that one mistake is one error.

The specs beside this file carry their mistakes as comments: `# error: SN104 8` ends a line on which
exactly this code is found, at this column; `# error in the file: SN102` begins a file in which
something is found that has no line.
"""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import samenet
from samenet import document
from samenet.diagnostics import Code, Diagnostic, Severity
from samenet.diagnostics.text import render

FOLDER = Path(__file__).with_name("specs")
FILES = sorted(FOLDER.iterdir())

IN_JSON = {
    "mistakes.net.json": [
        ("SN104", 3, 14),
        ("SN103", 4, 28),
        ("SN101", 4, 34),
        ("SN104", 6, 32),
        ("SN105", 7, 14),
        ("SN102", 8, 5),
        ("SN103", 10, 50),
        ("SN104", 11, 52),
        ("SN103", 11, 70),
        ("SN102", 12, 15),
        ("SN105", 12, 40),
        ("SN101", 13, 32),
        ("SN103", 13, 54),
    ],
    "syntax.net.json": [("SN003", 5, 35)],
}
"""JSON has no comments: code, line and column of each mistake."""

NOT_IN_A_SPEC = {
    Code.UNREADABLE_FILE,  # below
    Code.NOT_UTF8,  # below
    Code.TOO_LARGE,  # below
    Code.DATA,  # tests/cli, with a framework
    Code.MEMORY,  # tests/unit/test_memory.py
    Code.OVERRIDE,  # tests/unit/test_expansion.py
}

Found = tuple[str, int | None, int | None]
Place = tuple[str | int, ...]


def expected(file: Path) -> list[Found]:
    if file.name in IN_JSON:
        return list[Found](IN_JSON[file.name])
    result: list[Found] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
        if comment := re.search(r"# error: (.*)$", line):
            for item in comment[1].split(", "):
                code, column = item.split(" ")
                result.append((code, number, int(column)))
        elif comment := re.search(r"^# error in the file: (.*)$", line):
            result += [(code, None, None) for code in comment[1].split(", ")]
    return result


def described(item: Diagnostic) -> Found:
    return item.code.number, item.span and item.span.line, item.span and item.span.column


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_exactly_these_mistakes_are_found_at_exactly_these_places(file: Path) -> None:
    found = samenet.validate(file)
    assert [described(item) for item in found] == expected(file)
    assert {item.file for item in found} == {str(file)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_message_stands_in_one_printable_line(file: Path) -> None:
    for item in samenet.validate(file):
        assert str(item).startswith(str(file))
        assert str(item).isprintable()
        assert f"{item.code.number} {item.message}" in str(item)
        if item.span:
            assert f":{item.span.line}:{item.span.column}: " in str(item)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_excerpts_underline_what_is_wrong(file: Path) -> None:
    """The line itself, and below it carets from the column of the mistake to its end."""
    text = file.read_text(encoding="utf-8")
    for item in samenet.validate(file):
        shown = render([item], {str(file): text}).split("\n")
        assert shown[0] == f"{item.code.number} {item.code.title}: {item.message}"
        if item.span is None:
            assert shown[1] == f"  --> {file}"
            continue
        assert shown[1] == f"  --> {file}:{item.span.line}:{item.span.column}"
        line = text.split("\n")[item.span.line - 1]
        assert shown[3] == f"{item.span.line} | {line}"
        carets = shown[4].partition("| ")[2]
        assert set(carets.strip()) == {"^"}
        if line.isascii():
            assert len(carets) - len(carets.lstrip()) == item.span.column - 1
            if item.span.end_line == item.span.line:
                assert carets.count("^") == item.span.end_column - item.span.column
        assert (f"  help: {item.hint}" in shown) == bool(item.hint)


def test_every_code_that_a_spec_can_have_stands_in_these_files() -> None:
    found = {code for file in FILES for code, _, _ in expected(file)}
    errors = {code for code in Code if code.severity is Severity.ERROR}
    assert found == {code.number for code in errors - NOT_IN_A_SPEC}


def test_codes_are_unique() -> None:
    assert len({code.number for code in Code}) == len({code.title for code in Code}) == len(Code)
    assert all(re.fullmatch(r"SN\d{3}", code.number) for code in Code)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    latin, large = tmp_path / "latin.net.toml", tmp_path / "large.net.toml"
    latin.write_bytes('version = 1\nname = "ä"'.encode("latin-1"))
    large.write_bytes(b"#" * (document.MAX_BYTES + 1))
    for path, code, line in (
        (tmp_path / "missing.net.toml", Code.UNREADABLE_FILE, None),
        (tmp_path, Code.UNREADABLE_FILE, None),
        (latin, Code.NOT_UTF8, 2),
        (large, Code.TOO_LARGE, None),
    ):
        (found,) = samenet.validate(path)
        assert (found.code, found.file) == (code, str(path))
        assert (found.span and found.span.line) == line


# Words


BASE: dict[str, Any] = {
    "version": 1,
    "name": "base",
    "input": {"shape": [1, 2]},
    "defaults": {
        "dense": {"activation": "relu", "dropout": 0.25},
        "batch_normalization": {"momentum": 0.875},
    },
    "layers": [
        {"type": "flatten", "name": "flat"},
        {
            "type": "dense",
            "units": 8,
            "use_bias": True,
            "kernel_initializer": "he_normal",
            "bias_initializer": "zeros",
            "batch_normalization": "before_activation",
        },
        {"type": "dense", "units": 7},
        {
            "type": "batch_normalization",
            "momentum": 0.9,
            "epsilon": 0.01,
            "center": True,
            "scale": False,
        },
        {"type": "activation", "activation": "tanh"},
        {"type": "dropout", "rate": 0.5},
        {
            "type": "dense",
            "units": 3,
            "activation": "softmax",
            "batch_normalization": "none",
            "dropout": 0.0,
        },
    ],
    "optimizer": {
        "type": "adam",
        "learning_rate": 0.01,
        "beta_1": 0.8,
        "beta_2": 0.99,
        "epsilon": 0.001,
    },
    "schedule": {
        "type": "cosine_decay_restarts",
        "first_decay_steps": 3,
        "t_mul": 2.0,
        "m_mul": 0.9,
        "alpha": 0.1,
    },
    "callbacks": [
        {
            "type": "early_stopping",
            "monitor": "val_loss",
            "mode": "min",
            "min_delta": 0.125,
            "patience": 4,
            "baseline": 5.5,
            "restore_best_weights": True,
            "start_from_epoch": 2,
        }
    ],
    "training": {
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
        "epochs": 6,
        "batch_size": 16,
        "seed": 11,
    },
    "data": {
        "source": "csv",
        "path": "a.csv",
        "target": "y",
        "features": ["a", "b"],
        "validation_split": 0.2,
        "stratify": True,
    },
}


def parent(tree: Any, path: Place) -> Any:
    for part in path[:-1]:
        tree = tree[part]
    return tree


def with_value(path: Place, value: Any, tree: Any = BASE) -> dict[str, Any]:
    result = copy.deepcopy(tree)
    parent(result, path)[path[-1]] = value
    return result


def without(path: Place) -> dict[str, Any]:
    result = copy.deepcopy(BASE)
    del parent(result, path)[path[-1]]
    return result


def renamed(path: Place, name: str) -> dict[str, Any]:
    result = copy.deepcopy(BASE)
    table = parent(result, path)
    items = {name if key == path[-1] else key: value for key, value in table.items()}
    table.clear()
    table.update(items)
    return result


def mistakes(tree: Mapping[str, Any]) -> list[Diagnostic]:
    """The mistakes in a tree that is written as JSON and read again, so that they have places."""
    return mistakes_in(json.dumps(tree, indent=1, ensure_ascii=False), "json")


def mistakes_in(text: str, suffix: str = "toml") -> list[Diagnostic]:
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"a.net.{suffix}"
        file.write_text(text, encoding="utf-8")
        return samenet.validate(file)


def text_at(tree: Mapping[str, Any], item: Diagnostic) -> str:
    """The first line of what a diagnostic points at."""
    lines = json.dumps(tree, indent=1, ensure_ascii=False).split("\n")
    assert item.span is not None
    end = item.span.end_column if item.span.end_line == item.span.line else None
    return lines[item.span.line - 1][item.span.column - 1 : end and end - 1]


def test_the_base_of_the_changes_is_valid() -> None:
    assert mistakes(BASE) == []


@pytest.mark.parametrize(
    ("path", "value", "code", "message", "hint"),
    [
        (
            ("optimizer", "learning_rte"),
            1,
            "SN101",
            "optimizer has no key 'learning_rte'",
            "_rate'?",
        ),
        (
            ("extra",),
            1,
            "SN101",
            "the spec has no key 'extra'",
            "allowed: ablation, callbacks, data, defaults",
        ),
        (("layers", 1, "size"), 1, "SN101", "layers[1] has no key 'size'", "units"),
        (("layers", 5, "rtae"), 1, "SN101", "layers[5] has no key", "did you mean 'rate'?"),
        (("defaults", "dens"), {}, "SN101", "no layer type 'dens'", "did you mean 'dense'?"),
        (("defaults", "conv"), {}, "SN101", "no layer type 'conv'", "did you mean 'conv"),
        (("defaults", "dense", "dropot"), 0, "SN101", "defaults.dense has no", "did you mean 'dr"),
        (("defaults", "dense", "name"), "a", "SN101", "'name' cannot be a default", "remove"),
        (("layers", 1, "units"), "64", "SN103", 'a whole number, found "64"', ""),
        (("layers", 1, "units"), True, "SN103", "a whole number, found true", ""),
        (("layers", 1, "units"), 1.5, "SN103", "a whole number, found 1.5", ""),
        (("layers", 1, "use_bias"), "no", "SN103", 'true or false, found "no"', ""),
        (("layers", 1), "dense", "SN103", 'layers[1] must be a table, found "dense"', ""),
        (("optimizer", "epsilon"), [], "SN103", "must be a number, found an empty array", ""),
        (("training", "metrics"), "accuracy", "SN103", "must be an array, found", ""),
        (("data", "path"), {}, "SN103", "must be text in quotes, found a table", ""),
        (("name",), "x" * 99, "SN104", f'found "{"x" * 57}..."', ""),
        (("layers", 1, "units"), 0, "SN104", "must be at least 1, found 0", ""),
        (("layers", 5, "rate"), 1, "SN104", "at least 0 and less than 1, found 1", ""),
        (("layers", 3, "momentum"), 1.5, "SN104", "at least 0 and at most 1, found 1.5", ""),
        (("optimizer", "beta_1"), 0, "SN104", "greater than 0 and at most 0.9999999, found 0", ""),
        (("layers", 1, "units"), 10**40, "SN104", "found a huge number", ""),
        (("version",), 2, "SN104", "version must be 1, found 2", ""),
        (("layers", 1, "type"), "dence", "SN105", "none of the ", "'dense'?"),
        (("optimizer", "type"), "adm", "SN105", '"adm"; allowed: ', "'adam'?"),
        (("optimizer", "type"), "xyz", "SN105", '"xyz"; allowed: ', ""),
        (("training", "metrics"), ["acuracy"], "SN105", "training.metrics[0] is", "'accuracy'?"),
        (
            ("data", "source"),
            "mnist5k",
            "SN105",
            "csv, digits, image_folder, mnist_5k, npy, npz or parquet",
            "'mnist_5k'?",
        ),
        (("layers", 2, "name"), "flat", "SN201", "'flat' is given to 2 layers", "another name"),
        (("layers", 6, "activation"), "relu", "SN401", "needs softmax", 'activation = "softmax"'),
        (("training", "loss"), "mean_squared_error", "SN401", "accuracy cannot", "mean_absolute"),
        (("callbacks", 0, "monitor"), "val_los", "SN402", "'val_los'", "did you mean 'val_loss'?"),
        (("callbacks", 0, "monitor"), "f1", "SN402", "'f1'", "loss, accuracy, val_loss or val_acc"),
        (("data", "validation_split"), 0, "SN402", "no validation data", "validation_split"),
        (("callbacks", 0), {"type": "reduce_lr_on_plateau"}, "SN403", "both set", "[schedule]"),
        (("data",), {"source": "mnist_5k", "validation_split": 0.1}, "SN404", "784", "28, 28, 1"),
    ],
)
def test_messages_name_what_was_found_and_what_is_allowed(
    path: Place, value: Any, code: str, message: str, hint: str
) -> None:
    found = mistakes(with_value(path, value))
    assert code in [item.code.number for item in found]
    item = next(item for item in found if item.code.number == code)
    assert message in item.message
    assert (hint in item.hint) if hint else not item.hint


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("layers", 1, "units"), 2**31, "2147483647"),
        (("training", "seed"), 2**63, str(2**63 - 1)),
        (("layers", 1, "name"), "1st", "begins with a letter,"),
        (("layers", 1, "name"), "a" * 65, "64"),
        (("input", "shape"), [], "found an empty array"),
        (("optimizer", "epsilon"), None, "found null"),
        (("name",), "\ud800", "found"),
    ],
)
def test_messages_that_mislead(path: Place, value: Any, message: str) -> None:
    (found,) = samenet.validate(with_value(path, value))
    assert message in found.message
    assert "(string_unicode)" not in found.message


@pytest.mark.parametrize("value", [True, 1.0])
def test_the_version_is_a_whole_number(value: Any) -> None:
    assert [item.path for item in samenet.validate(with_value(("version",), value))] == [
        ("version",)
    ]


@pytest.mark.parametrize("length", [500])
@pytest.mark.parametrize("source", ["mnist_5k", "arrays"])
def test_sizes_of_thousands_of_digits(source: str, length: int) -> None:
    tree = with_value(("input", "shape"), [2**31 - 1] * length)
    tree["data"] = {"source": source, "validation_split": 0.2}
    if samenet.validate(tree) == []:
        samenet.compile(tree, "torch")


@pytest.mark.parametrize("tree", [{"defaults": {5: {}}}, {"defaults": {"dense": {5: 1}}}])
def test_keys_of_dictionaries_that_are_no_text(tree: Any) -> None:
    (found,) = samenet.validate({**BASE, **tree})
    assert found.path[:1] == ("defaults",)


@pytest.mark.parametrize("key", ["a\nb", "\x1b[2J", "\u202e"])
def test_a_path_is_printed_without_control_characters(key: str) -> None:
    (found,) = samenet.validate({**BASE, key: 1})
    assert str(found).isprintable()


@pytest.mark.parametrize("header", ["[optimizer.adam]", "[training.options]", "[data.csv]"])
def test_missing_keys_of_implied_tables_have_a_place(header: str) -> None:
    for item in mistakes_in(f"{header}\na = 1"):
        if item.path == (header[1:].partition(".")[0],):
            assert item.span is not None


# One mistake, one error


def places(tree: Any = BASE, path: Place = ()) -> Iterator[Place]:
    items: Any = ()
    if isinstance(tree, dict):
        items = tree.items()
    elif isinstance(tree, list):
        items = enumerate(tree)
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def value_of(path: Place) -> Any:
    return parent(BASE, path)[path[-1]]


def name_of(path: Place) -> str:
    return ".".join(map(str, path))


EVERYWHERE = list(places())
KEYS = [path for path in EVERYWHERE if isinstance(path[-1], str)]
REQUIRED = [
    path
    for path in KEYS
    if path[-1] in ("version", "input", "layers", "optimizer", "training", "data")
    or path[-1] in ("type", "source", "shape", "units", "rate", "first_decay_steps", "loss")
    or path in [("layers", 4, "activation"), ("data", "path"), ("data", "target")]
]
OPTIONAL = [path for path in KEYS if path not in REQUIRED]
NUMBERS = [path for path in EVERYWHERE if type(value_of(path)) in (int, float)]
FLOATS = [path for path in NUMBERS if type(value_of(path)) is float]


@pytest.mark.parametrize("path", REQUIRED, ids=name_of)
def test_a_required_key_that_is_dropped(path: Place) -> None:
    tree = without(path)
    (found,) = mistakes(tree)
    assert (found.code, found.path) == (Code.MISSING_KEY, path[:-1])
    assert f"lacks the key '{path[-1]}'" in found.message
    if path[:-1]:
        assert text_at(tree, found).startswith("{")


@pytest.mark.parametrize("path", OPTIONAL, ids=name_of)
def test_an_optional_key_that_is_dropped(path: Place) -> None:
    needed = {
        ("layers", 6, "activation"): Code.LOSS,
        ("layers", 6, "dropout"): Code.LOSS,  # the default puts dropout behind the softmax
        ("data", "validation_split"): Code.MONITOR,
    }
    codes = [needed[path]] if path in needed else []
    assert [item.code for item in mistakes(without(path))] == codes


@pytest.mark.parametrize("path", EVERYWHERE, ids=name_of)
def test_a_value_of_another_type(path: Place) -> None:
    wrong = 0.5 if isinstance(value_of(path), dict | list) else {}
    tree = with_value(path, wrong)
    (found,) = mistakes(tree)
    assert found.path == path
    # An empty table is what some may be that are mostly told by a name alone.
    tables = {Code.MISSING_KEY, Code.LOSS, Code.DATA_MISMATCH} if wrong == {} else set[Code]()
    assert found.code in {Code.WRONG_TYPE, Code.UNKNOWN_VALUE, *tables}
    assert text_at(tree, found) == json.dumps(wrong)


@pytest.mark.parametrize("path", OPTIONAL, ids=name_of)
def test_an_optional_key_that_is_misspelt(path: Place) -> None:
    wrong = f"{path[-1]}z"
    tree = renamed(path, wrong)
    (found,) = mistakes(tree)
    assert (found.code, found.path) == (Code.UNKNOWN_KEY, (*path[:-1], wrong))
    assert repr(wrong) in found.message
    assert found.hint == f"did you mean {path[-1]!r}?"
    assert text_at(tree, found) == json.dumps(wrong)


@pytest.mark.parametrize("path", REQUIRED, ids=name_of)
def test_a_required_key_that_is_misspelt(path: Place) -> None:
    wrong = f"{path[-1]}z"
    (found,) = mistakes(renamed(path, wrong))
    assert (found.code, found.path) == (Code.UNKNOWN_KEY, (*path[:-1], wrong))


@pytest.mark.parametrize("path", NUMBERS, ids=name_of)
def test_a_number_out_of_range(path: Place) -> None:
    if path[-1] == "baseline":
        assert mistakes(with_value(path, -1.5)) == []  # every finite number is in range
        return
    tree = with_value(path, -1)
    (found,) = mistakes(tree)
    assert found.path == path
    assert found.code is Code.OUT_OF_RANGE
    assert text_at(tree, found) == "-1"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("path", FLOATS, ids=name_of)
def test_numbers_that_are_not_finite(path: Place, value: float) -> None:
    (found,) = samenet.validate(with_value(path, value))
    assert (found.code, found.path) == (Code.OUT_OF_RANGE, path)
    assert str(value) in found.message
    assert "finite" in found.message


@pytest.mark.parametrize("path", [path for path in EVERYWHERE if isinstance(value_of(path), str)])
@pytest.mark.parametrize("value", ["", "no such thing", "a/b", "\0", "é" * 1000])
def test_other_text(path: Place, value: str) -> None:
    found = mistakes(with_value(path, value))
    free = path[0] == "data" and path[-1] != "source" and value != "\0"
    assert len(found) == (0 if free and (value or path[-1] != "path") else 1)
    for item in found:
        assert item.path == path
        assert item.code in (Code.UNKNOWN_VALUE, Code.OUT_OF_RANGE, Code.MONITOR)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**31, 10**400, 0.5, 1.0, "softmax", "dense", "adam", "accuracy", "loss"])
    | st.floats()
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "units", "x", "shape"]) | st.text(), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(EVERYWHERE), VALUES, st.sampled_from(["keras", "torch"]))
def test_any_value_anywhere(path: Place, value: Any, backend: Any) -> None:
    """A spec either has diagnostics that say where, or can be compiled; nothing else happens."""
    tree = with_value(path, value)
    found = samenet.validate(tree)
    for item in found:
        assert item.message
        assert render([item], {}).replace("\n", "").isprintable()
    if not found:
        assert samenet.compile(tree, backend).text
    if any(item.code in (Code.UNKNOWN_KEY, Code.WRONG_TYPE, Code.OUT_OF_RANGE) for item in found):
        # Another type makes other keys of the layer wrong.
        around = path[:-1] if path[-1] == "type" else path
        assert all(item.path[: len(around)] == around for item in found)
