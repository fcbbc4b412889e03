"""The arithmetic of `${...}`: a small part of Python's expressions, all of it listed here.

Python's `ast` reads an expression; no code is ever made of it. A boolean is not a number, and a
float that is whole stays a float, because no value of a spec is ever coerced. Otherwise the
operators and functions mean what they mean in Python: `/` gives a float, `//` and `%` round down,
`round` goes to the even neighbour.
Source: https://docs.python.org/3/reference/expressions.html
"""

from __future__ import annotations

import ast
import keyword
import math
import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from samenet.diagnostics import listed, nearest

MAX_LENGTH = 200
"""The longest expression, in characters."""

MAX_DEPTH = 20
"""How deep an expression may be nested."""

INTEGER_LIMIT = 2**63
"""Whole numbers are of a smaller magnitude."""

Scalar = bool | int | float | str
Value = Scalar | tuple[Scalar, ...]
"""What an expression gives, and what a variable may be."""


class ExpressionError(ValueError):
    """An expression has no value: the text says why, `hint` what may have been meant."""

    def __init__(self, reason: str, hint: str = "") -> None:
        self.hint = hint
        super().__init__(reason)


class Expression(NamedTuple):
    """An expression that was read.

    Attributes:
        text: what stands between the braces.
        tree: Python's reading of it, of allowed parts only.
        names: the variables that it uses.
    """

    text: str
    tree: ast.expr
    names: frozenset[str]

    def value(self, variables: Mapping[str, Value]) -> Value:
        """The value, where the variables have theirs.

        Raises:
            ExpressionError: a variable is unknown, or there is no value, or it is out of range.
        """
        for name in sorted(self.names):
            if name not in variables:
                raise ExpressionError(f"there is no variable {name!r}", _known(name, variables))
        return _value(self.tree, variables)


def _known(name: str, variables: Mapping[str, Value]) -> str:
    if name in FUNCTIONS:
        return f"{name} is a function: write {name}(...)"
    known = list(variables)
    few = f"there are {listed(known, 'and')}" if 0 < len(known) <= 10 else ""
    return nearest(name, known) or few


# Reading

# What Python gets to read; so it never warns, and nothing but these can surprise.
_TOKEN = re.compile(
    r"""[ \t]+
    | (?: [0-9]+(?:_[0-9]+)*(?:\.[0-9]*)? | \.[0-9]+ ) (?:[eE][+-]?[0-9]+)? (?![A-Za-z0-9_.])
    | [A-Za-z_][A-Za-z0-9_]*
    | '[^'\\\x00-\x1f\ud800-\udfff]*' | "[^"\\\x00-\x1f\ud800-\udfff]*"
    | \*\* | // | [<>=!]= | [-+*/%()<>,] | \[ | \]
    """,
    re.VERBOSE,
)


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Read an expression.

    Args:
        text: what stands between the braces, at most `MAX_LENGTH` characters.

    Raises:
        ExpressionError: it is too long, nested too deep, or not of the language.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"it is longer than {MAX_LENGTH} characters")
    text = text.strip(" \t")
    if not text:
        raise ExpressionError("it is empty")
    _check_tokens(text)
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        reason = re.split(r"[.;] ", error.msg)[0]
        raise ExpressionError(reason[:1].lower() + reason[1:]) from error
    except (MemoryError, RecursionError) as error:  # how Python's parser says the same
        raise ExpressionError("it is nested too deep") from error
    _check(tree, text, 1)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    functions = {node.id for node in called if isinstance(node, ast.Name)}
    return Expression(text, tree, frozenset(names - functions - CONSTANTS.keys()))


def _check_tokens(text: str) -> None:
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            if text[position] in "'\"":
                raise ExpressionError("a text has no end, a backslash or a control character")
            word = re.compile(r"[0-9.][A-Za-z0-9_.]*").match(text, position)
            found = word[0] if word else text[position]
            raise ExpressionError(f"{found!r} is not allowed in an expression")
        position = token.end()


def _check(node: ast.expr, text: str, depth: int) -> None:
    """Refuse what is not of the language, used or not."""
    if depth > MAX_DEPTH:
        raise ExpressionError(f"it is nested more than {MAX_DEPTH} deep")
    if isinstance(node, ast.Constant):
        _in_range(node.value)
    if not _is_allowed(node):
        hint = f"allowed: numbers, variables, 'text', {_ALLOWED}"
        raise ExpressionError(f"{_source(node, text)!r} is not allowed in an expression", hint)
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.expr):
            _check(part, text, depth + 1)


def _is_allowed(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=value):
            return isinstance(value, bool | int | float | str)
        case ast.Name() | ast.UnaryOp(op=ast.USub()) | ast.IfExp() | ast.Subscript():
            return True
        case ast.BinOp(op=op):
            return type(op) in OPERATORS
        case ast.Compare(ops=ops):
            return all(type(op) in COMPARISONS for op in ops)
        case ast.Call(func=ast.Name(id=name), keywords=[]):
            if name not in FUNCTIONS:
                known = nearest(name, FUNCTIONS) or f"there are {listed(sorted(FUNCTIONS), 'and')}"
                raise ExpressionError(f"there is no function {name!r}", known)
            return True
        case _:
            return False


def _source(node: ast.expr, text: str) -> str:
    return text.encode()[node.col_offset : node.end_col_offset].decode()


# Values


def _value(node: ast.expr, variables: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(value=value):
            return value  # pyright: ignore[reportReturnType]
        case ast.Name(id=name):
            return CONSTANTS[name] if name in CONSTANTS else variables[name]
        case ast.UnaryOp(operand=operand):
            return -_number("-", _value(operand, variables))
        case ast.BinOp(left=left, op=op, right=right):
            word, compute = OPERATORS[type(op)]
            numbers = [_number(word, _value(side, variables)) for side in (left, right)]
            return _computed(compute, *numbers)
        case ast.Compare():
            return _compared(node, variables)
        case ast.IfExp(test=test, body=body, orelse=other):
            return _value(body if _condition(_value(test, variables)) else other, variables)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _called(name, [_value(argument, variables) for argument in arguments])
        case ast.Subscript(value=array, slice=index):
            return _item(_value(array, variables), _value(index, variables))
        case _:
            raise AssertionError(ast.dump(node))  # `_check` refuses it


def _computed(compute: Callable[..., Any], *numbers: int | float) -> int | float:
    try:
        return _in_range(compute(*numbers))
    except ZeroDivisionError as error:
        raise ExpressionError("division by zero") from error
    except OverflowError as error:
        raise ExpressionError("the result is not finite") from error


def _in_range(value: Any) -> Any:
    if type(value) is int and abs(value) >= INTEGER_LIMIT:
        raise ExpressionError("a whole number must be below 2**63")
    if type(value) is float and not math.isfinite(value):
        raise ExpressionError("a number must be finite")
    if isinstance(value, complex):
        raise ExpressionError("the result is not a real number")
    return value


def _quotient(dividend: int | float, divisor: int | float) -> float:
    return dividend / divisor


def _floor(dividend: int | float, divisor: int | float) -> int | float:
    return dividend // divisor


def _power(base: int | float, exponent: int | float) -> Any:
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and abs(base) > 1 and exponent >= INTEGER_LIMIT.bit_length():
        raise ExpressionError("a whole number must be below 2**63")  # before it is computed
    return base**exponent


def _number(word: str, value: Value) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ExpressionError(f"{word} takes numbers, found {kind(value)}")
    return value


def _condition(value: Value) -> bool:
    if not isinstance(value, bool):
        raise ExpressionError(f"a condition is true or false, found {kind(value)}")
    return value


def _compared(node: ast.Compare, variables: Mapping[str, Value]) -> bool:
    left = _value(node.left, variables)
    for op, side in zip(node.ops, node.comparators, strict=True):
        right = _value(side, variables)
        word, compare = COMPARISONS[type(op)]
        if type(op) not in (ast.Eq, ast.NotEq):
            for number in (left, right):
                _number(word, number)
        elif _comparable(left) is not _comparable(right):
            raise ExpressionError(f"{word} compares {kind(left)} with {kind(right)}")
        if not compare(left, right):
            return False
        left = right
    return True


def _comparable(value: Value) -> type:
    return float if type(value) is int else type(value)


def _called(name: str, arguments: list[Value]) -> Value:
    least, most, function = FUNCTIONS[name]
    if len(arguments) < least or (most is not None and len(arguments) > most):
        takes = "one value" if most == 1 else "at least one value"
        raise ExpressionError(f"{name} takes {takes}, found {len(arguments)}")
    return function(name, *arguments)


def _of_numbers(compute: Callable[..., Any]) -> Callable[..., Value]:
    def function(name: str, *arguments: Value) -> Value:
        return _computed(compute, *(_number(name, argument) for argument in arguments))

    return function


def _of_several(compute: Callable[..., Any]) -> Callable[..., Value]:
    def function(name: str, *arguments: Value) -> Value:
        if len(arguments) == 1 and isinstance(arguments[0], tuple):
            arguments = arguments[0]
        if not arguments:
            raise ExpressionError(f"{name} takes at least one value, found an empty array")
        return compute([_number(name, argument) for argument in arguments])

    return function


def _length(name: str, value: Value) -> int:
    if not isinstance(value, str | tuple):
        raise ExpressionError(f"{name} takes an array or text, found {kind(value)}")
    return len(value)


def _item(array: Value, index: Value) -> Value:
    if not isinstance(array, tuple):
        raise ExpressionError(f"only an array has items, found {kind(array)}")
    if isinstance(index, bool) or not isinstance(index, int):
        raise ExpressionError(f"an index is a whole number, found {kind(index)}")
    if not -len(array) <= index < len(array):
        raise ExpressionError(
            f"there is no item {index}; the array has {len(array)}", "items are counted from 0"
        )
    return array[index]


def kind(value: object) -> str:
    """What sort of value it is, in words."""
    match value:
        case bool():
            return "true or false"
        case int():
            return "a whole number"
        case float():
            return "a number"
        case str():
            return "text"
        case tuple():
            return "an array"
        case Mapping():
            return "a table"
        case None:
            return "null"
        case _:
            return "a date or time"  # what else TOML has


CONSTANTS: Mapping[str, bool] = {"true": True, "false": False}

OPERATORS: Mapping[type[ast.operator], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", _quotient),
    ast.FloorDiv: ("//", _floor),
    ast.Mod: ("%", operator.mod),
    ast.Pow: ("**", _power),
}

COMPARISONS: Mapping[type[ast.cmpop], tuple[str, Callable[[Any, Any], bool]]] = {
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
}

FUNCTIONS: Mapping[str, tuple[int, int | None, Callable[..., Value]]] = {
    "abs": (1, 1, _of_numbers(abs)),
    "float": (1, 1, _of_numbers(float)),
    "int": (1, 1, _of_numbers(int)),
    "len": (1, 1, _length),
    "max": (1, None, _of_several(max)),
    "min": (1, None, _of_several(min)),
    "round": (1, 1, _of_numbers(round)),
}
"""The functions: how many values they take at least and at most, and what they compute."""

INDEX = "index"
"""The variable that counts the repetitions of a block."""

RESERVED = frozenset({*keyword.kwlist, *CONSTANTS, *FUNCTIONS, INDEX})
"""Words that no variable can have as its name."""

_ALLOWED = (
    f"{' '.join(word for word, _ in OPERATORS.values())}, "
    f"{' '.join(word for word, _ in COMPARISONS.values())}, "
    f"(...), a if b else c, a[0], {', '.join(FUNCTIONS)}"
)
