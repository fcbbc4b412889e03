"""The emitter: what it prints means what was said, and `ruff format` has nothing to change."""

from __future__ import annotations

import ast
import difflib
import keyword
import math
import subprocess
import sys
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenet.codegen.emission import WIDTH, Source, emit, emit_dict
from samenet.codegen.expression import Call, Expression, Name, call, helpers, prefixed

WORDS = st.from_regex(r"[a-z][a-z0-9_]{0,11}", fullmatch=True)
WORDS = WORDS.filter(lambda word: not keyword.iskeyword(word))
NAMES = st.lists(WORDS, min_size=1, max_size=3).map(".".join).map(Name)
SCALARS = (
    st.text(max_size=30)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.none()
)


def calls(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Call]:
    keywords = st.dictionaries(WORDS, inner, max_size=4).map(lambda d: tuple(d.items()))
    return st.builds(Call, NAMES, st.lists(inner, max_size=4).map(tuple), keywords)


LITERALS = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4).map(tuple))
EXPRESSIONS = st.recursive(
    SCALARS | NAMES,
    lambda inner: st.lists(inner, max_size=4).map(tuple) | calls(inner),
    max_leaves=15,
)


def read_back(node: ast.expr) -> Expression:
    """The expression that a syntax tree says, by Python's own parser."""
    match node:
        case ast.Call(function, arguments, keywords):
            name = read_back(function)
            assert isinstance(name, Name)
            named = tuple((str(item.arg), read_back(item.value)) for item in keywords)
            return Call(name, tuple(map(read_back, arguments)), named)
        case ast.Name() | ast.Attribute():
            return Name(ast.unparse(node))
        case ast.Tuple(elements):
            return tuple(map(read_back, elements))
        case _:
            return ast.literal_eval(node)


def parsed(source: str) -> Expression:
    return read_back(ast.parse(source, mode="eval").body)


@settings(max_examples=300, deadline=None)
@given(LITERALS, st.integers(0, 12))
def test_literals_are_what_they_were(value: Expression, indent: int) -> None:
    again = ast.literal_eval(emit(value, indent=indent))
    assert repr(again) == repr(value)  # repr also tells 1 from True and 0.0 from -0.0


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS, st.integers(0, 12), st.integers(0, 60))
def test_expressions_say_what_they_said(value: Expression, indent: int, used: int) -> None:
    source = emit(value, indent=indent, used=used)
    assert isinstance(source, Source)
    assert source.isascii()
    assert repr(parsed(source)) == repr(value)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(max_size=20), LITERALS, max_size=5), st.sampled_from([0, 4]))
def test_dictionaries_are_what_they_were(items: dict[str, Expression], indent: int) -> None:
    again = ast.literal_eval(emit_dict(items, indent=indent))
    assert repr(again) == repr(items)
    assert list(again) == list(items)


HOSTILE = [
    '"',
    "'",
    "\\",
    '"""',
    "'''",
    "'\"",
    '\\"',
    '"\\',
    "\n",
    "\r",
    "\r\n",
    "\x00",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
    "\u202e",
    "\ud800",
    "\U0010ffff",
    "\N{FULLWIDTH QUOTATION MARK}",
    "{name}",
    "{{ name }}",
    "{% raw %}",
    "%s %(x)s",
    "$x ${x}",
    "\\N{DIGIT ONE}",
    "\\x41\\u0041\\101",
    "coding: utf-7",
    '"); import os; os.system("x") #',
    '" + __import__("os").name + "',
    "' or 1 or '",
    '"\n__import__("os")\n"',
    "#",
    "# noqa\nx = 1",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("around", ["{}", "a{}", "{}b", "{}{}", '"{}', "'{}", "\\{}"])
def test_hostile_text_stays_a_string_literal(text: str, around: str) -> None:
    value = around.replace("{}", text)
    source = emit(call("f", value, key=(value,)))
    assert source.isascii()
    assert "\n" not in emit(value)
    tree = ast.parse(source, mode="eval").body
    assert isinstance(tree, ast.Call)
    assert isinstance(tree.args[0], ast.Constant)
    assert tree.args[0].value == value
    assert parsed(source) == call("f", value, key=(value,))
    assert ast.literal_eval(emit_dict({value: value})) == {value: value}


def test_every_kind_of_character_stays_a_string_literal() -> None:
    points = [*range(0x3000), *range(0xD7F0, 0xE010), 0xFEFF, 0xFFFF, 0x10000, 0x1F600, 0x10FFFF]
    text = "".join(map(chr, points))
    assert ast.literal_eval(emit(text)) == text


def test_quotes_are_double_unless_that_needs_more_escapes() -> None:
    assert emit("a") == '"a"'
    assert emit("it's") == '"it\'s"'
    assert emit('say "a"') == "'say \"a\"'"
    assert emit("\"'") == '"\\"\'"'


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: (1, (x,)), lambda x: call("f", a=x)])
def test_numbers_that_are_not_finite_are_refused(number: float, wrap: Any) -> None:
    with pytest.raises(ValueError, match="finite"):
        emit(wrap(number))


@pytest.mark.parametrize("value", [[1], {"a": 1}, {1}, b"a", 1j, object(), range(2)])
def test_what_is_no_expression_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        emit(value)
    with pytest.raises(TypeError):
        emit((value,))


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "a b", "a.", ".a", "a..b", "1a", "a.1", "a-b", "a\n", "a\nb", "a()", "a;b"],
        *["a#", "a[0]", "'a'", "a.b ", "\ufeffa", "a\x00", "é", "a.é"],
        "\N{MATHEMATICAL BOLD SMALL E}val",
    ],
)
def test_bad_names_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Name(text)
    with pytest.raises(ValueError, match="name"):
        call(text)


@pytest.mark.parametrize("text", ["class", "a.def", "lambda", "None", "not", "True.x"])
def test_reserved_words_are_no_names(text: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Name(text)


@pytest.mark.parametrize("key", ["a b", "a=1, b", "x)#", "class", "1", ""])
def test_bad_keywords_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match="name"):
        emit(Call(Name("f"), (), ((key, 1),)))


def test_prefixed() -> None:
    assert emit(prefixed(Name("weight.T"), "self.dense")) == "self.dense.weight.T"
    assert emit(prefixed(call("f", Name("x")), "m")) == "m.f(x)"
    for value in ("text", 1, (), None):
        with pytest.raises(TypeError):
            prefixed(value, "m")


def test_helpers_are_found_at_every_depth() -> None:
    inner = call(Name("g", "file/g"), Name("x"), key=(1, Name("h", "file/h")))
    assert helpers(call("f", (inner, "g"), key=inner)) == {("file/g", "g"), ("file/h", "h")}
    assert helpers("text") == set()


# Layout


def formatted(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", f"--line-length={WIDTH}", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def statement(value: Expression, depth: int, start: str) -> str:
    indent = 4 * depth
    used = len(start)
    body = f"{' ' * indent}{start}{emit(value, indent=indent, used=used)}\n"
    opening = "".join(f"{'    ' * level}if c{level}:\n" for level in range(depth))
    return opening + body


class Writer:
    """Makes up expressions, from short ones to some of many lines; faster than a strategy."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def word(self) -> str:
        return self.random.choice("abcdefg") * self.random.randint(1, 14)

    def name(self) -> Name:
        return Name(".".join(self.word() for _ in range(self.random.randint(1, 3))))

    def text(self) -> str:
        return "".join(self.random.choices("ab '\"\\\n\té\u2028😀", k=self.random.randint(0, 14)))

    def scalar(self) -> Expression:
        numbers = [0, -7, 10**12, 0.1, 1e-7, 1.5e-300, -0.0, 1e15, True, False, None]
        return self.random.choice([self.text(), self.text(), self.random.choice(numbers)])

    def value(self, depth: int) -> Expression:
        kind = self.random.randrange(6)
        if kind < 2 and depth:
            return self.call(depth - 1)
        if kind == 2:
            return tuple(self.random.choices([0, "ab", -1.5, None], k=self.random.randint(0, 4)))
        return self.name() if kind == 3 else self.scalar()

    def call(self, depth: int) -> Call:
        arguments = tuple(self.value(depth) for _ in range(self.random.randrange(4)))
        keywords = {self.word(): self.value(depth) for _ in range(self.random.randrange(4))}
        return Call(self.name(), arguments, tuple(keywords.items()))

    def statement(self) -> str:
        start = self.random.choice(["x = ", "self.dense_1 = ", "x = self.activation = "])
        return statement(self.call(self.random.randrange(4)), self.random.randrange(4), start)


def assert_unchanged(text: str) -> None:
    changes = difflib.unified_diff(text.splitlines(), formatted(text).splitlines(), lineterm="")
    assert list(changes) == []


@pytest.mark.parametrize("seed", range(4))
def test_calls_are_laid_out_as_ruff_does(seed: int) -> None:
    writer = Writer(seed)
    text = "".join(writer.statement() for _ in range(1000))
    assert text.count("\n") > 3000
    assert_unchanged(text)


def test_every_length_of_line_around_the_limit() -> None:
    """Names, keywords and nested calls that just fit, and just do not."""
    text = ""
    for length in range(1, 100):
        word = "a" * length
        for value in (
            call("f", word),
            call("f", 1, word),
            call("f", key=word),
            call("f", key=(word,)),
            call("f", call("g", word, 2)),
            call("f", 1, key=call("g", word, key=2)),
            call(f"g{word[:60]}", 1, 2),
        ):
            text += statement(value, 0, "x = ") + statement(value, 2, "self.a = ")
    assert_unchanged(text)


def test_dictionaries_are_laid_out_as_ruff_does() -> None:
    text = ""
    for length in range(1, 80):
        word = "k" * length
        text += f"X = {emit_dict({word: Name('zeros'), 'b': call('f', word, 1)})}\n"
    assert_unchanged(text)


@pytest.mark.parametrize("number", [1e16, 1.5e300, -1e22])
def test_large_numbers_are_written_as_ruff_does(number: float) -> None:
    assert_unchanged(f"x = {emit(number)}\n")


@pytest.mark.parametrize("argument", ["k", "a_long_keyword"])
def test_tuples_are_laid_out_as_ruff_does(argument: str) -> None:
    text = ""
    for count in range(45):
        for value in (
            call("f", Name("path"), (1,) * count),
            call("f", Name("path"), **{argument: (1,) * count}),
            call("f", Name("path"), **{argument: ((1,) * count, 2)}),
            (1,) * count,
        ):
            text += statement(value, 0, "x = ") + statement(value, 2, "self.a = ")
    assert_unchanged(text)
