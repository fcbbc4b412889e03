"""Diagnostics as text for a terminal: the message, the line it is about, a caret, the fix."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from samenet.diagnostics import Diagnostic, Severity, Span, dotted, printable


def render(diagnostics: Iterable[Diagnostic], sources: dict[str, str]) -> str:
    """Each diagnostic with an excerpt of its source.

    Args:
        diagnostics: what to show.
        sources: the text of each file, by the name that the diagnostics carry.

    Returns:
        Lines of text, each diagnostic followed by an empty line.
    """
    return "".join(_render_one(item, sources.get(item.file or "")) for item in diagnostics)


def _render_one(item: Diagnostic, source: str | None) -> str:
    kind = "" if item.severity is Severity.ERROR else f" ({item.severity.value})"
    lines = [f"{item.code.number} {item.code.title}{kind}: {printable(item.message)}"]
    if item.file is not None:
        place = printable(item.file)
        if item.span:
            place += f":{item.span.line}:{item.span.column}"
        lines.append(f"  --> {place}")
    elif item.path:
        lines.append(f"  at {printable(dotted(item.path))}")
    if item.span and source is not None:
        lines += _excerpt(item.span, source)
    if item.hint:
        lines.append(f"  help: {printable(item.hint)}")
    return "\n".join(lines) + "\n\n"


def _excerpt(span: Span, source: str) -> list[str]:
    source_lines = source.split("\n")
    if span.line > len(source_lines):
        return []
    line = source_lines[span.line - 1].rstrip("\r").replace("\t", " ")
    last = span.end_column if span.end_line == span.line else len(line) + 1
    before, marked, after = _clipped(
        line[: span.column - 1], line[span.column - 1 : last - 1], line[last - 1 :]
    )
    margin = " " * len(str(span.line))
    return [
        f"{margin} |",
        f"{span.line} | {printable(before + marked + after)}",
        f"{margin} | {' ' * _width(before)}{'^' * max(1, _width(marked))}",
    ]


def _clipped(before: str, marked: str, after: str) -> tuple[str, str, str]:
    """The parts of a line, of each as much as helps."""
    if len(before) > MAX_PART:
        before = f"...{before[-MAX_PART:]}"
    if len(marked) > MAX_PART:
        marked = f"{marked[:MAX_PART]}..."
    if len(after) > MAX_PART:
        after = f"{after[:MAX_PART]}..."
    return before, marked, after


MAX_PART = 80
"""How many characters of a line are shown of what is marked, before it and behind it."""


def _width(text: str) -> int:
    """Columns that the text takes on a terminal."""
    return sum(
        2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in printable(text)
        if not unicodedata.combining(char)
    )
