"""The arithmetic of expressions: Python's meaning for what is allowed, a refusal for all else."""

from __future__ import annotations

import ast
import math
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenet.expansion.arithmetic import (
    FUNCTIONS,
    INTEGER_LIMIT,
    MAX_DEPTH,
    MAX_LENGTH,
    ExpressionError,
    Value,
    parse,
)

VARIABLES: dict[str, Value] = {
    "width": 32,
    "rate": 0.25,
    "sizes": (64, 128, 256),
    "mixed": (1, 2.5, "x", True),
    "empty": (),
    "kind": "relu",
    "wide": True,
}


def value(text: str) -> Value:
    return parse(text).value(VARIABLES)


def refusal(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as raised:
        value(text)
    return raised.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("width", 32),
        (" width * 2 ", 64),
        ("width / 2", 16.0),
        ("width // 5", 6),
        ("-7 // 2", -4),
        ("-7 % 3", 2),
        ("2 ** 10", 1024),
        ("-2 ** 2", -4),
        ("2 ** -1", 0.5),
        ("2 ** 62", 2**62),
        ("1 ** 4611686018427387904", 1),
        ("(-1) ** 4611686018427387903", -1),
        ("1_000", 1000),
        ("1e-3", 0.001),
        (".5 + 1.", 1.5),
        ("--width", 32),
        ("(1 + 2) * 3", 9),
        ("rate < 1", True),
        ("1 < width <= 32", True),
        ("1 < width < 32", False),
        ("32 == width == 32.0", True),
        ("kind == 'relu'", True),
        ('kind != "relu"', False),
        ("sizes == sizes", True),
        ("64 if wide else 32", 64),
        ("64 if width > 100 else 32", 32),
        ("1 if wide else 1 / 0", 1),  # what is not chosen is not computed
        ("wide == true", True),
        ("false", False),
        ("True", True),
        ("sizes[1]", 128),
        ("sizes[-1]", 256),
        ("sizes[width // 32]", 128),
        ("sizes", (64, 128, 256)),
        ("min(3, 1, 2)", 1),
        ("max(sizes)", 256),
        ("max(1, 2.0)", 2.0),
        ("round(2.5)", 2),
        ("round(3.5)", 4),
        ("int(-2.7)", -2),
        ("float(3)", 3.0),
        ("abs(-3)", 3),
        ("len(sizes)", 3),
        ("len(kind)", 4),
        ("len(empty)", 0),
        ("'ünï'", "ünï"),
    ],
)
def test_values(text: str, expected: Value) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("  ", "it is empty"),
        ("width / 0", "division by zero"),
        ("width % 0", "division by zero"),
        ("width // 0.0", "division by zero"),
        ("0 ** -1", "division by zero"),
        ("2 ** 63", "a whole number must be below 2**63"),
        ("3 ** 9223372036854775807", "a whole number must be below 2**63"),
        ("-(2 ** 62) * 2", "a whole number must be below 2**63"),
        ("9223372036854775808", "a whole number must be below 2**63"),
        ("int(1e300)", "a whole number must be below 2**63"),
        ("1e999", "a number must be finite"),
        ("1e308 * 10", "a number must be finite"),
        ("10.0 ** 400", "the result is not finite"),
        ("(-8) ** 0.5", "the result is not a real number"),
        ("wide + 1", "+ takes numbers, found true or false"),
        ("-wide", "- takes numbers, found true or false"),
        ("kind + 'x'", "+ takes numbers, found text"),
        ("sizes * 2", "* takes numbers, found an array"),
        ("wide < 2", "< takes numbers, found true or false"),
        ("kind == 1", "== compares text with a whole number"),
        ("wide == 1", "== compares true or false with a whole number"),
        ("1 if width else 2", "a condition is true or false, found a whole number"),
        ("sizes[3]", "there is no item 3; the array has 3"),
        ("sizes[-4]", "there is no item -4; the array has 3"),
        ("sizes[1.0]", "an index is a whole number, found a number"),
        ("sizes[wide]", "an index is a whole number, found true or false"),
        ("kind[0]", "only an array has items, found text"),
        ("min()", "min takes at least one value, found 0"),
        ("min(empty)", "min takes at least one value, found an empty array"),
        ("min(mixed)", "min takes numbers, found text"),
        ("round(1.5, 2)", "round takes one value, found 2"),
        ("int('3')", "int takes numbers, found text"),
        ("len(3)", "len takes an array or text, found a whole number"),
        ("(1", "'(' was never closed"),
        ("widht", "there is no variable 'widht'"),
        ("1 if wide else widht", "there is no variable 'widht'"),
        ("min", "there is no variable 'min'"),
        ("mni(1)", "there is no function 'mni'"),
        ("__import__('os')", "there is no function '__import__'"),
        ("width.real", "'.real' is not allowed in an expression"),
        ("[1, 2]", "'[1, 2]' is not allowed in an expression"),
        ("'ü' if wide else [1]", "'[1]' is not allowed in an expression"),
        ("sizes[0:1]", "':' is not allowed in an expression"),
        ("max(*sizes)", "'*sizes' is not allowed in an expression"),
        ("lambda: 1", "':' is not allowed in an expression"),
        ("wide and wide", "'wide and wide' is not allowed in an expression"),
        ("not wide", "'not wide' is not allowed in an expression"),
        ("width is width", "'width is width' is not allowed in an expression"),
        ("1 in sizes", "'1 in sizes' is not allowed in an expression"),
        ("width & 1", "'&' is not allowed in an expression"),
        ("~width", "'~' is not allowed in an expression"),
        ("+width", "'+width' is not allowed in an expression"),
        ("f'{width}'", "\"f'{width}'\" is not allowed in an expression"),
        ("b'x'", "\"b'x'\" is not allowed in an expression"),
        ("None", "'None' is not allowed in an expression"),
        ("0x10", "'0x10' is not allowed in an expression"),
        ("1j", "'1j' is not allowed in an expression"),
        ("1if wide else 2", "'1if' is not allowed in an expression"),
        ("'a\\n'", "a text has no end, a backslash or a control character"),
        ("'a", "a text has no end, a backslash or a control character"),
        ("1\n+ 1", "'\\n' is not allowed in an expression"),
        ("1 # one", "'#' is not allowed in an expression"),
        ("²", "'²' is not allowed in an expression"),
        ("'\x00'", "a text has no end, a backslash or a control character"),
        ("'\ud800'", "a text has no end, a backslash or a control character"),
    ],
)
def test_refusals(text: str, reason: str) -> None:
    assert str(refusal(text)) == reason


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("widht * 2", "did you mean 'width'?"),
        ("min + 1", "min is a function: write min(...)"),
        ("lenn(sizes)", "did you mean 'len'?"),
        ("q", "there are width, rate, sizes, mixed, empty, kind and wide"),
        ("sizes[3]", "items are counted from 0"),
    ],
)
def test_refusals_say_what_may_be_meant(text: str, hint: str) -> None:
    assert refusal(text).hint == hint


def test_limits() -> None:
    assert value(" + ".join(["1"] * MAX_DEPTH)) == MAX_DEPTH
    assert str(refusal(" + ".join(["1"] * (MAX_DEPTH + 1)))) == "it is nested more than 20 deep"
    assert value("(" * 99 + "1" + ")" * 99) == 1  # brackets alone nest nothing
    assert value("1".ljust(MAX_LENGTH)) == 1
    assert str(refusal("1".ljust(MAX_LENGTH + 1))) == "it is longer than 200 characters"
    for text in ("-" * 199 + "1", "[" * 99 + "]" * 99, "(" * 200):
        assert str(refusal(text))


def test_large_powers_are_refused_before_they_are_computed() -> None:
    start = time.perf_counter()
    for text in ("9 ** 9 ** 9 ** 9", "9223372036854775807 ** 9223372036854775807", "7 ** 99999999"):
        refusal(text)
    assert time.perf_counter() - start < 1


def test_names() -> None:
    assert parse("a + min(b, 1) * (2 if c == 'd' else true)").names == {"a", "b", "c"}


# Compared with Python

NUMBERS = st.one_of(
    st.integers(0, 100).map(str),
    st.sampled_from(["0.5", "1e-3", "3.25", "9223372036854775807", "1e300", "width", "rate"]),
    st.sampled_from(["sizes[0]", "sizes[2]", "len(sizes)"]),
)


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    comparison = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    return st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner).map(
            lambda parts: f"({' '.join(parts)})"
        ),
        st.tuples(inner, st.integers(-3, 70)).map(lambda parts: f"({parts[0]} ** {parts[1]})"),
        inner.map(lambda text: f"-{text}"),
        st.tuples(st.sampled_from(["abs", "int", "float", "round"]), inner).map(
            lambda parts: f"{parts[0]}({parts[1]})"
        ),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(
            lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})"
        ),
        st.tuples(inner, inner, comparison, inner, inner).map(
            lambda p: f"({p[0]} if {p[1]} {p[2]} {p[3]} else {p[4]})"
        ),
    )


def in_python(text: str) -> Any:
    functions = {
        name: getattr(__builtins__, name, None) or __builtins__[name] for name in FUNCTIONS
    }
    return eval(text, {"__builtins__": functions}, dict(VARIABLES))


def is_out_of_range(text: str) -> bool:
    """Whether Python has no such value either, or one that no spec can hold, in any part."""
    for node in ast.walk(ast.parse(text, mode="eval").body):
        if not isinstance(node, ast.expr) or isinstance(node, ast.Name):
            continue
        try:
            found = in_python(ast.unparse(node))
        except (ZeroDivisionError, OverflowError, ValueError):
            return True
        if isinstance(found, complex) or (type(found) is int and abs(found) >= INTEGER_LIMIT):
            return True
        if isinstance(found, float) and not math.isfinite(found):
            return True
    return False


@settings(max_examples=400, deadline=None)
@given(st.recursive(NUMBERS, _combined, max_leaves=6).filter(lambda text: len(text) <= MAX_LENGTH))
def test_the_same_as_python(text: str) -> None:
    try:
        found = value(text)
    except ExpressionError:
        assert is_out_of_range(text)
        return
    expected = in_python(text)
    assert found == expected
    assert type(found) is type(expected)


WORDS = ["**", "//", "==", "width", "sizes", "if", "else", "min(", "lambda", "for", "in", "is"]
WORDS += ["not", "1e9", "0x", "_", "é", "\x00", "\ud800"]
TOKENS = st.sampled_from([*"+-*/%()[]<>=,.'\" \\{}:;#@!~^&|0123456789\n", *WORDS])


@settings(max_examples=600, deadline=None)
@given(st.one_of(st.lists(TOKENS, max_size=30).map("".join), st.text(max_size=40)))
def test_any_text_has_a_value_or_is_refused(text: str) -> None:
    with suppress(ExpressionError):
        assert isinstance(value(text), bool | int | float | str | tuple)
