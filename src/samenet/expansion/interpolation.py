"""`${...}` in the texts of a spec: alone it is a value of any kind, amid text it becomes text.

`$${` stands for `${` itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple, cast

from samenet.diagnostics import Code, Path
from samenet.expansion.arithmetic import Expression, ExpressionError, Value, parse
from samenet.expansion.mistakes import Mistakes

MAX_TEXT = 4096
"""The longest text, in characters, that is made with values inserted."""

_EXPRESSION = re.compile(r"""\$\{ ( (?: [^'"}] | '[^']*' | "[^"]*" )* ) \}""", re.VERBOSE)


class Broken(Enum):
    """What stands for a variable that has no value because of a mistake, which was reported."""

    VARIABLE = 0


Scope = Mapping[str, Value | Broken]
"""The variables that a text can use."""


class BrokenVariableError(Exception):
    """A text uses a variable whose mistake was reported already."""


class Template(NamedTuple):
    """A text that was read.

    Attributes:
        pieces: texts and the expressions between them.
        names: the variables that it uses.
    """

    pieces: tuple[str | Expression, ...]
    names: frozenset[str]

    def value(self, scope: Scope) -> Value:
        """The value of the text.

        Raises:
            ExpressionError: an expression has no value, or an array stands amid text.
            BrokenVariableError: one of its variables has no value.
        """
        if any(scope.get(name) is Broken.VARIABLE for name in self.names):
            raise BrokenVariableError
        if len(self.pieces) == 1:
            return _value(self.pieces[0], scope)
        text = ""
        for piece in self.pieces:
            value = _value(piece, scope)
            if isinstance(value, tuple):
                raise ExpressionError(f"{_shown(piece)}: an array cannot stand amid text")
            text += _as_text(value)
            if len(text) > MAX_TEXT:
                raise ExpressionError(f"the text becomes longer than {MAX_TEXT:,} characters")
        return text


def _value(piece: str | Expression, scope: Scope) -> Value:
    if isinstance(piece, str):
        return piece
    try:
        return piece.value(cast("Mapping[str, Value]", scope))
    except ExpressionError as error:
        raise ExpressionError(f"{_shown(piece)}: {error}", error.hint) from error


def _as_text(value: bool | int | float | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def _shown(expression: str | Expression) -> str:
    text = expression if isinstance(expression, str) else expression.text
    return f"${{{text}}}" if len(text) <= 60 else f"${{{text[:57]}...}}"


@lru_cache(maxsize=4096)
def template(text: str) -> Template:
    """Read a text.

    Raises:
        ExpressionError: an expression in it cannot be read.
    """
    pieces: list[str | Expression] = []
    plain: list[str] = []
    position = 0
    while (start := text.find("${", position)) >= 0:
        if start > position and text[start - 1] == "$":
            plain += [text[position : start - 1], "${"]
            position = start + 2
            continue
        found = _EXPRESSION.match(text, start)
        if found is None:
            raise ExpressionError("a '${' has no '}' behind it", "write $${ for the text ${")
        pieces += ["".join([*plain, text[position:start]]), _parsed(found[1])]
        plain, position = [], found.end()
    pieces.append("".join([*plain, text[position:]]))
    expressions = [piece for piece in pieces if isinstance(piece, Expression)]
    names = frozenset[str]().union(*(expression.names for expression in expressions))
    return Template(tuple(piece for piece in pieces if piece != "") or ("",), names)


def _parsed(text: str) -> Expression:
    try:
        return parse(text)
    except ExpressionError as error:
        raise ExpressionError(f"{_shown(text)}: {error}", error.hint) from error


def substituted(value: Any, path: Path, scope: Scope, mistakes: Mistakes) -> Any:
    """A part of a tree with the values of its expressions.

    Args:
        value: what stands at the path.
        path: where mistakes are reported.
        scope: the variables.
        mistakes: takes what is wrong; the text then stays as it is.
    """
    if isinstance(value, str):
        return _text(value, path, scope, mistakes) if "${" in value else value
    if isinstance(value, dict):
        table = cast("dict[str, Any]", value)
        return {
            key: substituted(item, (*path, key), scope, mistakes) for key, item in table.items()
        }
    if isinstance(value, tuple):
        items = enumerate(cast("tuple[Any, ...]", value))
        return tuple(substituted(item, (*path, i), scope, mistakes) for i, item in items)
    return value


def _text(text: str, path: Path, scope: Scope, mistakes: Mistakes) -> Value:
    try:
        return template(text).value(scope)
    except BrokenVariableError:
        return text
    except ExpressionError as error:
        mistakes.add(Code.EXPRESSION, str(error), error.hint, path)
        return text
