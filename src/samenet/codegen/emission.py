"""The one place that turns an expression into source, laid out as `ruff format` would."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from samenet.codegen.expression import (
    STRENGTH,
    Attribute,
    Binary,
    Call,
    Expression,
    Index,
    List,
    Name,
    Negative,
    Slice,
    Suffixed,
)

WIDTH = 88
"""The line length of generated programs: the default of ruff and black."""


INDENT = 4


class Source(str):
    """Text that is Python source because the emitter made it; any other text is only data."""

    __slots__ = ()


def emit(expression: Expression, *, indent: int = 0, used: int = 0, before: int = 0) -> Source:
    """The source of an expression, laid out as `ruff format` would.

    Args:
        expression: what to print.
        indent: the column at which the statement begins.
        used: the columns of its line that are taken by what stands before and after it.
        before: those of them that stand before it, which decides where a chain of calls breaks.

    Raises:
        ValueError: a number is not finite.
    """
    flat = _flat(expression)
    if indent + used + len(flat) <= WIDTH:
        return Source(flat)
    return Source(_broken(expression, flat, indent, before))


def _broken(expression: Expression, flat: str, indent: int, before: int = 0) -> str:
    """What is too long for a line: all of its parts on the next line, or one on each."""
    inner = indent + INDENT
    match expression:
        case Call(Call() as function, arguments, keywords) if (
            indent + before + len(_flat(function)) + 1 > WIDTH
        ):
            # A layer applied to its input, `Conv2D(...)(x)`, and too long by itself.
            tail = _arguments(arguments, keywords)
            return _broken(function, _flat(function), indent) + tail
        case Call(Attribute(Call() as value, name), arguments, keywords):
            tail = f".{name}{_arguments(arguments, keywords)}"
            return _broken(value, _flat(value), indent) + tail
        case Call(function, arguments, keywords) if arguments or keywords:
            opening, closing = f"{_flat(function)}(", ")"
            parts = [("", value) for value in arguments]
            parts += [(f"{name}=", value) for name, value in keywords]
        case tuple() if expression:
            opening, closing = "(", ")"
            parts = [("", value) for value in expression]
        case Index(value, items):
            margin = " " * inner
            return f"{_operand(value)}[\n{margin}{', '.join(map(_item, items))}\n{' ' * indent}]"
        case List(items) if items:
            opening, closing = "[", "]"
            parts = [("", value) for value in items]
        case Binary():
            margin = " " * inner
            left, operator, right = _sides(expression)
            return f"(\n{margin}{left}\n{margin}{operator} {right}\n{' ' * indent})"
        case _:
            return flat
    margin = " " * inner
    one_line = ", ".join(prefix + _flat(value) for prefix, value in parts)
    if inner + len(one_line) <= WIDTH and isinstance(expression, Call):
        return f"{opening}\n{margin}{one_line}\n{' ' * indent}{closing}"
    lines = [f"{margin}{prefix}{_item_source(prefix, value, inner)},\n" for prefix, value in parts]
    return f"{opening}\n{''.join(lines)}{' ' * indent}{closing}"


def _item_source(prefix: str, value: Expression, indent: int) -> Source:
    return emit(value, indent=indent, used=len(prefix) + 1, before=len(prefix))


def _arguments(
    arguments: tuple[Expression, ...], keywords: tuple[tuple[str, Expression], ...]
) -> str:
    parts = [_flat(value) for value in arguments]
    parts += [f"{name}={_flat(value)}" for name, value in keywords]
    return f"({', '.join(parts)})"


def _flat(expression: Expression) -> str:  # noqa: PLR0911 - a form, a line
    match expression:
        case Name(text):
            return text
        case Attribute(value, name):
            return f"{_operand(value)}.{name}"
        case Call(function, arguments, keywords):
            return _flat(function) + _arguments(arguments, keywords)
        case Index(value, items):
            return f"{_operand(value)}[{', '.join(map(_item, items))}]"
        case List(items):
            return f"[{', '.join(map(_flat, items))}]"
        case Negative(value):
            return f"-{_operand(value)}"
        case Binary():
            return _binary(expression)
        case tuple():
            parts = [_flat(value) for value in expression]
            return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        case _:
            return _literal(expression)


def _literal(expression: Suffixed | str | float | None) -> str:
    match expression:
        case Suffixed(name, suffix):
            body = _escaped(suffix).replace("{", "{{").replace("}", "}}").replace('"', '\\"')
            return f'f"{{{name.text}}}{body}"'
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


def _operand(value: Expression) -> str:
    """A value before a dot, a bracket or behind a minus."""
    loose = isinstance(value, Binary | Negative) or (
        isinstance(value, int | float) and not isinstance(value, bool)
    )
    return f"({_flat(value)})" if loose else _flat(value)


def _binary(expression: Binary) -> str:
    return " ".join(_sides(expression))


def _sides(expression: Binary) -> tuple[str, str, str]:
    """Both operands, in brackets where they need them, and the operator between them."""
    strength = STRENGTH[expression.operator]

    def side(value: Expression, weakest: int) -> str:
        weak = isinstance(value, Binary) and STRENGTH[value.operator] < weakest
        return f"({_flat(value)})" if weak else _flat(value)

    # Comparisons do not chain: both sides are bracketed if they compare.
    left = side(expression.left, strength + (strength == 0))
    return left, expression.operator, side(expression.right, strength + 1)


def _item(item: Expression | Slice) -> str:
    if not isinstance(item, Slice):
        return _flat(item)
    bounds = [("" if part is None else _flat(part)) for part in (item.start, item.stop)]
    simple = all(
        part is None
        or isinstance(part, int | Negative)
        or (isinstance(part, Name) and "." not in part.text)
        for part in (item.start, item.stop)
    )
    colon = ":" if simple else " : "
    text = colon.join(bounds)
    return text if item.step is None else f"{text}:{_flat(item.step)}"


def _escaped(text: str) -> str:
    return text.encode("unicode_escape").decode("ascii")


def _string(text: str) -> str:
    """An ASCII literal, in double quotes unless that needs more escapes."""
    body = _escaped(text)
    quote = "'" if body.count('"') > body.count("'") else '"'
    return quote + body.replace(quote, "\\" + quote) + quote


def emit_signature(
    name: str, parameters: Sequence[str], returns: str, *, indent: int = 0
) -> Source:
    """The head of a function: `def name(parameters) -> returns:`.

    Args:
        name: the function's name.
        parameters: each with its annotation; made by samenet.
        returns: the annotation of the result.
        indent: the column at which it begins.
    """
    flat = f"def {name}({', '.join(parameters)}) -> {returns}:"
    if indent + len(flat) <= WIDTH:
        return Source(flat)
    margin, closing = " " * (indent + INDENT), f"{' ' * indent}) -> {returns}:"
    one_line = ", ".join(parameters)
    if indent + INDENT + len(one_line) <= WIDTH:
        return Source(f"def {name}(\n{margin}{one_line}\n{closing}")
    lines = "".join(f"{margin}{parameter},\n" for parameter in parameters)
    return Source(f"def {name}(\n{lines}{closing}")


def emit_dict(items: Mapping[str, Expression], *, indent: int = 0) -> Source:
    """A dictionary display, one entry on each line."""
    return emit_merged(list(items.items()), indent=indent)


def emit_merged(items: Sequence[tuple[str | None, Expression]], *, indent: int = 0) -> Source:
    """A dictionary display in which an entry without a key is merged: `**value`."""
    margin = " " * (indent + INDENT)
    lines: list[str] = []
    for key, value in items:
        prefix = "**" if key is None else f"{_string(key)}: "
        source = emit(value, indent=indent + INDENT, used=len(prefix) + 1)
        lines.append(f"{margin}{prefix}{source},\n")
    return Source("{\n" + "".join(lines) + " " * indent + "}") if lines else Source("{}")
