"""A closed language of Python expressions, and the one place that turns a value into source.

Lowerings build expressions; `emit` prints them, laid out as `ruff format` would. Text from a spec
can become nothing but a string literal. There is no node for raw source.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

WIDTH = 88
"""The line length of generated programs: the default of ruff and black."""

INDENT = 4

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


@dataclass(frozen=True, slots=True)
class Call:
    """A call with positional and keyword arguments."""

    function: Name
    arguments: tuple[Expression, ...] = ()
    keywords: tuple[tuple[str, Expression], ...] = ()

    def __post_init__(self) -> None:
        for name, _ in self.keywords:
            if not re.fullmatch(_WORD, name) or keyword.iskeyword(name):
                raise ValueError(f"not the name of an argument: {name!r}")


Expression = Name | Call | str | int | float | bool | tuple["Expression", ...] | None


def call(function: str | Name, *arguments: Expression, **keywords: Expression) -> Call:
    """A call of a function by its name."""
    name = Name(function) if isinstance(function, str) else function
    return Call(name, arguments, tuple(keywords.items()))


def prefixed(expression: Expression, prefix: str) -> Expression:
    """The expression with `prefix.` before its leading name."""
    match expression:
        case Name(text, helper):
            return Name(f"{prefix}.{text}", helper)
        case Call(Name(text, helper), arguments, keywords):
            return Call(Name(f"{prefix}.{text}", helper), arguments, keywords)
        case _:
            raise TypeError(f"no leading name in {expression!r}")


def helpers(expression: Expression) -> set[tuple[str, str]]:
    """The (file, name) pairs of all helpers that an expression needs."""
    match expression:
        case Name(text, helper):
            return {(helper, text)} if helper else set()
        case Call(function, arguments, keywords):
            values = (function, *arguments, *(value for _, value in keywords))
            return set[tuple[str, str]]().union(*map(helpers, values))
        case tuple():
            return set[tuple[str, str]]().union(*map(helpers, expression))
        case _:
            return set()


class Source(str):
    """Text that is Python source because the emitter made it; any other text is only data."""

    __slots__ = ()


def emit(expression: Expression, *, indent: int = 0, used: int = 0) -> Source:
    """The source of an expression, laid out as `ruff format` would.

    Args:
        expression: what to print.
        indent: the column at which the statement begins.
        used: the columns of its line that are taken by what stands before and after it.

    Raises:
        ValueError: a number is not finite.
    """
    flat = _flat(expression)
    if indent + used + len(flat) <= WIDTH:
        return Source(flat)
    return Source(_broken(expression, flat, indent))


def _broken(expression: Expression, flat: str, indent: int) -> str:
    """A call or tuple that is too long: all of its parts on the next line, or one on each."""
    match expression:
        case Call(function, arguments, keywords) if arguments or keywords:
            opening, closing = f"{function.text}(", ")"
            parts = [("", value) for value in arguments]
            parts += [(f"{name}=", value) for name, value in keywords]
        case tuple() if expression:
            opening, closing = "(", ")"
            parts = [("", value) for value in expression]
        case _:
            return flat
    inner = indent + INDENT
    margin = " " * inner
    one_line = ", ".join(prefix + _flat(value) for prefix, value in parts)
    if inner + len(one_line) <= WIDTH and isinstance(expression, Call):
        return f"{opening}\n{margin}{one_line}\n{' ' * indent}{closing}"
    lines = [
        f"{margin}{prefix}{emit(value, indent=inner, used=len(prefix) + 1)},\n"
        for prefix, value in parts
    ]
    return f"{opening}\n{''.join(lines)}{' ' * indent}{closing}"


def _flat(expression: Expression) -> str:
    match expression:
        case Name(text):
            return text
        case Call(function, arguments, keywords):
            parts = [_flat(value) for value in arguments]
            parts += [f"{name}={_flat(value)}" for name, value in keywords]
            return f"{function.text}({', '.join(parts)})"
        case tuple():
            parts = [_flat(value) for value in expression]
            return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        case str():
            return _string(expression)
        case bool() | None | int():
            return repr(expression)
        case float():
            if not math.isfinite(expression):
                raise ValueError("only finite numbers can stand in a program")
            return repr(expression).replace("e+", "e")  # as ruff has it
        case _:  # pyright: ignore[reportUnnecessaryComparison]
            raise TypeError(f"not an expression: {type(expression).__name__}")


def _string(text: str) -> str:
    """An ASCII literal, in double quotes unless that needs more escapes."""
    body = text.encode("unicode_escape").decode("ascii")
    quote = "'" if body.count('"') > body.count("'") else '"'
    return quote + body.replace(quote, "\\" + quote) + quote


def emit_dict(items: Mapping[str, Expression], *, indent: int = 0) -> Source:
    """A dictionary display, one entry on each line."""
    margin = " " * (indent + INDENT)
    lines: list[str] = []
    for key, value in items.items():
        prefix = f"{_string(key)}: "
        source = emit(value, indent=indent + INDENT, used=len(prefix) + 1)
        lines.append(f"{margin}{prefix}{source},\n")
    return Source("{\n" + "".join(lines) + " " * indent + "}") if lines else Source("{}")
