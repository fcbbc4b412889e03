"""A spec to the tree of a file that says the same, with nothing left to be filled in.

Variables and blocks are written out, defaults stand in the layers, and every key is there that has
a value. Reading the tree gives the same spec, so what it says is also what a program's header
counts (`samenet.compiler.spec_digest`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from inspect import get_annotations
from itertools import groupby
from typing import Any, cast

from pydantic.fields import FieldInfo

from samenet.graph.ir import INPUT
from samenet.graph.sugar import normalization
from samenet.layers.base import WeightedLayer
from samenet.named import ONLY, is_named
from samenet.schema import Model
from samenet.spec.items import BlockUse, Item, Repetition, Share
from samenet.spec.model import Spec

FIRST = ("version", "type", "source", "block", "share", "name", "inputs", "input", "outputs")
"""The keys that stand before the others of their table."""


def rendered(spec: Spec) -> dict[str, Any]:
    """The tree of a spec: dictionaries, lists, texts, numbers and booleans, without None.

    Texts that contain `${` have it escaped, as in a file. What is tried out with a spec is left
    out: its paths lead to what the file says, such as variables, which are gone.
    """
    tree = _table(spec)
    for key in ("defaults", "ablation", "search", "lint"):
        tree.pop(key, None)
    before = {key: tree.pop(key) for key in FIRST if key in tree}
    return {**before, **_defaults(spec), **tree}


def _defaults(spec: Spec) -> dict[str, Any]:
    """The table of defaults: they are in the layers, but for normalizations that stand in none."""
    if not any(layer.batch_normalization != "none" for layer in _weighted(spec.layers)):
        return {}
    values = _table(normalization(spec.defaults))
    del values["type"]
    return {"defaults": {"batch_normalization": values}}


def _weighted(items: Iterable[Item]) -> Iterator[WeightedLayer]:
    """All layers that may bring a normalization along, also those in blocks."""
    for item in items:
        if isinstance(item, BlockUse):
            for repetition in item.repetitions:
                yield from _weighted(repetition.layers)
        elif isinstance(item, WeightedLayer):
            yield item


def _table(model: Model) -> dict[str, Any]:
    """A part of a spec as a table, in which what has no value is left out."""
    values: dict[str, Any] = {}
    for name, field in _fields(type(model)).items():
        value = getattr(model, name)
        nothing = value is None or (value in ((), {}) and value == _default(field))
        if is_named(field.metadata) and not nothing:
            value = cast("Mapping[str, Any]", value).get(ONLY, value)
        if not nothing:
            values[field.alias or name] = _plain(value)
    first = {key: values.pop(key) for key in FIRST if key in values}
    return {**first, **values}


def _fields(model: type[Model]) -> dict[str, FieldInfo]:
    """The fields of a class: first its own, then those that it inherits."""
    names = [name for base in model.__mro__ for name in get_annotations(base)]
    return {name: model.model_fields[name] for name in names if name in model.model_fields}


def _default(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True, validated_data={})


def _plain(value: Any) -> Any:
    """A value as it stands in a tree."""
    match value:
        case BlockUse():
            return _use(value)
        case Share():
            return {key: item for key, item in _table(value).items() if key != "type"}
        case Model():
            return _table(value)
        case str():
            return value.replace("${", "$${")
        case Mapping():
            table = cast("Mapping[str, Any]", value)
            return {key: _plain(item) for key, item in table.items()}
        case tuple():
            return [_plain(item) for item in cast("tuple[Any, ...]", value)]
        case _:
            return value


def _use(use: BlockUse) -> dict[str, Any]:
    """A use of a block with its layers; repetitions that are alike are counted."""
    table = {key: item for key, item in _table(use).items() if key not in ("type", "repetitions")}
    counted = [(body, len(list(alike))) for body, alike in groupby(map(_body, use.repetitions))]
    table["instances"] = [
        {"repeat": count, **body} if count > 1 else body for body, count in counted
    ]
    return table


def _body(repetition: Repetition) -> dict[str, Any]:
    table = _table(repetition)
    formals = table.pop("formals")
    return table if formals == [INPUT] else {"inputs": formals, **table}
