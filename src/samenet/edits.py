"""Changes of a spec's text: a word spelt right, a key set. What is not changed stays as it is.

A change is made only where its place is certain: in the document's own file (not in one that it
extends), where the text itself says the value (no variable does).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from samenet.diagnostics import Code, Diagnostic, Edit, Fix, Path, Span
from samenet.diagnostics.spelling import certain
from samenet.document import Document
from samenet.positions import Place


def respelt(item: Diagnostic, document: Document, word: str, known: Iterable[str]) -> Diagnostic:
    """A finding about a misspelt word, with its fix if only one other can have been meant.

    Args:
        item: the finding, which points at the word.
        document: where it stands.
        word: the word as it was read.
        known: the words that are allowed.
    """
    right = certain(word, known)
    asked = right is not None and repr(right) in item.hint
    if not asked or item.span is None or item.file != document.file:
        return item
    if item.code is Code.UNKNOWN_KEY and (*item.path[:-1], right) in document.places:
        return item  # which of the two values is meant is not certain
    written = text_at(document.lines, item.span)
    quote = written[:1] if written[:1] in ("'", '"') else ""
    if written != f"{quote}{word}{quote}":
        return item
    edit = Edit(item.span, f"{quote}{right}{quote}")
    return item._replace(fix=Fix(f"replace {word!r} by {right!r}", (edit,)))


def set_key(document: Document, path: Path, key: str, value: Any) -> tuple[Edit, ...]:
    """The change after which the table at a path has a value under a key.

    Args:
        document: a spec, blocks and variables filled in or not.
        path: where the table stands.
        key: a key that needs no quotes.
        value: a boolean, number, text or list, all of which JSON and TOML write alike.

    Returns:
        One edit, or none where its place is not certain.
    """
    path, text = document.origin(path), json.dumps(value, ensure_ascii=False)
    place = document.places.get((*path, key))
    if place is None:
        return _inserted(document, path, key, text)
    if place.source or not place.value or "${" in text_at(document.lines, place.value):
        return ()
    return (Edit(place.value, text),)


def _inserted(document: Document, path: Path, key: str, value: str) -> tuple[Edit, ...]:
    """A new key behind the last one of its table."""
    table, last = document.places.get(path), _last_pair(document, path)
    if table is None or last is None or last.key is None or last.value is None:
        return ()
    end_line, end_column = last.value.end_line, last.value.end_column
    lines = document.lines
    newline = "\r\n" if lines[0].endswith("\r") else "\n"
    before = lines[last.key.line - 1][: last.key.column - 1]
    own_line = newline + before if not before.strip() else " "
    if document.is_json:
        content = f',{own_line}"{key}": {value}'
    elif table.value is not None:
        content = f", {key} = {value}"
    else:
        content = f"{newline}{before}{key} = {value}"
        end_column = len(lines[end_line - 1].removesuffix("\r")) + 1  # behind a comment
    return (Edit(Span(end_line, end_column, end_line, end_column), content),)


def _last_pair(document: Document, path: Path) -> Place | None:
    """The last key of a table whose value stands in the same file, undotted."""
    pairs = [
        place
        for key, place in document.pairs.get(path, ())
        if place.key and text_at(document.lines, place.key).strip("\"'") == key
    ]
    return max(pairs, key=lambda place: _end(place.value), default=None)


def _end(span: Span | None) -> tuple[int, int]:
    return (span.end_line, span.end_column) if span else (0, 0)


def text_at(lines: Sequence[str], span: Span) -> str:
    """What stands in a stretch of a text, given as its lines."""
    stretch = list(lines[span.line - 1 : span.end_line])
    if not stretch:
        return ""
    stretch[-1] = stretch[-1][: span.end_column - 1]
    stretch[0] = stretch[0][span.column - 1 :]
    return "\n".join(stretch)


def applied(text: str, fixes: Iterable[Fix]) -> tuple[str, tuple[Fix, ...]]:
    """The text with fixes, of which those are left out that touch one before.

    Returns:
        The new text, and the fixes that were made.
    """
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    made: list[Fix] = []
    taken: list[tuple[int, int, str]] = []
    for fix in fixes:
        edits = [(*_offsets(edit.span, starts), edit.content) for edit in fix.edits]
        if not any(_touch(one, other) for one in edits for other in taken):
            taken += edits
            made.append(fix)
    for start, end, content in sorted(taken, reverse=True):
        text = text[:start] + content + text[end:]
    return text, tuple(made)


def _offsets(span: Span, starts: Sequence[int]) -> tuple[int, int]:
    first = starts[span.line - 1] + span.column - 1
    return first, starts[span.end_line - 1] + span.end_column - 1


def _touch(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
