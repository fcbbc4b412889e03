"""A document to a plain one: `extends`, `--set`, variables and blocks are resolved.

Each pass is a function of a module here. They work on trees, before anything knows what the keys
of a layer mean; what they leave is judged by `samenet.spec`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any, cast

from samenet.diagnostics import Code
from samenet.document import Document, Tree
from samenet.expansion.arithmetic import kind
from samenet.expansion.blocks import check_items, defined, in_order, sizes
from samenet.expansion.defaults import merge_defaults
from samenet.expansion.extends import merged
from samenet.expansion.instances import Instances
from samenet.expansion.interpolation import substituted
from samenet.expansion.mistakes import Mistakes
from samenet.expansion.overrides import overridden
from samenet.expansion.variables import scope_of

__all__ = ["assembled", "expanded", "filled_in", "merge_defaults"]


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
    return overridden(merged(document, folder), overrides)


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
    tree, mistakes = document.tree, Mistakes(document)
    variables, blocks = (_table(tree, key, mistakes) for key in ("variables", "blocks"))
    mistakes.raise_any()  # or each use would be a mistake as well
    scope = scope_of(variables, mistakes)
    definitions = defined(blocks, scope, mistakes)
    for block in definitions.values():
        check_items(block.items, block.layers_path, definitions, mistakes)
    order = in_order(definitions, mistakes)
    layers: Any = tree.get("layers")
    if isinstance(layers, tuple):
        check_items(cast("tuple[Any, ...]", layers), ("layers",), definitions, mistakes)
    sound = isinstance(layers, tuple) and not mistakes
    instances = Instances(definitions, sizes(order) if sound else {}, scope, mistakes)
    result: dict[str, Any] = {}
    for key, value in tree.items():
        if key == "layers" and sound:
            result[key] = instances.network(value)
        elif key not in ("variables", "blocks"):
            result[key] = substituted(value, (key,), scope, mistakes)
    instances.check_unused()
    mistakes.raise_any()
    return replace(document, tree=result, origins=instances.origins)


def _table(tree: Tree, key: str, mistakes: Mistakes) -> Tree:
    table = tree.get(key, {})
    if isinstance(table, Mapping):
        return cast("Tree", table)
    mistakes.add(Code.WRONG_TYPE, f"{key} must be a table, found {kind(table)}", "", (key,))
    return {}
