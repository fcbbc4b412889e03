"""What the language has a word for at a place of a spec: its JSON Schema, followed along a path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, cast

from samenet.diagnostics import Path
from samenet.language_server.text import SpecText
from samenet.spec.schema_values import Schema


@cache
def root() -> Schema:
    """The schema of a spec."""
    from samenet.spec.json_schema import json_schema  # noqa: PLC0415 - takes a moment

    return json_schema()


def schema_at(text: SpecText, path: Path) -> Schema:
    """What is said of the value at a path; nothing where nothing is known."""
    found = root()
    for length, step in enumerate(path):
        table = text.table(path[:length])
        if isinstance(step, int):
            found = _items(found)
        else:
            if length == 1 and path[0] == "defaults":
                table = {"type": step}
            inside = keys(found, table)
            found = inside.get(step) or _others(found)
        if length == 1 and path[0] == "defaults":
            found = _resolved(found)
    return _resolved(found)


def keys(schema: Schema, table: Mapping[str, Any]) -> dict[str, Schema]:
    """The keys that a table may have, as far as what it says decides it."""
    found: dict[str, Schema] = {}
    for part in _parts(schema, table):
        for key, value in cast("dict[str, Schema]", part.get("properties", {})).items():
            found[key] = {**found.get(key, {}), **_resolved(value)}
    return found


def _parts(schema: Schema, table: Mapping[str, Any]) -> Iterator[Schema]:
    """The schemas of tables that apply to a table."""
    schema = _resolved(schema)
    yield schema
    for member in schema.get("anyOf", ()):
        if _resolved(member).get("type") == "object" or "allOf" in _resolved(member):
            yield from _parts(member, table)
    for member in schema.get("allOf", ()):
        if "then" in member and _applies(member["if"], table):
            yield from _parts(member["then"], table)


def _applies(condition: Schema, table: Mapping[str, Any]) -> bool:
    """Whether a condition on keys holds for a table."""
    if any(key not in table for key in condition.get("required", ())):
        return False
    tests = cast("dict[str, Schema]", condition.get("properties", {}))
    return all(table.get(key) in choices(test) for key, test in tests.items())


def _items(schema: Schema) -> Schema:
    nothing: Schema = {}
    return next((part["items"] for part in _alternatives(schema) if "items" in part), nothing)


def _others(schema: Schema) -> Schema:
    """What is said of keys that have no name in the language."""
    for part in _alternatives(schema):
        if isinstance(part.get("additionalProperties"), dict):
            return part["additionalProperties"]
    return {}


def _alternatives(schema: Schema) -> Iterator[Schema]:
    schema = _resolved(schema)
    yield schema
    for member in schema.get("anyOf", ()):
        yield from _alternatives(member)


def _resolved(schema: Schema) -> Schema:
    """The schema behind references; what stands beside one stays."""
    while "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**root()["$defs"][name], **rest}
    return schema


def choices(schema: Schema) -> list[Any]:
    """The values that are allowed, where they can be counted."""
    found: list[Any] = []
    for part in _alternatives(schema):
        found += part.get("enum", ())
        found += [part["const"]] if "const" in part else []
        kinds = part.get("type", ())
        if "boolean" in ([kinds] if isinstance(kinds, str) else kinds):
            found += [True, False]
    return list(dict.fromkeys(found))


def kind_text(schema: Schema) -> str:
    """What values may be, in words: `integer, at least 1`."""
    words: list[str] = []
    for part in _alternatives(schema):
        kinds = part.get("type", ())
        words += [kinds] if isinstance(kinds, str) else list(kinds)
    bounds = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "exclusiveMaximum": "below",
    }
    limits = [
        f"{word} {part[key]}"
        for part in _alternatives(schema)
        for key, word in bounds.items()
        if key in part
    ]
    return ", ".join(dict.fromkeys((*words, *limits)))
