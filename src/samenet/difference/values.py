"""Values of a spec compared, defaults filled in: what differs, by the path of its key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic.fields import FieldInfo

from samenet.named import ONLY
from samenet.schema import Model

TAGS = ("type", "source")
"""The keys that name the class of a table."""


@dataclass(frozen=True, slots=True)
class Change:
    """A value that differs.

    Attributes:
        path: the dotted key, e.g. `optimizer.learning_rate`.
        old: what it was, as dictionaries, lists, texts, numbers and booleans; None for nothing.
        new: what it is.
    """

    path: str
    old: Any
    new: Any


def changes(old: Any, new: Any, path: str = "") -> Iterator[Change]:
    """What differs between two values of a spec, as near to the leaves as both have them.

    Of two tables of different types the types are one change, with what only one of them says, and
    each key that both have and that differs, perhaps as their defaults do, is one more.
    """
    if isinstance(old, Model) and isinstance(new, Model):
        yield from _of_models(old, new, path)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        first, second = cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", new)
        for key in dict.fromkeys((*first, *second)):
            yield from changes(first.get(key), second.get(key), _joined(path, key))
    elif _holds_models(old) or _holds_models(new):
        yield from _of_sequences(
            cast("Sequence[Model]", old or ()), cast("Sequence[Model]", new or ()), path
        )
    elif plain(old) != plain(new):
        yield Change(path, plain(old), plain(new))


def keys_changed(
    old: Model, new: Model, path: str = "", without: Sequence[str] = ()
) -> list[Change]:
    """What differs in the keys that two tables have in common."""
    first, second = _attributes(type(old)), _attributes(type(new))
    return [
        change
        for key, name in first.items()
        if key in second and key not in (*TAGS, *without)
        for change in changes(getattr(old, name), getattr(new, second[key]), _joined(path, key))
    ]


def _attributes(model: type[Model]) -> dict[str, str]:
    """The attribute of each key in a spec."""
    return {field.alias or name: name for name, field in model.model_fields.items()}


def _of_models(old: Model, new: Model, path: str) -> Iterator[Change]:
    if type(old) is not type(new) or _tag(old) != _tag(new):
        common = _attributes(type(old)).keys() & _attributes(type(new)).keys()
        yield Change(path, _table(old, common), _table(new, common))
    yield from keys_changed(old, new, path)


def _of_sequences(old: Sequence[Model], new: Sequence[Model], path: str) -> Iterator[Change]:
    """Tables in an order, told apart by their type and, of one type, by their number."""
    first, second = _numbered(old), _numbered(new)
    for key in dict.fromkeys((*first, *second)):
        yield from changes(first.get(key), second.get(key), _joined(path, key))
    common = [[key for key in keys if key in first and key in second] for keys in (first, second)]
    if common[0] != common[1]:
        yield Change(path, [plain(item) for item in old], [plain(item) for item in new])


def _numbered(items: Sequence[Model]) -> dict[str, Model]:
    counts: Counter[str] = Counter()
    result: dict[str, Model] = {}
    for item in items:
        tag = _tag(item)
        result[f"{tag}[{counts[tag]}]" if counts[tag] else tag] = item
        counts[tag] += 1
    return result


def _holds_models(value: Any) -> bool:
    items = cast("tuple[Any, ...]", value) if isinstance(value, tuple) else ()
    return any(isinstance(item, Model) for item in items)


def _tag(model: Model) -> str:
    return next((str(getattr(model, tag)) for tag in TAGS if hasattr(model, tag)), "")


def plain(value: Any) -> Any:
    """A value as JSON has it; of a table what is not its default, or its type alone."""
    match value:
        case Model():
            return _table(value)
        case Mapping():
            table = cast("Mapping[str, Any]", value)
            if set(table) == {ONLY}:
                return plain(table[ONLY])
            return {key: plain(item) for key, item in table.items()} or None
        case tuple() | list():
            return [plain(item) for item in cast("Sequence[Any]", value)] or None
        case _:
            return value


def _table(model: Model, without: Collection[str] = ()) -> Any:
    tag = _tag(model)
    values: dict[str, Any] = {}
    for name, field in type(model).model_fields.items():
        value, key = getattr(model, name), field.alias or name
        if key not in (*TAGS, *without) and not _is_default(value, field):
            values[key] = plain(value)
    if not tag:
        return values
    return {"type": tag, **values} if values else tag


def _is_default(value: Any, field: FieldInfo) -> bool:
    """Whether it is the default; a number alone stands for one of each axis."""
    default = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, tuple) and isinstance(default, int):
        return set(cast("tuple[Any, ...]", value)) == {default}
    return value == default


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path and key else path or key


def shown(value: Any) -> str:
    """A plain value as a person reads it: `0.001`, `relu`, `sgd (momentum = 0.9)`, `none`."""
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case dict():
            table = cast("dict[str, Any]", value)
            pairs = [f"{key} = {shown(item)}" for key, item in table.items() if key != "type"]
            return f"{table.get('type', '')} ({', '.join(pairs)})".lstrip()
        case list():
            return f"[{', '.join(map(shown, cast('list[Any]', value)))}]"
        case _:
            return str(value)
