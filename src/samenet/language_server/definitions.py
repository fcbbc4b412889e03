"""Where what is named at a place is defined: layers, blocks, variables, files; and the outline."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any, cast

from samenet.diagnostics import Path, Span, dotted
from samenet.expansion.extends import EXTENDS
from samenet.language_server.network import (
    folder_of,
    network_of,
    own_names,
    scope_of,
    with_bases,
)
from samenet.language_server.text import SpecText
from samenet.paths import is_below, project_of

START = Span(1, 1, 1, 1)

_EXPRESSION = re.compile(r"\$\{([^}]*)\}")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Location:
    """A stretch of a file; None for the text itself."""

    file: str | None
    span: Span


def definition(text: SpecText, line: int, column: int) -> Location | None:
    """Where what is named at a place is defined, or None.

    Args:
        text: the spec.
        line: counted from 1.
        column: counted from 1, in code points.
    """
    place = text.at(line, column)
    path, value = place.path, text.value(place.path)
    if not place.is_value or not isinstance(value, str):
        return None
    variable = _variable_at(text.line(line), column)
    if variable:
        return _variable(text, variable, path)
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    if key == EXTENDS:
        return _file(text, value)
    if key == "block":
        return _located(text, ("blocks", value))
    return _layer(text, value.partition("[")[0], scope_of(path))


def _variable_at(line: str, column: int) -> str:
    """The word of an expression at a column."""
    for found in _EXPRESSION.finditer(line):
        for word in _WORD.finditer(found[1]):
            start = found.start(1) + word.start() + 1
            if start <= column <= start + len(word[0]):
                return word[0]
    return ""


def _variable(text: SpecText, name: str, path: Path) -> Location | None:
    """A parameter of the block around a path, or a variable."""
    if path[:1] == ("blocks",):
        parameters = (*path[:2], "parameters")
        found = text.value(parameters)
        if isinstance(found, tuple):
            for index, item in enumerate(cast("tuple[Any, ...]", found)):
                if item == name or (not isinstance(item, str) and name in item):
                    return _located(text, (*parameters, index))
        if name in text.table(parameters):
            return _located(text, (*parameters, name))
    return _located(text, ("variables", name))


def _layer(text: SpecText, name: str, scope: Path) -> Location | None:
    for own, path in own_names(text, scope):
        if own == name:
            return _located(text, (*path, "name"))
    if scope == ("layers",):
        for path in (("inputs", name), (name,) if name == "input" else ()):
            if path and (found := _located(text, path)):
                return found
        network = network_of(text)
        path = network.path(name) if network else None
        return _located(text, path) if path else None
    return None


def _located(text: SpecText, path: Path) -> Location | None:
    """Where a key stands, in this file or in one that it extends."""
    place = with_bases(text).places.get(path)
    span = place and (place.key or place.value)
    return Location(place.source, span) if place and span else None


def _file(text: SpecText, name: str) -> Location | None:
    """A file that may be extended; of others not even whether they are there is told."""
    folder = folder_of(text.document)
    if folder is None or os.path.isabs(name):
        return None
    file = os.path.realpath(folder / name)
    if not is_below(file, project_of(folder)) or not os.path.isfile(file):
        return None
    return Location(file, START)


@dataclass(frozen=True)
class Symbol:
    """A part of a spec in an outline."""

    name: str
    detail: str
    span: Span


def symbols(text: SpecText) -> list[Symbol]:
    """The layers of the network and of blocks, and the other tables, in their order."""
    found: list[Symbol] = []
    for path, place in text.document.places.items():
        span = place.key or place.value
        is_layer = len(path) >= 2 and path[-2] == "layers" and isinstance(path[-1], int)
        if span is None or not (is_layer or len(path) == 1):
            continue
        table = text.table(path)
        detail = str(table.get("type") or table.get("source") or "")
        if is_layer:
            word = table.get("block") or table.get("share") or detail or "layer"
            found.append(Symbol(str(table.get("name") or word), str(word), span))
        elif path != ("layers",):
            found.append(Symbol(dotted(path), detail, span))
    return sorted(found, key=lambda symbol: (symbol.span.line, symbol.span.column))
