"""A spec as it stands in an editor, perhaps broken: what can be read of it, and where it stands.

A text that has a syntax error is read without the lines that the parser stumbles over, which are
taken for empty; so all positions stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from samenet import document
from samenet.diagnostics import Path, Span, SpecError
from samenet.document import Document

MAX_REPAIRS = 20
"""How many lines are left out at most."""


@dataclass(frozen=True)
class Place:
    """Where the cursor is.

    Attributes:
        path: the key or value at the cursor, or the table around it.
        is_key: whether it is on the key.
        is_value: whether it is on the value.
    """

    path: Path
    is_key: bool = False
    is_value: bool = False


@dataclass(frozen=True)
class SpecText:
    """A text and what can be read of it.

    Attributes:
        text: all of it.
        document: what can be read.
        is_json: JSON, else TOML.
    """

    text: str
    document: Document
    is_json: bool

    @classmethod
    def of(cls, text: str, file: str | None, *, is_json: bool) -> SpecText:
        """Read as much as can be read; of nothing readable, an empty document."""
        # Of a bracket that is not closed the parser speaks where it first minds, perhaps far below.
        attempts = [
            repaired(text, file, is_json=is_json, opened=opened) for opened in (False, True)
        ]
        readable = min(
            (found for found in attempts if found), key=lambda found: found.left_out, default=None
        )
        return cls(text, readable.document if readable else Document({}, text, file), is_json)

    def line(self, number: int) -> str:
        """A line by its number, counted from 1; empty behind the end."""
        lines = self.text.split("\n")
        return lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else ""

    def value(self, path: Path) -> Any:
        """What stands at a path, or None."""
        value: Any = self.document.tree
        for step in path:
            if isinstance(value, Mapping):
                value = cast("Mapping[Any, Any]", value).get(step)
            elif isinstance(value, tuple) and isinstance(step, int):
                items = cast("tuple[Any, ...]", value)
                value = items[step] if step < len(items) else None
            else:
                return None
        return value

    def table(self, path: Path) -> Mapping[str, Any]:
        """The table at a path; an empty one where there is none."""
        value = self.value(path)
        return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}

    def at(self, line: int, column: int) -> Place:
        """What stands at a place; line and column count from 1."""
        best = Place(self._header_above(line))
        size = None
        for path, place in self.document.places.items():
            for span, is_key in ((place.key, True), (place.value, False)):
                if span is None or not contains(span, line, column):
                    continue
                extent = (span.end_line - span.line, span.end_column - span.column)
                if size is None or extent <= size:
                    size = extent
                    best = Place(path, is_key=is_key, is_value=not is_key)
        return best

    def _header_above(self, line: int) -> Path:
        """The table of the last header of a TOML file at or above a line."""
        headers = [
            (place.key.line, len(path), path)
            for path, place in self.document.places.items()
            if place.key is not None and place.value is None and place.key.line <= line
            if not self.is_json and self.line(place.key.line).lstrip().startswith("[")
        ]
        return max(headers, key=lambda header: header[:2], default=(0, 0, ()))[2]


@dataclass(frozen=True)
class Repaired:
    """What was read of a text, and how many of its lines were left out for that."""

    document: Document
    left_out: int


def repaired(text: str, file: str | None, *, is_json: bool, opened: bool) -> Repaired | None:
    """Read a text without the lines that the parser stumbles over.

    Args:
        text: the text.
        file: its name in messages.
        is_json: JSON, else TOML.
        opened: whether to leave out the line with the last bracket that is open there instead.
    """
    lines = text.split("\n")
    for count in range(MAX_REPAIRS):
        try:
            content = "\n".join(lines).encode()
            return Repaired(document.parse(content, file=file, is_json=is_json), count)
        except SpecError as error:
            span = error.diagnostics[0].span
        except UnicodeEncodeError:  # half of a surrogate pair
            break
        number = min(span.line, len(lines)) - 1 if span else -1
        number = _opening(lines, number) if opened else number
        while number >= 0 and not lines[number].strip():
            number -= 1  # the parser stumbles behind what is wrong
        if number < 0:
            break
        lines[number] = ""
    return None


def _opening(lines: list[str], number: int) -> int:
    """The last line up to one that opens a bracket and does not close it; that one if none does."""
    for above in range(number, -1, -1):
        plain = re.sub(r'"[^"]*"', "", lines[above].partition("#")[0])
        if sum(map(plain.count, "[{")) > sum(map(plain.count, "]}")):
            return above
    return number


def contains(span: Span, line: int, column: int) -> bool:
    """Whether a place is in a stretch of text, or right behind it."""
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)
