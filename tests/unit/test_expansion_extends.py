"""`extends` and `--set`: what is merged, what is replaced, and where each value then stands."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenet import document
from samenet.diagnostics import Code, Diagnostic, SpecError
from samenet.diagnostics.text import render
from samenet.document import MAX_BYTES, MAX_DEPTH, Document
from samenet.expansion import expanded
from samenet.expansion.extends import MAX_FILES
from samenet.spec.validation import validated
from tests.specs import ROOT, tree

BASE = """\
version = 1
name = "base"
[optimizer]
type = "adam"
learning_rate = 0.1
beta_1 = 0.8
[training]
epochs = 3
metrics = ["a", "b"]
[[layers]]
type = "dense"
units = 10
"""


def write(folder: Path, **files: str | Mapping[str, Any]) -> None:
    for name, content in files.items():
        stem, _, suffix = name.rpartition("_")
        path = folder / f"{stem}.{suffix}"
        path.write_text(content if isinstance(content, str) else json.dumps(content))


def load(path: Path, *overrides: str) -> Document:
    return expanded(document.read(path), overrides, folder=path.parent)


def refused(path: Path, *overrides: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as raised:
        load(path, *overrides)
    return raised.value.diagnostics


def refusal(path: Path, *overrides: str) -> Diagnostic:
    (found,) = refused(path, *overrides)
    return found


def at(found: Diagnostic) -> str:
    """`file:line:column`, with the name of the file only."""
    place = os.path.basename(found.file or "")
    return f"{place}:{found.span.line}:{found.span.column}" if found.span else place


# What is merged


def test_tables_merge_and_all_else_is_replaced(tmp_path: Path) -> None:
    top = """\
        extends = "base.toml"
        name = "top"
        [optimizer]
        learning_rate = 0.2
        [training]
        metrics = ["c"]
        """
    write(tmp_path, base_toml=BASE, top_toml=top)
    assert load(tmp_path / "top.toml").tree == {
        "version": 1,
        "name": "top",
        "optimizer": {"type": "adam", "learning_rate": 0.2, "beta_1": 0.8},
        "training": {"epochs": 3, "metrics": ("c",)},
        "layers": ({"type": "dense", "units": 10},),
    }


def test_a_table_of_another_type_replaces_the_one_below(tmp_path: Path) -> None:
    write(
        tmp_path,
        base_toml=BASE + '[variables]\ntype = "a"\nn = 1\n',
        top_toml='extends = "base.toml"\nvariables.type = "b"\noptimizer.type = "sgd"\n',
        same_toml='extends = "base.toml"\n[optimizer]\ntype = "adam"\n',
        text_toml='extends = "base.toml"\noptimizer = "sgd"\n',
    )
    optimizer = {"type": "adam", "learning_rate": 0.1, "beta_1": 0.8}
    assert load(tmp_path / "top.toml").tree["optimizer"] == {"type": "sgd"}
    assert load(tmp_path / "same.toml").tree["optimizer"] == optimizer
    assert load(tmp_path / "text.toml").tree["optimizer"] == "sgd"
    # Variables have no type: the word is a person's own.
    write(tmp_path, top_toml='extends = "base.toml"\nvariables.type = "b"\nname = "${type}${n}"\n')
    assert load(tmp_path / "top.toml").tree["name"] == "b1"


def test_later_files_win_and_files_extend_files(tmp_path: Path) -> None:
    write(
        tmp_path,
        a_toml="a = 1\nb = 1\nc = 1\nd = 1\n[t]\na = 1",
        b_json={"extends": "a.toml", "b": 2, "c": 2, "d": 2, "t": {"b": 2}},
        c_toml="c = 3\nd = 3\n[t]\nc = 3",
        top_json={"extends": ["b.json", "c.toml", "b.json", "c.toml"], "d": 4},
    )
    expected = {"a": 1, "b": 2, "c": 3, "d": 4, "t": {"a": 1, "b": 2, "c": 3}}
    assert load(tmp_path / "top.json").tree == expected


def test_paths_begin_in_the_folder_of_the_file_that_names_them(tmp_path: Path) -> None:
    for name in (".git", "bases", "specs"):
        (tmp_path / name).mkdir()
    write(tmp_path / "bases", one_toml='extends = "two.toml"\na = 1', two_toml="b = 2")
    write(tmp_path / "specs", top_toml='extends = "../bases/one.toml"')
    assert load(tmp_path / "specs" / "top.toml").tree == {"a": 1, "b": 2}


def test_a_tree_without_a_file_extends_only_in_a_folder(tmp_path: Path) -> None:
    write(tmp_path, base_toml=BASE)
    mapping = document.from_mapping({"extends": "base.toml", "optimizer": {"beta_1": "x"}})
    filled = expanded(mapping, folder=tmp_path)
    assert filled.tree["optimizer"]["beta_1"] == "x"
    assert filled.diagnostic(Code.DATA, "", path=("optimizer", "beta_1")).file is None
    inherited = filled.diagnostic(Code.DATA, "", path=("optimizer", "learning_rate"))
    assert at(inherited) == "base.toml:5:17"
    with pytest.raises(SpecError) as raised:
        expanded(mapping, folder=None)
    (found,) = raised.value.diagnostics
    assert (found.code, found.path, found.file) == (Code.EXTENDS, ("extends",), None)


TABLES = st.recursive(
    st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=2).map(tuple),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
SPECS = st.dictionaries(st.sampled_from("abcd"), TABLES, max_size=4)


def flat(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """The values by their paths, without tables that hold something."""
    result: dict[tuple[str, ...], Any] = {}
    for key, value in table.items():
        inner = (*path, key)
        result |= flat(value, inner) if isinstance(value, dict) and value else {inner: value}
    return result


@settings(max_examples=100, deadline=None)
@given(SPECS, SPECS)
def test_each_value_is_that_of_the_upper_file_else_of_the_lower(
    tmp_path_factory: pytest.TempPathFactory, lower: dict[str, Any], upper: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("specs")
    write(folder, base_json=lower, top_json={**upper, "extends": "base.json"})
    found = load(folder / "top.json")
    values, above = flat(dict(found.tree)), flat(upper)
    for path, value in above.items():
        below: Any = lower
        for key in path:
            below = below.get(key) if isinstance(below, dict) else None
        assert values.get(path) == value or (value == {} and isinstance(below, dict))
    for path, value in values.items():
        source = "top.json" if path in above else "base.json"
        if not (value == {} and path in flat(lower)):
            assert os.path.basename(found.diagnostic(Code.DATA, "", path=path).file or "") == source
        if source == "base.json":
            assert flat(lower)[path] == value


# Places


def test_each_mistake_stands_in_the_file_that_it_came_from(tmp_path: Path) -> None:
    base = (ROOT / "specs" / "complete.net.toml").read_text().replace("units = 128", "units = 0")
    top = 'extends = "base.toml"\n[training]\nepochs = -1\n[optimizer]\nlearning_rat = 1\n'
    write(tmp_path, base_toml=base, top_toml=top)
    with pytest.raises(SpecError) as raised:
        validated(load(tmp_path / "top.toml"))
    found = {at(item): item for item in raised.value.diagnostics}
    line = base.split("\n").index("units = 0") + 1
    assert set(found) == {f"base.toml:{line}:9", "top.toml:3:10", "top.toml:5:1"}
    shown = render(found.values(), {str(tmp_path / "base.toml"): base})
    assert f"--> {tmp_path / 'base.toml'}:{line}:9" in shown
    assert f"{line} | units = 0\n" in shown


def test_a_replaced_array_has_no_place_in_the_base(tmp_path: Path) -> None:
    write(
        tmp_path, base_toml=BASE, top_toml='extends = "base.toml"\n[[layers]]\n[[layers]]\nunits=2'
    )
    filled = load(tmp_path / "top.toml")
    for path, place in {
        ("layers", 0, "units"): "top.toml:2:3",  # a key that is missing: its table
        ("layers", 1, "units"): "top.toml:4:7",
        ("training", "metrics", 1): "base.toml:9:17",
        ("optimizer",): "base.toml:3:2",
    }.items():
        assert at(filled.diagnostic(Code.DATA, "", path=path)) == place


def test_the_shortest_name_of_a_file_is_shown(tmp_path: Path) -> None:
    for name in (".git", "specs"):
        (tmp_path / name).mkdir()
    write(tmp_path, base_toml="a = ?")
    write(tmp_path / "specs", top_toml='extends = "../base.toml"')
    assert refusal(tmp_path / "specs" / "top.toml").file == str(tmp_path / "base.toml")


def test_links_lead_where_the_system_says(tmp_path: Path) -> None:
    for name in (".git", "specs", "elsewhere", "elsewhere/inner"):
        (tmp_path / name).mkdir()
    (tmp_path / "specs" / "link").symlink_to(tmp_path / "elsewhere" / "inner")
    write(tmp_path / "specs", base_toml="a = 1")
    write(tmp_path / "elsewhere", base_toml="a = 2")
    write(tmp_path / "elsewhere" / "inner", top_toml='extends = "../base.toml"')
    filled = load(tmp_path / "specs" / "link" / "top.toml")
    assert filled.tree == {"a": 2}
    shown = filled.diagnostic(Code.DATA, "", path=("a",)).file or ""
    assert Path(shown).read_text() == "a = 2"


# Refusals of extends


@pytest.mark.parametrize("way", ["dots", "link", "through another"])
def test_nothing_outside_of_the_project_is_read(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake would quote it."""
    project = tmp_path / "project"
    (project / "specs").mkdir(parents=True)
    write(tmp_path, secret_toml="password = 'hunter2'")
    write(
        project,
        up_toml='extends = "../secret.toml"',
        base_toml="a = 1",
    )
    (project / "specs" / "link.toml").symlink_to(tmp_path / "secret.toml")
    name = {"dots": "../../secret.toml", "link": "link.toml", "through another": "../up.toml"}[way]
    write(project / "specs", top_toml=f'extends = "{name}"', good_toml='extends = "../base.toml"')
    (project / ".git").write_text("gitdir: elsewhere")  # as in a worktree
    found = refusal(project / "specs" / "top.toml")
    assert found.code is Code.EXTENDS
    assert "outside" in found.message
    assert "hunter2" not in str(found)
    assert load(project / "specs" / "good.toml").tree == {"a": 1}
    # Without a repository, the current folder counts, if the spec is below it.
    (project / ".git").unlink()
    assert refusal(project / "specs" / "good.toml").code is Code.EXTENDS
    monkeypatch.chdir(project)
    assert load(Path("specs/good.toml")).tree == {"a": 1}
    assert refusal(Path("specs/top.toml")).code is Code.EXTENDS


def test_cycles_are_named(tmp_path: Path) -> None:
    write(
        tmp_path,
        a_toml='extends = "b.toml"',
        b_toml='x = 1\nextends = ["c.toml"]',
        c_toml='extends = "./b.toml"',
        self_toml='extends = "self.toml"',
    )
    found = refusal(tmp_path / "a.toml")
    assert (found.code, at(found)) == (Code.CYCLE, "c.toml:1:11")
    assert "b.toml -> c.toml -> b.toml" in found.message
    found = refusal(tmp_path / "self.toml")
    assert (found.code, at(found)) == (Code.CYCLE, "self.toml:1:11")
    assert "self.toml -> self.toml" in found.message


@pytest.mark.parametrize(
    ("extends", "code", "place"),
    [
        ('"bsae.toml"', Code.UNREADABLE_FILE, "top.toml:1:11"),
        ('["base.toml", "no/base.toml"]', Code.UNREADABLE_FILE, "top.toml:1:25"),
        ('"."', Code.UNREADABLE_FILE, "top.toml:1:11"),
        ('""', Code.UNREADABLE_FILE, "top.toml:1:11"),
        ('"a\\u0000b"', Code.OUT_OF_RANGE, "top.toml:1:11"),
        ('"pipe"', Code.UNREADABLE_FILE, "top.toml:1:11"),
        ('"/etc/hostname"', Code.EXTENDS, "top.toml:1:11"),
        ("'C:\\base.toml'", Code.EXTENDS, "top.toml:1:11"),
        ("'\\base.toml'", Code.EXTENDS, "top.toml:1:11"),
        ("1", Code.WRONG_TYPE, "top.toml:1:11"),
        ("{a = 1}", Code.WRONG_TYPE, "top.toml:1:11"),
        ('["base.toml", 1]', Code.WRONG_TYPE, "top.toml:1:25"),
    ],
)
def test_bad_names(tmp_path: Path, extends: str, code: Code, place: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    write(tmp_path, base_toml=BASE, top_toml=f"extends = {extends}")
    found = refusal(tmp_path / "top.toml")
    assert (found.code, at(found)) == (code, place)


def test_a_surrogate_is_no_name(tmp_path: Path) -> None:
    write(tmp_path, top_json='{"extends": "\\ud800"}')
    assert refusal(tmp_path / "top.json").code is Code.OUT_OF_RANGE


def test_a_misspelt_name_is_recognized(tmp_path: Path) -> None:
    write(tmp_path, base_toml=BASE, top_toml='extends = "bsae.toml"')
    assert refusal(tmp_path / "top.toml").hint == "did you mean 'base.toml'?"


def test_all_mistakes_of_all_files_are_reported(tmp_path: Path) -> None:
    write(
        tmp_path,
        a_toml="a = \n",
        b_toml='extends = ["a.toml", "missing.toml"]',
        c_json="{",
        top_toml='extends = ["b.toml", "c.json", "a.toml"]',
    )
    assert sorted(map(at, refused(tmp_path / "top.toml"))) == [
        "a.toml:1:5",
        "b.toml:1:22",
        "c.json:1:2",
    ]


def test_limits_hold_for_each_file_and_for_their_number(tmp_path: Path) -> None:
    write(tmp_path, large_toml="#" * (MAX_BYTES + 1), top_toml='extends = "large.toml"')
    assert refusal(tmp_path / "top.toml").code is Code.TOO_LARGE
    for index in range(MAX_FILES + 1):
        write(tmp_path, **{f"f{index}_toml": f'extends = "f{index + 1}.toml"'})
    write(tmp_path, **{f"f{MAX_FILES}_toml": "a = 1"})
    assert load(tmp_path / "f0.toml").tree == {"a": 1}
    write(tmp_path, **{f"f{MAX_FILES}_toml": 'extends = "last.toml"', "last_toml": ""})
    found = refusal(tmp_path / "f0.toml")
    assert (found.code, at(found)) == (Code.TOO_LARGE, f"f{MAX_FILES}.toml:1:11")


def test_files_that_meet_again_are_read_once(tmp_path: Path) -> None:
    for index in range(60):  # 2**60 ways lead to the last one
        name = f"f{index + 1}.toml"
        write(tmp_path, **{f"f{index}_toml": f'extends = ["{name}", "{name}"]'})
    write(tmp_path, f60_toml="a = 1")
    assert load(tmp_path / "f0.toml").tree == {"a": 1}


# Overrides


COMPLETE = ROOT / "specs" / "complete.net.toml"


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("optimizer.learning_rate=0.01", ("optimizer", "learning_rate"), 0.01),
        ("optimizer.learning_rate = 1e-2", ("optimizer", "learning_rate"), 0.01),
        (" training.epochs=5 # few", ("training", "epochs"), 5),
        ("layers[2].units=64", ("layers", 2, "units"), 64),
        ("layers[-1].units=64", ("layers", 3, "units"), 64),
        ("layers[0]={ type = 'flatten' }", ("layers", 0), {"type": "flatten"}),
        ("optimizer.type=sgd", ("optimizer", "type"), "sgd"),
        ("optimizer.type='sgd'", ("optimizer", "type"), "sgd"),
        ("name=a b = c", ("name",), "a b = c"),
        ("name=", ("name",), ""),
        ("name=2024-01-01", ("name",), "2024-01-01"),
        ("name=1\nb = 2", ("name",), "1\nb = 2"),
        ("name='''a\nb'''", ("name",), "a\nb"),
        ("training.metrics=[]", ("training", "metrics"), ()),
        ("training.metrics=['a', 'b']", ("training", "metrics"), ("a", "b")),
        ("training.metrics[0]=mae", ("training", "metrics", 0), "mae"),
        ("data.stratify=true", ("data", "stratify"), True),
        ("\"input\".'shape'[0]=3", ("input", "shape", 0), 3),
        ("schedule.type=x", ("schedule", "type"), "x"),
        ("a.b.c=1", ("a", "b", "c"), 1),
        ("a.b-c_d.1=1", ("a", "b-c_d", "1"), 1),
    ],
)
def test_overrides(override: str, path: tuple[str | int, ...], value: object) -> None:
    filled = load(COMPLETE, override)
    found: Any = filled.tree
    for part in path:
        found = found[part]
    assert found == value
    assert type(found) is type(value)
    diagnostic = filled.diagnostic(Code.DATA, "", path=path)
    assert (diagnostic.file, diagnostic.span) == (f"--set {override}", None)
    # Nothing else has changed.
    again = load(COMPLETE, override, "optimizer.learning_rate=0.001")
    assert again.tree.keys() - tree("complete").keys() <= {path[0]}
    for key, original in tree("complete").items():
        if key not in (path[0], "optimizer"):
            assert again.tree[key] == original
            assert filled.diagnostic(Code.DATA, "", path=(key,)).file == str(COMPLETE)


def test_nothing_below_an_override_has_its_old_place() -> None:
    filled = load(COMPLETE, "input.shape=[3]", "layers[0]={ type = 'flatten', units = 3 }")
    for path, file in {
        ("input", "shape", 0): "--set input.shape=[3]",
        ("layers", 0, "units"): "--set layers[0]={ type = 'flatten', units = 3 }",
        ("layers", 1, "units"): str(COMPLETE),
        ("input",): str(COMPLETE),
    }.items():
        assert filled.diagnostic(Code.DATA, "", path=path).file == file


def test_items_are_called_by_their_names(tmp_path: Path) -> None:
    write(
        tmp_path,
        top_toml="""\
            layers = [{ name = "stem", units = 1 }, { units = 2 }, { name = "a.b", units = 3 }, 4]
            blocks.b.layers = [{ name = "inner", type = "dense", units = 5 }]
            """,
    )
    path = tmp_path / "top.toml"
    filled = load(path, "layers.stem.units=10", 'layers."a.b".units=30', "layers[1].units=20")
    assert [item["units"] for item in filled.tree["layers"][:3]] == [10, 20, 30]
    found = refusal(path, "layers.stm.units=1")
    assert (found.code, found.hint) == (Code.OVERRIDE, "did you mean 'stem'?")
    assert refusal(path, "layers.2.units=1").hint.endswith("layers[2]")
    assert refusal(path, "layers.q.units=1").hint == "there are stem and a.b"
    filled = load(path, "blocks.b.layers.inner.units=0", "layers[3]={ block = 'b' }")
    inner = ("layers", 3, "repetitions", 0, "layers", 0, "units")
    found = filled.diagnostic(Code.DATA, "", path=inner)
    assert filled.tree["layers"][3]["repetitions"][0]["layers"][0]["units"] == 0
    assert found.file == "--set blocks.b.layers.inner.units=0"
    assert found.path == ("blocks", "b", "layers", 0, "units")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("", "there is no '='"),
        ("optimizer.learning_rate", "there is no '='"),
        ("=1", "there is no path before '='"),
        (" =1", "there is no path before '='"),
        (".name=1", "cannot be read from '.name=1' on"),
        ("optimizer..type=1", "cannot be read from '..type=1' on"),
        ("optimizer.=1", "cannot be read from '.=1' on"),
        ("optimizer type=1", "cannot be read from 'type=1' on"),
        ("layers[x].units=1", "cannot be read from '[x].units=1' on"),
        ("layers[1]units=1", "cannot be read from 'units=1' on"),
        ("layers[1=1", "cannot be read from '[1=1' on"),
        ("layers[99999999999].units=1", "cannot be read from '[99999999999].units=1' on"),
        ('optimizer."a=1', "cannot be read from"),
        ("é=1", "cannot be read from 'é=1' on"),
        ("layers[4].units=1", "there is no layers[4]; layers has 4 items"),
        ("layers[-5].units=1", "there is no layers[-5]; layers has 4 items"),
        ("layers.dense.units=1", "there is no item 'dense' in layers"),
        ("optimizer.type.x=1", "optimizer.type is text, so there is no optimizer.type.x"),
        ("version[0]=1", "version is a whole number, so there is no version[0]"),
        ("optimizer[0]=1", "optimizer is a table, and has no item [0]"),
        ("[0]=1", "the spec is a table, and has no item [0]"),
        ("schedule[0].type=1", "there is no array schedule"),
        ("variables.width=1", "there is no variable 'width'"),
        ("extends=a.toml", "extends cannot be set"),
        ("extends[0]=a.toml", "there is no array extends"),
        (".".join(["a"] * (MAX_DEPTH + 1)) + "=1", "more than 64 deep"),
        ("a=" + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "more than 64 deep"),
    ],
)
def test_bad_overrides(override: str, message: str) -> None:
    found = refusal(COMPLETE, override)
    assert found.code is Code.OVERRIDE
    assert message in found.message
    assert (found.file, found.span) == (f"--set {override}", None)


def test_too_many_brackets_are_text() -> None:
    assert load(COMPLETE, "name=" + "[" * 10_000).tree["name"] == "[" * 10_000


def test_a_variable_is_set_only_if_it_exists(tmp_path: Path) -> None:
    write(tmp_path, top_toml='name = "${width}"\n[variables]\nwidth = 1\n')
    assert load(tmp_path / "top.toml", "variables.width=2").tree == {"name": 2}
    assert load(tmp_path / "top.toml", "name='${width + 1}'").tree == {"name": 2}
    assert load(tmp_path / "top.toml", "variables={ width = 3, b = 4 }").tree == {"name": 3}
    assert refusal(tmp_path / "top.toml", "variables.widht=2").hint == "did you mean 'width'?"


def test_overrides_follow_each_other_and_all_mistakes_are_told() -> None:
    filled = load(COMPLETE, "a.b=1", "a.c=2", "a.b=3")
    assert filled.tree["a"] == {"b": 3, "c": 2}
    assert filled.diagnostic(Code.DATA, "", path=("a", "b")).file == "--set a.b=3"
    assert filled.diagnostic(Code.DATA, "", path=("a", "c")).file == "--set a.c=2"
    assert filled.diagnostic(Code.DATA, "", path=("a",)).file == "--set a.b=1"
    assert len(refused(COMPLETE, "layers[9].units=1", "name=x", "=1")) == 2


def test_a_mistake_in_an_override_is_told_of_it() -> None:
    with pytest.raises(SpecError) as raised:
        validated(load(COMPLETE, "layers[1].units=0", "optimzer.lr=1", "training={ epochs = 1 }"))
    found = {item.file: item for item in raised.value.diagnostics}
    assert set(found) == {
        "--set layers[1].units=0",
        "--set optimzer.lr=1",
        "--set training={ epochs = 1 }",  # lacks the loss
    }
    assert str(found["--set layers[1].units=0"]).startswith("--set layers[1].units=0 at layers[1]")
    assert found["--set optimzer.lr=1"].hint == "did you mean 'optimizer'?"
    shown = render(raised.value.diagnostics, {})
    assert "  --> --set layers[1].units=0\n" in shown


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=30),
        st.lists(
            st.sampled_from(
                ["layers", "optimizer", ".", "[", "]", "0", "-1", "=", "units", '"', "'"]
            ),
            max_size=10,
        ).map("".join),
    )
)
def test_any_override_is_applied_or_refused(override: str) -> None:
    original = document.from_mapping(tree("complete"))
    try:
        filled = expanded(original, [override], folder=None)
    except SpecError as error:
        (found,) = error.diagnostics
        assert found.file == f"--set {override}"
    else:
        path, equals, _ = override.partition("=")
        assert path.strip()
        assert equals
        assert filled.tree.keys() >= original.tree.keys()
