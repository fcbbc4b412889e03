"""What a spec says, and what it would say with other values that it asks to be tried out itself.

`[ablation.changes]` and `[search.space]` name paths of the file, as `--set` does, so that values
take the place of others before variables and blocks are filled in. All of it is tried when the spec
is read: what cannot be trained is a mistake of the spec, and not of the study, hours later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from samenet.checks import check
from samenet.diagnostics import Code, Diagnostic, Path, SpecError, dotted, unique
from samenet.document import Document
from samenet.expansion import filled_in
from samenet.expansion.overrides import assigned
from samenet.spec.model import Spec
from samenet.spec.studies import Search
from samenet.spec.validation import validated


def spec_of(document: Document) -> Spec:
    """The spec in a document, checked; what it tries out is not.

    Args:
        document: with what it extends, not yet filled in (see `samenet.expansion.assembled`).

    Raises:
        SpecError: with a located diagnostic for every mistake.
    """
    path = FilePath(document.file) if document.file is not None else None
    filled = filled_in(document)
    spec = validated(filled, _name_from(path) if path else "network")
    found = check(spec, filled)
    if found:
        raise SpecError(found)
    return spec.in_folder(path.parent if path else FilePath())


def _name_from(path: FilePath) -> str:
    """The name of a spec that gives itself none: that of its file, as far as it is allowed."""
    stem = path.name.removesuffix(path.suffix).removesuffix(".net")
    return re.sub(r"[^A-Za-z0-9_.-]", "_", stem).lstrip("_.-")[:64] or "network"


def changed(document: Document, values: Mapping[str, Any], place: Path) -> Document:
    """The document with values in place of others.

    Args:
        document: as for `spec_of`.
        values: by their paths, as they are written for `--set`.
        place: where the document names these paths.

    Raises:
        SpecError: a path is malformed or leads nowhere.
    """
    for target, value in values.items():
        document = assigned(document, target, value, (*place, target))
    return document


def refused(document: Document, spec: Spec) -> list[Diagnostic]:
    """The mistakes in what a spec tries out.

    Args:
        document: as for `spec_of`.
        spec: the spec in it.
    """
    found: list[Diagnostic] = []
    if spec.ablation is not None:
        for name in spec.ablation.changes:
            place: Path = ("ablation", "changes", name)
            values: Mapping[str, Any] = document.tree["ablation"]["changes"][name]
            found += _tried(document, values, place, f"with the change {name!r}")
    if spec.search is not None:
        found += _search(document, spec.search)
    return unique(found)


def _search(document: Document, search: Search) -> Iterator[Diagnostic]:
    """Each range alone, at its ends."""
    place: Path = ("search", "space")
    if search.sampler == "grid" and search.pruning:
        message, hint = "a grid is trained as a whole", "remove pruning, or the sampler"
        yield document.diagnostic(Code.UNUSED, message, hint, ("search", "pruning"))
    for target, values in search.space.items():
        if refusal := values.refusal():
            message = f"{dotted((*place, target))}: {refusal[0]}"
            yield document.diagnostic(Code.OUT_OF_RANGE, message, refusal[1], (*place, target))
            continue
        for value in values.extremes():
            yield from _tried(document, {target: value}, place, f"with {target} = {value!r}")


def _tried(
    document: Document, values: Mapping[str, Any], place: Path, condition: str
) -> list[Diagnostic]:
    """What is wrong with the spec that has these values."""
    try:
        spec_of(changed(document, values, place))
    except SpecError as error:
        return [_shown(item, document, values, place, condition) for item in error.diagnostics]
    return []


def _shown(
    item: Diagnostic, document: Document, values: Mapping[str, Any], place: Path, condition: str
) -> Diagnostic:
    """A mistake that is one only with other values, where these stand."""
    if item.code is Code.OVERRIDE:
        return item
    message = f"{condition}: {item.message}"
    places: list[Path] = [(*place, target) for target in values]
    if item.span is not None and item.span in map(document.span, places):
        return replace(item, message=message)
    return document.diagnostic(item.code, message, item.hint, places[0], key=True)
