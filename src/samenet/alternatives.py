"""What a spec says, and what it would say with other values that it asks to be tried out itself.

`[ablation.changes]` and `[search.space]` name paths of the file, as `--set` does, so that values
take the place of others before variables and blocks are filled in. All of it is tried when the spec
is read: what cannot be trained is a mistake of the spec, and not of the study, hours later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from samenet.diagnostics import Code, Diagnostic, Path, SpecError, dotted, unique
from samenet.document import Document
from samenet.expansion.overrides import assigned
from samenet.reading import valid
from samenet.spec.model import Spec
from samenet.spec.studies import Search


def changed(document: Document, values: Mapping[str, Any], place: Path) -> Document:
    """The document with values in place of others.

    Args:
        document: as for `samenet.reading.valid`.
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
        document: as for `samenet.reading.valid`.
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
        valid(changed(document, values, place))
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
        return item._replace(message=message)
    return document.diagnostic(item.code, message, item.hint, places[0], key=True)
