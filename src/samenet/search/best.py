"""The spec with the best values: the text of the file with these changed, where that can be done.

Comments and layout are a person's own, so they stay. A value is put where it is written; if a
path leads to nothing that is written in the file itself (to a default, or into what it extends),
the spec is written anew with nothing left to be filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Any, cast

from samenet import document as documents
from samenet.alternatives import changed
from samenet.diagnostics import Path, Span, SpecError
from samenet.document import Document
from samenet.expansion.overrides import resolved
from samenet.reading import valid
from samenet.search.space import PLACE
from samenet.spec.rendering import rendered
from samenet.spec.toml import dumped, inline


def best_text(document: Document, values: Mapping[str, Any]) -> str:
    """The TOML text of the spec with values by their paths.

    Args:
        document: what the spec says, not yet filled in.
        values: valid values.

    Raises:
        SpecError: they make no valid spec.
    """
    wanted = rendered(valid(changed(document, values, PLACE)).spec)
    edited = _edited(document, values)
    if edited is not None and _says(edited, document, wanted):
        return edited
    return dumped(wanted)


def _edited(document: Document, values: Mapping[str, Any]) -> str | None:
    """The text with other values in their places, or None if one of them has no place in it."""
    is_toml = not (document.file or "").lower().endswith(".json")
    if not is_toml or not document.text or "extends" in document.tree:
        return None
    spans: list[tuple[int, int, str]] = []
    for target, value in values.items():
        span = _span(document, resolved(document, target))
        if span is None:
            return None
        start, end = _offsets(document.text, span)
        spans.append((start, end, inline(_plain(value))))
    text = document.text
    for start, end, new in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _span(document: Document, path: Path) -> Span | None:
    """Where a value is written in the document's own file."""
    place = document.places.get(path)
    return None if place is None or place.source else place.value


def _offsets(text: str, span: Span) -> tuple[int, int]:
    starts = [0, *accumulate(len(line) for line in text.splitlines(keepends=True))]
    return (
        starts[span.line - 1] + span.column - 1,
        starts[span.end_line - 1] + span.end_column - 1,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(item) for item in cast("tuple[Any, ...]", value)]
    return value


def _says(text: str, document: Document, wanted: Mapping[str, Any]) -> bool:
    """Whether a text is the spec that is wanted."""
    try:
        return rendered(valid(documents.parse(text.encode(), file=document.file)).spec) == wanted
    except SpecError:
        return False
