"""`--set path=value`: values in place of, or beside, those of the file.

A path is written as in messages: `optimizer.learning_rate`, `layers[2].units`. An item of an array
can also be called by its name, `layers.stem.units`, and counted from the end, `layers[-1].units`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any, cast

import tomli

from samenet.diagnostics import Code, Diagnostic, Path, SpecError, dotted, listed, nearest
from samenet.document import BadTreeError, Document, Tree, frozen
from samenet.expansion.arithmetic import kind
from samenet.positions import Place

_STEP = re.compile(
    r"""(?: (?P<dot>\.)? (?: (?P<bare>[A-Za-z0-9_-]+) | "(?P<quoted>[^"]*)" | '(?P<literal>[^']*)' )
    | \[ (?P<index>-?[0-9]{1,9}) \] ) """,
    re.VERBOSE,
)


class _OverrideError(ValueError):
    """An override cannot be applied; the text says why."""

    def __init__(self, message: str, hint: str = "", path: Path = ()) -> None:
        self.hint = hint
        self.path = path
        super().__init__(message)


def overridden(document: Document, overrides: Sequence[str]) -> Document:
    """The document with values set anew, one after the other.

    Args:
        document: the spec.
        overrides: each `path=value`; the value is TOML, else text.

    Raises:
        SpecError: with every override that is malformed or leads nowhere.
    """
    found: list[Diagnostic] = []
    for text in overrides:
        try:
            document = _applied(document, text)
        except _OverrideError as error:
            found.append(
                Diagnostic(Code.OVERRIDE, str(error), error.hint, error.path, source_of(text))
            )
    if found:
        raise SpecError(found)
    return document


def source_of(override: str) -> str:
    """What a message says in place of a file."""
    return f"--set {override}"


def assigned(document: Document, target: str, value: Any, place: Path) -> Document:
    """The document with a value at a path, which something else in it asks for.

    Args:
        document: the spec.
        target: the path of what is set, as it is written for `--set`.
        value: what is set.
        place: where the document says so; mistakes in the value are shown there.

    Raises:
        SpecError: the path is malformed or leads nowhere.
    """
    path, existing = _located(document, target, place)
    shown = document.places.get(place, Place(None, None))
    return _put_at(document, path, existing, value, shown)


def resolved(document: Document, target: str) -> Path:
    """Where a path leads that is written as for `--set`.

    Raises:
        SpecError: it is malformed or leads nowhere.
    """
    return _located(document, target, ())[0]


def _located(document: Document, target: str, place: Path) -> tuple[Path, int]:
    """The path that a text means, and how many of its keys exist; mistakes are shown at a place."""
    try:
        steps, rest = _steps(target)
        if rest or not steps:
            raise _OverrideError(f"the path cannot be read from {rest[:40]!r} on", _EXAMPLE_PATH)
        if steps[0] in _TRIED:
            raise _OverrideError(f"{steps[0]} has no part in the training that is tried")
        return _resolved(document.tree, steps)
    except _OverrideError as error:
        message = str(error)
        raise SpecError(
            [document.diagnostic(Code.OVERRIDE, message, error.hint, place, key=True)]
        ) from error


def _applied(document: Document, text: str) -> Document:
    steps, written = _split(text)
    path, existing = _resolved(document.tree, steps)
    try:
        value = frozen(_parsed(written), path)
    except BadTreeError as error:
        raise _OverrideError(str(error), path=path) from error
    return _put_at(document, path, existing, value, Place(None, None, source_of(text)))


def _put_at(document: Document, path: Path, existing: int, value: Any, place: Place) -> Document:
    """The document with a value at a path, of whose keys some exist."""
    depth = len(path)
    places = {old: found for old, found in document.places.items() if old[:depth] != path}
    # Tables that had to be made for the value stand nowhere else either.
    for length in range(min(existing + 1, depth), depth + 1):
        places[path[:length]] = place
    return replace(document, tree=_put(document.tree, path, value), places=places)


def _split(text: str) -> tuple[list[str | int], str]:
    """The steps of the path, and the value as it is written."""
    steps, rest = _steps(text)
    if "=" not in text:
        raise _OverrideError("an override is path=value; there is no '='", _EXAMPLE)
    if not text.partition("=")[0].strip():
        raise _OverrideError("there is no path before '='", _EXAMPLE)
    if not rest.startswith("="):
        message = f"the path cannot be read from {rest[:40]!r} on"
        raise _OverrideError(message, _EXAMPLE)
    return steps, rest[1:].strip()


def _steps(text: str) -> tuple[list[str | int], str]:
    """The steps of the path with which a text begins, and the rest of the text."""
    steps: list[str | int] = []
    position = len(text) - len(text.lstrip())
    while found := _STEP.match(text, position):
        index = found["index"]
        if index is None and bool(found["dot"]) is not bool(steps):
            break
        name = next((found[k] for k in ("bare", "quoted", "literal") if found[k] is not None), "")
        steps.append(name if index is None else int(index))
        position = found.end()
    return steps, text[position:].lstrip()


def _resolved(tree: Tree, steps: Sequence[str | int]) -> tuple[Path, int]:
    """The path that the steps mean, and how many of its keys exist."""
    path: Path = ()
    existing = 0
    node: Any = tree
    for step in steps:
        key = step
        if node is not _MISSING:
            key, node = _followed(node, step, path)
        elif isinstance(step, int):
            raise _OverrideError(f"there is no array {dotted(path)}", path=path)
        path = (*path, key)
        existing += node is not _MISSING
    if path[:1] == ("extends",):
        raise _OverrideError("extends cannot be set: the files are merged before", path=path)
    if path[:1] == ("variables",) and len(path) == 2 and existing < 2:
        known = [str(name) for name in tree.get("variables", ())]  # no later pass would miss it
        hint = nearest(str(path[1]), known) or (
            f"there are {listed(known, 'and')}" if known else ""
        )
        raise _OverrideError(f"there is no variable {path[1]!r}", hint, path)
    return path, existing


def _followed(node: Any, step: str | int, path: Path) -> tuple[str | int, Any]:
    """The key or index that a step means in what stands at a path, and the value there."""
    if isinstance(node, tuple):
        items = cast("tuple[Any, ...]", node)
        index = step if isinstance(step, int) else _named(items, step, path)
        if not -len(items) <= index < len(items):
            message = f"there is no {dotted((*path, index))}; {_name(path)} has {len(items)} items"
            raise _OverrideError(message, "items are counted from 0", path)
        return index % len(items), items[index]
    if not isinstance(node, Mapping):
        message = f"{_name(path)} is {kind(node)}, so there is no {dotted((*path, step))}"
        raise _OverrideError(message, path=path)
    table = cast("Tree", node)
    if isinstance(step, int):
        hint = nearest(str(step), table) or (f"there are {listed(table, 'and')}" if table else "")
        raise _OverrideError(f"{_name(path)} is a table, and has no item [{step}]", hint, path)
    return step, table.get(step, _MISSING)


def _named(items: tuple[Any, ...], name: str, path: Path) -> int:
    """The index of the item with a name."""
    names = [
        cast("Tree", item).get("name") if isinstance(item, Mapping) else None for item in items
    ]
    if name in names:
        return names.index(name)
    known = [other for other in names if isinstance(other, str)]
    hint = nearest(name, known)
    if not hint and name.isdigit():
        hint = f"items are called by their place in brackets: {dotted((*path, int(name[:9])))}"
    elif not hint:
        hint = f"there are {listed(known, 'and')}" if known else "none of its items has a name"
    raise _OverrideError(f"there is no item {name!r} in {_name(path)}", hint, path)


def _name(path: Path) -> str:
    return dotted(path) or "the spec"


def _parsed(text: str) -> Any:
    """The value that TOML sees, else the text itself."""
    try:
        table = tomli.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    value = table["value"]
    # A spec has no dates, so it cannot mean one; a second key is a line break within a text.
    return text if isinstance(value, date | time) or len(table) > 1 else value


def _put(node: Any, path: Path, value: Any) -> Any:
    """A tree with another value at a path; tables that are missing are made."""
    if not path:
        return value
    if isinstance(node, tuple):
        items, index = cast("tuple[Any, ...]", node), cast("int", path[0])
        return (*items[:index], _put(items[index], path[1:], value), *items[index + 1 :])
    table = cast("dict[str | int, Any]", node)
    return {**table, path[0]: _put(table.get(path[0], {}), path[1:], value)}


_MISSING = object()
_TRIED = ("ablation", "search")
_EXAMPLE_PATH = "for example: optimizer.learning_rate or layers[2].units"
_EXAMPLE = "for example: optimizer.learning_rate=0.01 or layers[2].units=64"
