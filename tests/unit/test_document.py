"""Bytes to a tree with positions: what is refused, and where every key and value stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import example, given, settings
from hypothesis import strategies as st

from samenet import document
from samenet.diagnostics import Code, Diagnostic, Span, SpecError
from samenet.document import Document
from tests.specs import SPECS


def toml(text: str) -> Document:
    return document.parse(text.encode())


def from_json(text: str) -> Document:
    return document.parse(text.encode(), is_json=True)


def cut(text: str, span: Span) -> str:
    """The characters of a span, found without help of the code under test."""
    lines = text.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


def refusal(content: bytes, is_json: bool = False) -> Diagnostic:
    with pytest.raises(SpecError) as raised:
        document.parse(content, file="a.net", is_json=is_json)
    (found,) = raised.value.diagnostics
    assert found.file == "a.net"
    return found


def place(span: Span | None) -> tuple[int, int] | None:
    return (span.line, span.column) if span else None


# Positions


TOML = """\
version = 1  # a comment = 2

[input]
  shape = [28, 28]

[[layers]]
type = "dense"

[[layers]]
type = "dropout" # [not] a table
rate.low = 0.5
"a b".'c.d' = {x = 1, y = [2, {z = 3}]}

[[layers.parts]]
k = 1
[[layers.parts]]
k = 2

[[layers]]
[[layers.parts]]
k = 3
"""


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("version",), (1, 1, "version"), (1, 11, "1")),
        (("input",), (3, 2, "input"), None),
        (("input", "shape"), (4, 3, "shape"), (4, 11, "[28, 28]")),
        (("input", "shape", 1), (4, 16, "28"), (4, 16, "28")),
        (("layers",), (6, 3, "layers"), None),
        (("layers", 0), (6, 3, "layers"), None),
        (("layers", 1), (9, 3, "layers"), None),
        (("layers", 1, "type"), (10, 1, "type"), (10, 8, '"dropout"')),
        (("layers", 1, "rate"), (11, 1, "rate.low"), None),
        (("layers", 1, "rate", "low"), (11, 1, "rate.low"), (11, 12, "0.5")),
        (("layers", 1, "a b"), (12, 1, "\"a b\".'c.d'"), None),
        (
            ("layers", 1, "a b", "c.d"),
            (12, 1, "\"a b\".'c.d'"),
            (12, 15, "{x = 1, y = [2, {z = 3}]}"),
        ),
        (("layers", 1, "a b", "c.d", "x"), (12, 16, "x"), (12, 20, "1")),
        (("layers", 1, "a b", "c.d", "y", 1, "z"), (12, 32, "z"), (12, 36, "3")),
        (("layers", 1, "parts", 0, "k"), (15, 1, "k"), (15, 5, "1")),
        (("layers", 1, "parts", 1), (16, 3, "layers.parts"), None),
        (("layers", 1, "parts", 1, "k"), (17, 1, "k"), (17, 5, "2")),
        (("layers", 2, "parts", 0, "k"), (21, 1, "k"), (21, 5, "3")),
    ],
)
def test_toml_positions(path: Any, key: Any, value: Any) -> None:
    parsed = toml(TOML)
    for wanted, span in ((key, parsed.span(path, key=True)), (value or key, parsed.span(path))):
        assert span is not None
        assert (span.line, span.column, cut(TOML, span)) == wanted


def test_json_positions() -> None:
    text = '{\n\t"a": [1, {"b": "x"}],\r\n  "\\u0063": {"": null}\n}'
    parsed = from_json(text)
    found = {
        path: (place(parsed.span(path, key=True)), cut(text, parsed.span(path) or Span(1, 1, 1, 1)))
        for path in (parsed.places or {})
    }
    assert found == {
        ("a",): ((2, 2), '[1, {"b": "x"}]'),
        ("a", 0): ((2, 8), "1"),
        ("a", 1): ((2, 11), '{"b": "x"}'),
        ("a", 1, "b"): ((2, 12), '"x"'),
        ("c",): ((3, 3), '{"": null}'),
        ("c", ""): ((3, 14), "null"),
    }


def test_columns_count_code_points() -> None:
    """Umlauts have two bytes in UTF-8, emoji four (and two UTF-16 units): each is one column."""
    text = 'a = {"ä😀" = "é", b = 1}\n# 😀\nc = "日本" # x\nd = 2'
    parsed = toml(text)
    assert place(parsed.span(("a", "ä😀"))) == (1, 13)
    assert place(parsed.span(("a", "b"), key=True)) == (1, 18)
    assert parsed.span(("c",)) == Span(3, 5, 3, 9)
    assert place(parsed.span(("d",))) == (4, 5)
    one_line = from_json('{"日": "😀😀", "b": 1}')
    assert place(one_line.span(("b",))) == (1, 18)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_mark_move_nothing(newline: str, mark: str) -> None:
    parsed = document.parse((mark + TOML.replace("\n", newline)).encode())
    plain = toml(TOML)
    assert parsed.tree == plain.tree
    assert parsed.places == plain.places
    assert len(parsed.places or {}) > 20


def test_byte_order_mark_in_json() -> None:
    parsed = document.parse('\ufeff{"a": 1}'.encode(), is_json=True)
    assert (parsed.tree, place(parsed.span(("a",)))) == ({"a": 1}, (1, 7))


def test_multi_line_values() -> None:
    text = 'a = """\nx\ny"""\nb = [\n  1, # one\n  2,\n]\n'
    parsed = toml(text)
    assert parsed.span(("a",)) == Span(1, 5, 3, 5)
    assert parsed.span(("b",)) == Span(4, 5, 7, 2)
    assert place(parsed.span(("b", 1))) == (6, 3)


def test_json_exponents_with_a_plus() -> None:
    parsed = from_json('{"a": [1e+3, 2], "b": 1E+2}')
    assert {path: place(parsed.span(path)) for path in parsed.places or {}} == {
        ("a",): (1, 7),
        ("a", 0): (1, 8),
        ("a", 1): (1, 14),
        ("b",): (1, 23),
    }


def test_a_path_without_a_place_stands_where_its_table_stands() -> None:
    parsed = toml("[a.b]\nc = 1")
    assert place(parsed.span(("a", "b", "missing"))) == (1, 2)
    assert parsed.span(("missing",)) is None
    assert document.from_mapping({"a": 1}).span(("a",)) is None


def test_trees_are_frozen() -> None:
    assert toml("a = [1, [2, {b = [3]}]]").tree == {"a": (1, (2, {"b": (3,)}))}
    assert from_json('{"a": [1, [2]]}').tree == {"a": (1, (2,))}
    assert document.from_mapping({"a": [1, (2,)]}).tree == {"a": (1, (2,))}


@pytest.mark.parametrize("text", ["[a.b]\nc = 1", "[[a.b]]\nc = 1", "[a.b.c]\n[a.d]"])
def test_implied_tables_have_a_place(text: str) -> None:
    assert place(toml(text).span(("a",))) in ((1, 2), (1, 3))


@pytest.mark.parametrize(
    "text",
    ["a = 07:32\nb = 2", '"\\e" = 1\nb = 2', 'a = "\\xe9"\nb = 2'],
    ids=["time without seconds", "escape in a key", "escape in a value"],
)
@pytest.mark.xfail(strict=True, reason="tomli reads TOML 1.1, the grammar of positions is 1.0")
def test_what_the_parser_accepts_has_places(text: str) -> None:
    parsed = toml(text)
    assert {path for path, _ in keys_of(parsed.tree)} <= (parsed.places or {}).keys()


# Refusals


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a = \nb = 1", 1, 5),
        ("a = 1\nb = [1, 2\n", 3, 1),
        ("a = 1\n[b\n", 2, 3),
        ("ä = 1", 1, 1),
        ('"ä" = 1 1', 1, 9),
        ('a = "x\n"', 1, 7),
        ("a = 1\r\nb == 1", 2, 4),
        ("# x\n\n= 1", 3, 1),
        ("a = 1\rb = 2", 1, 6),
        ('a = "\x00"', 1, 6),
        ("\n\n\tx", 3, 3),
    ],
)
def test_toml_syntax_errors(text: str, line: int, column: int) -> None:
    found = refusal(text.encode())
    assert found.code is Code.SYNTAX
    assert found.span is not None
    # A grammar may blame the character or the one before it, never another line.
    assert found.span.line == line
    assert abs(found.span.column - column) <= 1
    assert found.message
    assert found.message[0] == found.message[0].lower()


@pytest.mark.parametrize("text", ["a = 1\na = 2", "[a]\n[a]", "a.b = 1\na.b = 2", "a = {b=1, b=2}"])
def test_toml_keys_that_stand_twice(text: str) -> None:
    found = refusal(text.encode())
    assert found.code is Code.SYNTAX
    assert place(found.span)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('{"a": 1,}', 1, 9),
        ('{\n "a" 1}', 2, 6),
        ("", 1, 1),
        ('{"a": 1} x', 1, 10),
        ('{"ä": tru}', 1, 7),
        ("{'a': 1}", 1, 2),
        ("[]", 1, 1),
        ("3", 1, 1),
        ("null", 1, 1),
        ('{"a": "x\n"}', 1, 9),
        ('{"a": 1, // x\n}', 1, 10),
    ],
)
def test_json_syntax_errors(text: str, line: int, column: int) -> None:
    found = refusal(text.encode(), is_json=True)
    assert found.code is Code.SYNTAX
    assert found.span is not None
    assert found.span.line == line
    assert abs(found.span.column - column) <= 1


def test_json_duplicate_keys_are_refused() -> None:
    found = refusal(b'{"x": {"units": 1, "units": 2}}', is_json=True)
    assert found.code is Code.SYNTAX
    assert "'units'" in found.message
    assert "twice" in found.message


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_json_words_that_are_not_numbers_are_refused(word: str) -> None:
    found = refusal(f'{{"a": {word}}}'.encode(), is_json=True)
    assert found.code is Code.SYNTAX
    assert word.lower() in found.message.lower()


@pytest.mark.parametrize("word", ["NaN", "Infinity"])
def test_the_words_are_quoted_as_they_stand(word: str) -> None:
    assert word in refusal(f'{{"a": {word}}}'.encode(), is_json=True).message


@pytest.mark.parametrize("text", ['{\n"a": 1,\n"a": 2}', '{\n"b": 1,\n"a": NaN}'])
def test_refused_json_has_a_place(text: str) -> None:
    found = refusal(text.encode(), is_json=True)
    assert place(found.span) is not None
    assert found.span is not None
    assert found.span.line == 3


@pytest.mark.parametrize("is_json", [False, True])
@pytest.mark.parametrize("digits", [5000, 100_000])
def test_numbers_of_too_many_digits_are_refused(is_json: bool, digits: int) -> None:
    number = b"1" * digits
    found = refusal(b'{"a": ' + number + b"}" if is_json else b"a = " + number, is_json)
    assert found.code is Code.SYNTAX
    assert len(found.message) < 300


def test_large_numbers_of_other_bases_can_be_read() -> None:
    assert toml(f"a = 0x{'f' * 6000}").tree == {"a": 16**6000 - 1}


@pytest.mark.parametrize("is_json", [False, True])
@pytest.mark.parametrize(
    ("before", "wrong", "line"),
    [(b"", b"\xe9", 1), (b'a = "\n\n', b"\xff\xfe", 3), ("ä\n".encode(), b"\xc3", 2)],
)
def test_not_utf8(before: bytes, wrong: bytes, line: int, is_json: bool) -> None:
    found = refusal(before + wrong, is_json)
    assert found.code is Code.NOT_UTF8
    assert found.span is not None
    assert found.span.line == line
    assert f"0x{wrong[0]:02x}" in found.message
    assert "UTF-8" in found.hint


def test_not_utf8_column() -> None:
    assert place(refusal('# ok\nä = "'.encode() + b"\xe9").span) == (2, 6)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
def test_other_encodings_are_refused(encoding: str) -> None:
    for is_json in (False, True):
        found = refusal('{"ä": 1}'.encode(encoding), is_json)
        assert found.code in (Code.NOT_UTF8, Code.SYNTAX)


def test_too_large(tmp_path: Path) -> None:
    limit = document.MAX_BYTES
    assert document.parse(b"#" * limit).tree == {}
    assert refusal(b"#" * (limit + 1)).code is Code.TOO_LARGE
    assert f"{limit:,}" in refusal(b"#" * (limit + 1)).message
    file = tmp_path / "large.net.toml"
    file.write_bytes(b"#" * (limit + 1))
    with pytest.raises(SpecError) as raised:
        document.read(file)
    assert raised.value.diagnostics[0].code is Code.TOO_LARGE


def test_unreadable(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.net.toml", tmp_path / ("x" * 300)):
        with pytest.raises(SpecError) as raised:
            document.read(path)
        (found,) = raised.value.diagnostics
        assert found.code is Code.UNREADABLE_FILE
        assert found.file == str(path)


def test_a_path_with_nul() -> None:
    try:
        document.read("a\0b")
    except SpecError:
        return
    except ValueError as error:
        raise ValueError(str(error)) from None


def test_the_suffix_decides_the_format(tmp_path: Path) -> None:
    for name, text in (("a.json", '{"a": 1}'), ("a.toml", "a = 1"), ("a", "a = 1")):
        (tmp_path / name).write_text(text)
        assert document.read(tmp_path / name).tree == {"a": 1}


@pytest.mark.parametrize("opening", [b"[", b"{a=", b'{"a":'])
@pytest.mark.parametrize("depth", [50, 100_000])
def test_nesting(opening: bytes, depth: int) -> None:
    is_json = opening == b'{"a":'
    closing = b"]" if opening == b"[" else b"}"
    nested = opening * depth + b"1" + closing * depth
    content = nested if is_json else b"a = " + nested
    if depth > 1000:
        assert "nesting" in refusal(content, is_json).message
    else:
        assert len(document.parse(content, is_json=is_json).places or {}) >= depth


def test_dotted_keys_of_many_parts_are_refused_at_once() -> None:
    assert refusal(b".".join([b"a"] * 50_000) + b" = 1").code is Code.SYNTAX


def test_nesting_of_every_depth() -> None:
    def accepted(depth: int) -> bool:
        try:
            json.loads("[" * depth + "]" * depth)
        except RecursionError:
            return False
        return True

    limit = max(depth for depth in range(500, 1000) if accepted(depth))
    for depth in range(limit - 15, limit + 1):
        parses_or_refuses(b'{"a":' + b"[" * depth + b"]" * depth + b"}", is_json=True)


UNSEEN = [
    *(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r"),
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    "\ud800",
    "\udfff",
]
"""What no text may hold."""


@pytest.mark.parametrize("is_json", [False, True])
def test_texts_that_are_too_long(is_json: bool) -> None:
    for template, size, column in (
        ('{"a": "%s"}' if is_json else 'a = "%s"', document.MAX_TEXT, 7 if is_json else 5),
        ('{"%s": 1}' if is_json else '"%s" = 1', document.MAX_KEY, 2 if is_json else 1),
    ):
        document.parse((template % ("é" * size)).encode(), is_json=is_json)
        found = refusal((template % ("é" * (size + 1))).encode(), is_json=is_json)
        assert found.code is Code.TOO_LARGE
        assert place(found.span) in ((1, column), None)


@pytest.mark.parametrize("text", UNSEEN, ids=ascii)
@pytest.mark.parametrize("is_key", [False, True])
def test_texts_hold_nothing_that_is_not_seen(text: str, is_key: bool) -> None:
    """It would read otherwise than it is, in an editor, a log and a program."""
    tree = {f"a{text}b": 1} if is_key else {"x": [1, f"a{text}b"]}
    found = refusal(json.dumps(tree).encode(), is_json=True)
    assert found.code is Code.OUT_OF_RANGE
    assert f"U+{ord(text):04X}" in found.message
    assert place(found.span) == (1, 2 if is_key else 11)
    with pytest.raises(SpecError) as raised:
        document.from_mapping(tree)
    assert [item.message for item in raised.value.diagnostics] == [found.message]


# Properties


def parses_or_refuses(content: bytes, is_json: bool) -> Document | None:
    """The document, or None for a refusal; any other exception fails the test."""
    try:
        parsed = document.parse(content, file="f", is_json=is_json)
    except SpecError as error:
        (found,) = error.diagnostics
        assert found.code in (Code.SYNTAX, Code.NOT_UTF8, Code.TOO_LARGE, Code.OUT_OF_RANGE)
        assert str(found)
        return None
    assert isinstance(parsed.tree, dict)
    return parsed


def exactly(value: Any) -> Any:
    """A value that equals only values of the same types: 1 is not True, 0.0 not -0.0."""
    if isinstance(value, dict):
        return {key: exactly(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [exactly(item) for item in value]
    return (type(value).__name__, repr(value))


REAL = [path.read_bytes() for path in SPECS if path.suffix == ".toml"]
TOKENS = st.sampled_from(
    [
        *["a", "b.c", '"', "'", '"""', "=", "[", "]", "[[", "]]", "{", "}", ",", ":", "\n", "\r\n"],
        *["#", "1", "-", "0x", "1e9", "nan", "true", "null", " ", "\\", "\\u00e9", "ä", "\ufeff"],
    ]
)


@st.composite
def damaged(draw: st.DrawFn, files: list[bytes]) -> bytes:
    """A real file with a part replaced."""
    content = draw(st.sampled_from(files))
    start = draw(st.integers(0, len(content)))
    end = draw(st.integers(start, min(len(content), start + 20)))
    new = draw(st.binary(max_size=8) | st.lists(TOKENS, max_size=4).map("".join).map(str.encode))
    return content[:start] + new + content[end:]


def json_text(content: bytes) -> bytes:
    return json.dumps(tomli.loads(content.decode()), indent=1, ensure_ascii=False).encode()


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200) | st.lists(TOKENS).map("".join).map(str.encode) | damaged(REAL))
@example(b"\xef\xbb\xbf")
@example(b'"\\uD800" = 1')
@example(b"a = 1e999\nb = -nan\nc = 1979-05-27")
def test_any_bytes_as_toml(content: bytes) -> None:
    parsed = parses_or_refuses(content, is_json=False)
    if parsed is not None:  # what is accepted is what the parser of the format accepts
        assert exactly(parsed.tree) == exactly(tomli.loads(parsed.text))


@settings(max_examples=500, deadline=None)
@given(
    st.binary(max_size=200)
    | st.lists(TOKENS).map("".join).map(str.encode)
    | damaged([json_text(content) for content in REAL])
)
@example(b'{"\\ud800": "\\udfff"}')
@example(b'{"a": 1e999}')
@example(b'{"a": \x00}')
def test_any_bytes_as_json(content: bytes) -> None:
    parsed = parses_or_refuses(content, is_json=True)
    if parsed is not None:
        assert exactly(parsed.tree) == exactly(json.loads(parsed.text))


def keys_of(tree: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, Any]]:
    """Every path in a tree with its value."""
    items: Any = ()
    if isinstance(tree, Mapping):
        items = tree.items()
    elif isinstance(tree, tuple | list):
        items = enumerate(tree)
    for key, value in items:
        yield (*path, key), value
        yield from keys_of(value, (*path, key))


CHARACTERS = st.characters(
    codec="utf-8",
    exclude_characters=[char for char in UNSEEN if char < "\ud800" or char > "\udfff"],
)
KEYS = st.text(CHARACTERS, max_size=5) | st.sampled_from(["a", "b-1", "c_d", "0"])
LEAVES = (
    st.text(CHARACTERS, max_size=6)
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
)


def trees(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    values = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=12,
    )
    tables = st.lists(st.dictionaries(KEYS, values, max_size=3), min_size=1, max_size=3)
    return st.dictionaries(KEYS, values | tables, max_size=5)


def quoted(text: str) -> str:
    """A basic string of TOML; JSON's escapes are among TOML's, but DEL may not stand bare."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


class TomlWriter:
    """Writes a tree as TOML in ways that it draws."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw

    def one_of(self, *choices: str) -> str:
        return self.draw(st.sampled_from(choices))

    def key(self, name: str) -> str:
        plain = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
        ways = [quoted(name)]
        if plain:
            ways.append(name)
        if "'" not in name and name.isprintable():
            ways.append(f"'{name}'")
        return self.one_of(*ways)

    def value(self, value: Any) -> str:
        if isinstance(value, dict):
            pairs = (f"{self.key(k)} = {self.value(v)}" for k, v in value.items())
            return "{" + self.one_of(", ", " ,").join(pairs) + "}"
        if isinstance(value, list):
            separator = self.one_of(", ", ",\n  ", ", # é 😀\n")
            return "[" + separator.join(map(self.value, value)) + "]"
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str):
            multi_line = value.isalnum() and self.draw(st.booleans())
            return f'"""\n{value}"""' if multi_line else quoted(value)
        return repr(value)

    def pairs(self, tree: dict[str, Any], prefix: str) -> Iterator[str]:
        """Lines `key = value`; a table's own keys may be dotted."""
        for name, value in tree.items():
            key = prefix + self.key(name)
            if isinstance(value, dict) and value and self.draw(st.booleans()):
                yield from self.pairs(value, key + self.one_of(".", " . "))
            else:
                end = self.one_of("", "  # x = 'ü'", "\n", "\n  # [t]")
                yield f"{self.one_of('', '  ')}{key} = {self.value(value)}{end}\n"

    def table(self, tree: dict[str, Any], header: str) -> Iterator[str]:
        own: dict[str, Any] = {}
        tables: dict[str, Any] = {}
        for name, value in tree.items():
            nested = value if isinstance(value, list) else [value]
            is_tables = bool(nested) and all(isinstance(item, dict) for item in nested)
            (tables if is_tables and self.draw(st.booleans()) else own)[name] = value
        yield from self.pairs(own, "")
        for name, value in tables.items():
            full = f"{header}.{self.key(name)}" if header else self.key(name)
            if isinstance(value, list):
                for item in value:
                    yield f"[[{full}]]\n"
                    yield from self.table(item, full)
            else:
                yield f"[{full}]  # of {len(value)}\n"
                yield from self.table(value, full)


@settings(max_examples=200, deadline=None)
@given(trees(LEAVES), st.data())
def test_every_key_and_value_of_toml_has_its_place(tree: dict[str, Any], data: Any) -> None:
    text = "".join(TomlWriter(data.draw).table(tree, ""))
    parsed = toml(text)
    assert exactly(parsed.tree) == exactly(tree)
    places = parsed.places or {}
    assert set(places) == {path for path, _ in keys_of(parsed.tree)}
    for path, value in keys_of(parsed.tree):
        found = places[path]
        if found.value is not None:
            spelled = tomli.loads(f"v = {cut(text, found.value)}")["v"]
            assert exactly(spelled) == exactly(value)
        else:  # only tables that have headers, or are made by dotted keys, have no text of value
            assert isinstance(value, dict | tuple)
        names = [part for part in path if isinstance(part, str)]
        if found.key is not None:
            spelled_key = tomli.loads(f"{cut(text, found.key)} = 1")
            along = [part for part, _ in keys_of(spelled_key)][-1]
            lengths = range(1, len(along) + 1)
            assert any(along[:length] == tuple(names[-length:]) for length in lengths)
        else:
            assert isinstance(path[-1], int)


@settings(max_examples=200, deadline=None)
@given(trees(LEAVES | st.none()), st.sampled_from([None, 0, 1, "\t"]), st.booleans())
def test_every_key_and_value_of_json_has_its_place(tree: Any, indent: Any, ascii_: bool) -> None:
    text = json.dumps(tree, indent=indent, ensure_ascii=ascii_).replace("e+", "e")
    parsed = from_json(text)
    places = parsed.places or {}
    assert set(places) == {path for path, _ in keys_of(parsed.tree)}
    for path, value in keys_of(parsed.tree):
        found = places[path]
        assert found.value is not None
        assert exactly(json.loads(cut(text, found.value))) == exactly(value)
        if isinstance(path[-1], str):
            assert found.key is not None
            assert json.loads(cut(text, found.key)) == path[-1]
