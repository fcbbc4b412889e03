"""`[defaults]`: keys for the layers of a type that leave them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from samenet.diagnostics import Path
from samenet.document import Tree


def merge_defaults(tree: Tree) -> tuple[dict[str, Any], frozenset[Path]]:
    """Fill the defaults of its type into each layer, also into those of blocks.

    Args:
        tree: a spec whose blocks are instantiated.

    Returns:
        The filled tree, and the paths of the keys that came from the defaults.
    """
    defaults, layers = tree.get("defaults"), tree.get("layers")
    filled: set[Path] = set()
    result = dict(tree)
    if isinstance(defaults, Mapping) and isinstance(layers, tuple):
        items = cast("tuple[Any, ...]", layers)
        result["layers"] = _items(items, ("layers",), cast("Tree", defaults), filled)
    return result, frozenset(filled)


def _items(items: tuple[Any, ...], path: Path, defaults: Tree, filled: set[Path]) -> Any:
    return tuple(_item(item, (*path, index), defaults, filled) for index, item in enumerate(items))


def _item(item: Any, path: Path, defaults: Tree, filled: set[Path]) -> Any:
    if not isinstance(item, Mapping):
        return item
    layer = cast("Tree", item)
    word = layer.get("type")
    if word == "block":
        repetitions = enumerate(cast("tuple[Tree, ...]", layer["repetitions"]))
        return {
            **layer,
            "repetitions": tuple(
                _repetition(repetition, (*path, "repetitions", index), defaults, filled)
                for index, repetition in repetitions
            ),
        }
    values = defaults.get(word) if isinstance(word, str) and word != "share" else None
    if not isinstance(values, Mapping):
        return layer
    filled |= {(*path, key) for key in cast("Tree", values) if key not in layer}
    return {**cast("Tree", values), **layer}


def _repetition(repetition: Tree, path: Path, defaults: Tree, filled: set[Path]) -> Tree:
    return {
        **repetition,
        "layers": _items(repetition["layers"], (*path, "layers"), defaults, filled),
    }
