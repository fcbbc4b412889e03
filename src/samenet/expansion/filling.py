"""Values stand where variables are used, layers where blocks are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from samenet.diagnostics import Code
from samenet.document import Document, Tree
from samenet.expansion.arithmetic import kind
from samenet.expansion.blocks import check_items, defined, in_order, sizes
from samenet.expansion.instances import Instances
from samenet.expansion.interpolation import substituted
from samenet.expansion.mistakes import Mistakes
from samenet.expansion.variables import scope_of


def filled_in(document: Document) -> Document:
    """See `samenet.expansion.filled_in`."""
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
