"""Any bytes get a verdict, in time; a good spec with one fault has one mistake, at its place."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import example, given, settings
from hypothesis import strategies as st

import samenet
from samenet import document
from samenet.diagnostics import Code, Diagnostic, SpecError
from samenet.diagnostics.formats import FORMATS, Checked, Report, render
from samenet.diagnostics.text import render as as_text
from tests.diagnostics.test_formats import check
from tests.specs import SPECS
from tests.unit.test_document import TOKENS, damaged

REAL = [path.read_bytes() for path in SPECS if path.suffix == ".toml"]
TREES = {
    path.name: tree
    for path in SPECS
    if path.suffix == ".toml" and "extends" not in (tree := tomli.loads(path.read_text()))
}


def verdict(content: bytes, *, is_json: bool = False) -> tuple[Diagnostic, ...]:
    """What is found in the bytes of a spec; any other exception fails the test."""
    try:
        samenet.load(document.parse(content, file="a.net.toml", is_json=is_json))
    except SpecError as error:
        return error.diagnostics
    return ()


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=300)
    | st.lists(TOKENS).map("".join).map(str.encode)
    | damaged(REAL)
    | damaged([json.dumps(tree, indent=1).encode() for tree in TREES.values()]),
    st.booleans(),
)
@example(b"[[layers]]\n[layers]", False)
@example(b'extends = "a.net.toml"', False)
@example(b'extends = "\x7f"', False)
@example(b"a = 0x" + b"f" * 100_000, False)
@example(b"a = " + b"9" * 5_000, False)
@example(b'{"version": ' + b"9" * 5_000 + b"}", True)
@example(b'{"version": 1e999}', True)
def test_any_bytes_have_a_verdict(content: bytes, is_json: bool) -> None:
    found = verdict(content, is_json=is_json)
    text = content.decode("utf-8", errors="replace")
    shown = as_text(found, {"a.net.toml": text})
    assert all(char.isprintable() or char == "\n" for char in shown)
    report = Report((Checked("a.net.toml", found),))
    for form in FORMATS:
        check(form, render(form, report))


# One fault, one mistake

FREE = {"variables", "blocks", "with", "inputs", "parameters", "defaults"}
"""Tables in which a key is a person's own word, or what stands in them is filled in elsewhere."""


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all tables outside of blocks."""
    found = [path] if isinstance(tree, dict) and not FREE & {*path} else []
    items: Any = tree.items() if isinstance(tree, dict) else ()
    items = enumerate(tree) if isinstance(tree, list) else items
    return found + [inner for key, value in items for inner in places(value, (*path, key))]


def at(tree: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        tree = tree[part]
    return tree


@st.composite
def mutants(draw: st.DrawFn) -> tuple[bytes, Code, tuple[Any, ...]]:
    """A real spec with one fault, its code and its path."""
    tree = json.loads(json.dumps(TREES[draw(st.sampled_from(sorted(TREES)))]))
    path = draw(st.sampled_from(places(tree)))
    table = at(tree, path)
    kinds = ["unknown"]
    plain = [key for key, value in table.items() if _is_plain(key, value)]
    if plain:
        kinds += ["type", "range"]
    kind = draw(st.sampled_from(kinds))
    if kind == "unknown":
        table["qqqq"] = 1
        return json.dumps(tree, indent=1).encode(), Code.UNKNOWN_KEY, (*path, "qqqq")
    key = draw(st.sampled_from(sorted(plain)))
    table[key] = {"type": {}, "range": -1}[kind]
    code = Code.WRONG_TYPE if kind == "type" else Code.OUT_OF_RANGE
    return json.dumps(tree, indent=1).encode(), code, (*path, key)


def _is_plain(key: str, value: Any) -> bool:
    """Whether a value is a positive number of which nothing else in the spec depends."""
    return type(value) in (int, float) and value > 0 and key not in SIGNED


SIGNED = ("repeat", "value", "axis", "axes", "offset", "scale", "fill_value")
"""Keys that may be negative, or that are read before the classes are."""


@settings(max_examples=200, deadline=None)
@given(mutants())
def test_one_fault_is_one_mistake(mutant: tuple[bytes, Code, tuple[Any, ...]]) -> None:
    content, code, path = mutant
    found = verdict(content, is_json=True)
    assert [(item.code, item.path) for item in found] == [(code, path)], found
    assert found[0].span is not None


# Bombs


def nested_blocks(depth: int) -> str:
    text = '[blocks.b0]\n[[blocks.b0.layers]]\ntype = "relu"\n'
    for level in range(1, depth):
        use = f'[[blocks.b{level}.layers]]\nblock = "b{level - 1}"\nrepeat = 1000\n'
        text += f"[blocks.b{level}]\n{use}"
    return f'version = 1\n{text}[[layers]]\nblock = "b{depth - 1}"\n'


def doubled(count: int) -> str:
    lines = ['v0 = "xxxxxxxxxxxxxxxx"']
    lines += [f'v{i} = "${{v{i - 1}}}${{v{i - 1}}}"' for i in range(1, count)]
    return "[variables]\n" + "\n".join(lines)


MIB = document.MAX_BYTES
BOMBS = {
    "dotted key": b".".join([b"a"] * 50_000) + b" = 1",
    "brackets": b"a = " + b"[" * (MIB - 4),
    "tables": b"a = " + b"{a=" * 300_000,
    "keys": b"".join(b"k%d=1\n" % number for number in range(90_000))[:MIB],
    "layers": b'[[layers]]\ntype="relu"\n' * 40_000,
    "unknown layers": b'[[layers]]\ntype="rleu"\n' * 40_000,
    "one text": b'a = "' + b"x" * (MIB - 6) + b'"',
    "one key": b"x" * (MIB - 4) + b" = 1",
    "one number": b"a = " + b"1" * (MIB - 4),
    "one line": b"#" * MIB,
    "too large": b"#" * (MIB + 1),
    "headers": b"".join(b"[a%d.b.c]\n" % number for number in range(60_000)),
    "array": b"a = [" + b"1," * (MIB // 2 - 4) + b"]",
    "blocks": nested_blocks(15).encode(),
    "texts": doubled(900).encode(),
    "expressions": b'a = "' + b"${1}" * 200_000 + b'"',
    "names": b'[[layers]]\ntype="relu"\nname="a"\n' * 20_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_in_time(name: str) -> None:
    """Measured: at most 6 s on a busy core; what grows with the square would take minutes."""
    start = time.process_time()
    found = verdict(BOMBS[name][: MIB + 1])
    assert found
    assert len(found) <= 1001
    shown = as_text(found[:50], {"a.net.toml": BOMBS[name].decode()})
    assert time.process_time() - start < 20
    assert len(shown) < 1 << 17


def test_the_limits_themselves_are_accepted(tmp_path: Path) -> None:
    file = tmp_path / "a.net.toml"
    text = (next(path for path in SPECS if path.name == "basic.net.toml")).read_text()
    file.write_text(text + "#" * (MIB - len(text.encode())))
    assert file.stat().st_size == MIB
    assert samenet.validate(file) == []
    file.write_text(file.read_text() + "#")
    assert [item.code for item in samenet.validate(file)] == [Code.TOO_LARGE]
