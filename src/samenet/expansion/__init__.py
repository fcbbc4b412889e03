"""A document to a plain one: `extends`, `--set`, variables and blocks are resolved.

Each pass is a function of a module here, imported when a spec has something for it to do. They work
on trees, before anything knows what the keys of a layer mean; what they leave is judged by
`samenet.spec`.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any, cast

from samenet.document import Document, Tree
from samenet.expansion.defaults import merge_defaults

__all__ = ["assembled", "expanded", "filled_in", "merge_defaults"]

EXTENDS = "extends"
"""The key that names the specs below a spec."""


def expanded(
    document: Document, overrides: Sequence[str] = (), *, folder: FilePath | None
) -> Document:
    """The document without `extends`, `variables` and `blocks`: all of it is filled in.

    See `assembled` and `filled_in`, which it is made of.
    """
    return filled_in(assembled(document, overrides, folder=folder))


def assembled(
    document: Document, overrides: Sequence[str] = (), *, folder: FilePath | None
) -> Document:
    """The document with what it extends, and with overrides; all else is as it is written.

    Args:
        document: the spec, as it was read.
        overrides: each `path=value`, as for `--set`.
        folder: where the paths of `extends` begin, or None for a spec that cannot extend any.

    Raises:
        SpecError: with every mistake of the first pass that finds any.
    """
    if EXTENDS in document.tree:
        from samenet.expansion.extends import merged

        document = merged(document, folder)
    if overrides:
        from samenet.expansion.overrides import overridden

        document = overridden(document, overrides)
    return document


def filled_in(document: Document) -> Document:
    """The document without `variables` and `blocks`: values and layers stand where they are used.

    Args:
        document: what `assembled` gives.

    Returns:
        A document whose layers are layers, tables of `type` "share", and tables of `type` "block"
        with an array `repetitions`: of each its `formals` (names of inputs), `outputs` if the
        block says so, and `layers`.

    Raises:
        SpecError: with every mistake of the first pass that finds any.
    """
    if _is_plain(document.tree):
        return document
    from samenet.expansion.filling import filled_in as filled

    return filled(document)


def _is_plain(tree: Tree) -> bool:
    """Whether there is nothing to be filled in, and no layer that looks like a use of a block."""
    layers = tree.get("layers")
    items = cast("tuple[Any, ...]", layers if isinstance(layers, tuple) else ())
    return (
        tree.keys().isdisjoint(("variables", "blocks"))
        and all(_is_layer(item) for item in items)
        and not _has_expression(tree)
    )


def _is_layer(item: Any) -> bool:
    if not isinstance(item, Mapping):
        return True  # which is judged elsewhere
    layer = cast("Tree", item)
    return (
        layer.get("type") not in (None, "block", "share")
        and "block" not in layer
        and "share" not in layer
    )


def _has_expression(value: Any) -> bool:
    if isinstance(value, str):
        return "${" in value
    if isinstance(value, Mapping):
        return any(map(_has_expression, cast("Tree", value).values()))
    return isinstance(value, tuple) and any(map(_has_expression, cast("tuple[Any, ...]", value)))
