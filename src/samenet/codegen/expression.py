"""A closed language of Python expressions.

Lowerings build expressions; `samenet.codegen.emission` prints them. Text from a spec can become
nothing but a string literal. There is no node for raw source.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

_WORD = r"[A-Za-z_][A-Za-z0-9_]*"


_NAME = re.compile(rf"{_WORD}(\.{_WORD})*")


@dataclass(frozen=True, slots=True)
class Name:
    """A dotted name such as `layers.Dense`.

    Attributes:
        text: the name; only ASCII identifiers joined by dots.
        helper: the file below `templates/` (without `.py`) that defines it, or None for a name
            that the program imports or defines itself.
    """

    text: str
    helper: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.text) or any(map(keyword.iskeyword, self.text.split("."))):
            raise ValueError(f"not a dotted name: {self.text!r}")


def _check_word(word: str) -> None:
    if not re.fullmatch(_WORD, word) or keyword.iskeyword(word):
        raise ValueError(f"not an identifier: {word!r}")


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a value that is not a plain name: `layer(x).shape`."""

    value: Expression
    name: str

    def __post_init__(self) -> None:
        _check_word(self.name)


@dataclass(frozen=True, slots=True)
class Call:
    """A call with positional and keyword arguments."""

    function: Name | Attribute | Call | Index
    arguments: tuple[Expression, ...] = ()
    keywords: tuple[tuple[str, Expression], ...] = ()

    def __post_init__(self) -> None:
        for name, _ in self.keywords:
            if not re.fullmatch(_WORD, name) or keyword.iskeyword(name):
                raise ValueError(f"not the name of an argument: {name!r}")


@dataclass(frozen=True, slots=True)
class Slice:
    """Part of an index: `start:stop:step`, each of them an expression or None."""

    start: Expression = None
    stop: Expression = None
    step: Expression = None


@dataclass(frozen=True, slots=True)
class Index:
    """A value indexed: `x[:, 0]`."""

    value: Expression
    items: tuple[Expression | Slice, ...]


@dataclass(frozen=True, slots=True)
class List:
    """A list display."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Negative:
    """A value with a minus before it."""

    value: Expression


Operator = Literal["+", "-", "*", "/", "//", "%", "@", "==", "!=", "<", "<=", ">", ">=", "&", "|"]


STRENGTH: Mapping[Operator, int] = {
    "*": 4, "/": 4, "//": 4, "%": 4, "@": 4,
    "+": 3, "-": 3,
    "&": 2,
    "|": 1,
    "==": 0, "!=": 0, "<": 0, "<=": 0, ">": 0, ">=": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Binary:
    """Two values joined by an operator."""

    left: Expression
    operator: Operator
    right: Expression

    def __post_init__(self) -> None:
        if self.operator not in STRENGTH:
            raise ValueError(f"not an operator: {self.operator!r}")


@dataclass(frozen=True, slots=True)
class Suffixed:
    """A name's text with something behind it, as an f-string: `f"{name}.conv"`."""

    name: Name
    suffix: str


Expression = (
    Name
    | Attribute
    | Call
    | Index
    | List
    | Negative
    | Binary
    | Suffixed
    | str
    | int
    | float
    | bool
    | tuple["Expression", ...]
    | None
)


def call(
    function: str | Name | Attribute | Call | Index, *arguments: Expression, **kw: Expression
) -> Call:
    """A call of a function, mostly given by its name."""
    name = Name(function) if isinstance(function, str) else function
    return Call(name, arguments, tuple(kw.items()))


def method(value: Expression, name: str, *arguments: Expression, **kw: Expression) -> Call:
    """A call of a method of a value."""
    return Call(attribute(value, name), arguments, tuple(kw.items()))


def attribute(value: Expression, name: str) -> Name | Attribute:
    """An attribute of a value."""
    if isinstance(value, Name):
        _check_word(name)
        return Name(f"{value.text}.{name}", value.helper)
    return Attribute(value, name)


def index(value: Expression, *items: Expression | Slice) -> Index:
    """An index into a value."""
    return Index(value, items)


def rebuilt(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The expression with each of its direct parts changed, in their order; what joins them stays.

    Raises:
        TypeError: something that is called becomes what cannot be called.
    """
    match expression:
        case Attribute(value, name):
            return attribute(change(value), name)
        case Call():
            return _rebuilt_call(expression, change)
        case Index(value, items):
            return Index(change(value), tuple(_rebuilt_item(item, change) for item in items))
        case List(items):
            return List(tuple(map(change, items)))
        case Negative(value):
            return Negative(change(value))
        case Binary(left, operator, right):
            return Binary(change(left), operator, change(right))
        case tuple():
            return tuple(map(change, expression))
        case _:
            return expression


def _rebuilt_call(expression: Call, change: Callable[[Expression], Expression]) -> Call:
    called = change(expression.function)
    if not isinstance(called, Name | Attribute | Call | Index):
        raise TypeError(f"cannot be called: {called!r}")
    arguments = tuple(map(change, expression.arguments))
    return Call(called, arguments, tuple((key, change(v)) for key, v in expression.keywords))


def _rebuilt_item(
    item: Expression | Slice, change: Callable[[Expression], Expression]
) -> Expression | Slice:
    if isinstance(item, Slice):
        return Slice(change(item.start), change(item.stop), change(item.step))
    return change(item)


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """The direct parts of an expression, in the order of `rebuilt`."""
    found: list[Expression] = []

    def collect(part: Expression) -> Expression:
        found.append(part)
        return part

    rebuilt(expression, collect)
    return tuple(found)


def prefixed(expression: Expression, prefix: str) -> Expression:
    """The expression with `prefix.` before its leading name, e.g. `weight.T` to `self.a.weight.T`.

    Raises:
        TypeError: it does not begin with a name.
    """
    match expression:
        case Name(text, helper):
            return Name(f"{prefix}.{text}", helper)
        case Call(Name(text) as function, arguments, keywords) if function.helper:
            # A helper that makes the view, of what its first argument names.
            return Call(function, (prefixed(arguments[0], prefix), *arguments[1:]), keywords)
        case Call(function, arguments, keywords):
            called = prefixed(function, prefix)
            assert isinstance(called, Name | Attribute | Call | Index)
            return Call(called, arguments, keywords)
        case Attribute(value, name):
            return Attribute(prefixed(value, prefix), name)
        case Index(value, items):
            return Index(prefixed(value, prefix), items)
        case _:
            raise TypeError(f"no leading name in {expression!r}")


def names_in(expression: Expression) -> list[Name]:
    """All names that an expression is made of."""
    found: list[Name] = []

    def visit(part: Expression) -> Expression:
        if isinstance(part, Name):
            found.append(part)
        return rebuilt(part, visit)

    visit(expression)
    return found


def helpers(expression: Expression) -> set[tuple[str, str]]:
    """The (file, name) pairs of all helpers that an expression needs."""
    names = names_in(expression)
    return {(name.helper, name.text.partition(".")[0]) for name in names if name.helper}


def uses(expression: Expression, name: str) -> bool:
    """Whether an expression names something."""
    return any(found.text == name for found in names_in(expression))
