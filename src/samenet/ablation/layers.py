"""The layers in the tree of a rendered spec, wherever they stand: in blocks and in wrappers too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, cast

Table = dict[str, Any]
Tree = dict[str, Any]

WRAPPED = ("layer", "backward_layer")
"""The keys at which a layer holds another one."""


def layers_of(tree: Tree) -> Iterator[tuple[Table, int]]:
    """Each layer, with how often the repetitions of blocks use it."""
    yield from _layers(tree["layers"], 1)


def _layers(items: Sequence[Table], times: int) -> Iterator[tuple[Table, int]]:
    for item in items:
        for instance in cast("list[Table]", item.get("instances", [])):
            yield from _layers(instance["layers"], times * instance.get("repeat", 1))
        if "type" in item:
            yield item, times
            yield from _layers([item[key] for key in WRAPPED if key in item], times)


def with_layers(tree: Tree, change: Callable[[Table], Table]) -> Tree:
    """The tree with another table in place of each layer."""
    return with_lists(tree, lambda items: [_changed(item, change) for item in items])


def _changed(item: Table, change: Callable[[Table], Table]) -> Table:
    """A layer changed, and those that it holds; a use of a block or a share stays as it is."""
    inside = {key: _changed(item[key], change) for key in WRAPPED if key in item}
    return change({**item, **inside}) if "type" in item else item


def without_layers(tree: Tree, kinds: Collection[str]) -> Tree:
    """The tree without layers of some types.

    One that has a name or inputs of its own, or stands alone, gives its input on, so that
    what refers to it means what it meant, and no other layer gets another name.
    """

    def without(items: list[Table]) -> list[Table]:
        kept = [
            _wrapping(item, kinds)
            for item in items
            if item.get("type") not in kinds or "name" in item or "inputs" in item
        ]
        return kept or [{"type": "identity"}]

    return with_lists(tree, without)


def _wrapping(item: Table, kinds: Collection[str]) -> Table:
    """A layer with the identity in place of a layer that is taken out, itself or inside of it."""
    if item.get("type") in kinds:
        kept = {key: item[key] for key in ("name", "inputs") if key in item}
        return {"type": "identity", **kept}
    return {key: _wrapping(v, kinds) if key in WRAPPED else v for key, v in item.items()}


def with_lists(tree: Tree, change: Callable[[list[Table]], list[Table]]) -> Tree:
    """The tree with another list in place of each list of layers, those in blocks first."""

    def inside(item: Table) -> Table:
        if "instances" not in item:
            return item
        instances = cast("list[Table]", item["instances"])
        return {**item, "instances": [with_lists(each, change) for each in instances]}

    return {**tree, "layers": change([inside(item) for item in tree["layers"]])}
