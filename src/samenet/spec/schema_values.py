"""What Pydantic's JSON Schema says of a value, in the form that suits editors and `${...}`.

Null is not in the language, so it is left out.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain, count
from typing import Any

Schema = dict[str, Any]

ALONE = "x-alone"
"""Marks an array for which one of its items may stand; `written` says so in its place."""

EXPRESSION = r"\$\{"
"""What a text contains that stands for a value."""

_ANNOTATIONS = ("description", "default")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_SIZES = ("minItems", "maxItems")


def reference(name: str) -> Schema:
    """The definition with a name."""
    return {"$ref": f"#/$defs/{name}"}


def table(properties: Mapping[str, Schema], **rest: Any) -> Schema:
    """A table with these keys and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
        **rest,
    }


def written(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """The schema of what a person writes, where Pydantic has described what a class takes.

    Args:
        schema: Pydantic's.
        definitions: Pydantic's, to which it refers.
    """
    about = {key: schema[key] for key in _ANNOTATIONS if schema.get(key) not in (None, [], {})}
    if "description" in about:  # the first paragraph of a docstring
        about["description"] = " ".join(about["description"].split("\n\n")[0].split())
    return {**about, **_value(schema, definitions)}


def _value(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    if "discriminator" in schema:
        choice = schema["discriminator"]
        own = {key: schema[key] for key in ("additionalProperties",) if key in schema}
        return {**chosen(choice["propertyName"], choice["mapping"], definitions), **own}
    if members := schema.get("anyOf") or schema.get("oneOf"):
        return _any(written(member, definitions) for member in members)
    if "enum" in schema:
        return _any([{"enum": schema["enum"]}, reference("expression")])
    match schema.get("type"):
        case "object" if "const" not in schema:
            return _object(schema, definitions)
        case "array":
            return _array(schema, definitions)
        case "string" if "pattern" in schema:
            return {"type": "string", "pattern": f"{schema['pattern']}|{EXPRESSION}"}
        case "integer" | "number" | "boolean" as kind:
            limits = {key: schema[key] for key in _BOUNDS if key in schema}
            if limits.get("maximum", 0) >= 2**31 - 1:  # no news to anybody
                del limits["maximum"]
            return {"type": [kind, "string"], "pattern": EXPRESSION, **limits}
        case _:
            return {key: schema[key] for key in ("$ref", "const", "type") if key in schema}


def _any(members: Iterable[Schema]) -> Schema:
    """One of several schemas, each once."""
    flat: list[Schema] = []
    for member in members:
        for inner in member.get("anyOf", [member]):
            if inner != {"type": "null"} and inner not in flat:
                flat.append(inner)
    return flat[0] if len(flat) == 1 else {"anyOf": flat}


def _object(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    result: Schema = {"type": "object"}
    for key in ("properties", "patternProperties"):
        if key in schema:
            result[key] = {k: written(v, definitions) for k, v in schema[key].items()}
    others = schema.get("additionalProperties", True)
    result["additionalProperties"] = (
        written(others, definitions) if isinstance(others, dict) else others  # pyright: ignore
    )
    return result


def _array(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    items = schema["prefixItems"][0] if "prefixItems" in schema else schema.get("items", {})
    item = written(items, definitions)
    item = {key: value for key, value in item.items() if key not in _ANNOTATIONS}
    sizes = {key: schema[key] for key in _SIZES if key in schema}
    result: Schema = {"type": ["array", "string"], "pattern": EXPRESSION, "items": item, **sizes}
    if ALONE not in schema:
        return result
    kinds = item.get("type")
    if kinds is None:
        return _any([item, result])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "items" in item:  # an array of arrays: there are several ways to leave some out
        sizes = {}
    return {**item, "type": sorted({*kinds, "array", "string"}), "items": item, **sizes}


def chosen(tag: str, members: Mapping[str, str], definitions: Mapping[str, Schema]) -> Schema:
    """A table of one of several classes.

    Args:
        tag: the key that tells them apart.
        members: the references to their definitions, by the values of the key.
        definitions: Pydantic's.
    """
    tags: defaultdict[str, list[str]] = defaultdict(list)
    for value, target in members.items():
        tags[target].append(value)
    keys: dict[str, Schema] = {}
    for target in tags:
        for key, value in definition(target, definitions)["properties"].items():
            keys.setdefault(key, {k: value[k] for k in ("description",) if k in value})
    keys[tag] = _any([{"enum": sorted(members)}, reference("expression")])
    conditions = [when(tag, values, {"$ref": target}) for target, values in tags.items()]
    return {"type": "object", "properties": keys, "allOf": conditions}


def when(tag: str, values: list[str], then: Schema) -> Schema:
    """What holds where a key has one of some values."""
    value: Schema = {"const": values[0]} if len(values) == 1 else {"enum": values}
    condition = {"type": "object", "properties": {tag: value}, "required": [tag]}
    return {"if": condition, "then": then}


def definition(target: str, definitions: Mapping[str, Schema]) -> Schema:
    """What a reference refers to; nothing where that is not Pydantic's."""
    return definitions.get(target.rpartition("/")[2], {})


def demanded(schema: Schema, definitions: Mapping[str, Schema]) -> Schema | None:
    """The keys that the tables of a value must have, if any; all else is said elsewhere."""
    if "discriminator" in schema:
        choice = schema["discriminator"]
        return demanded_of_choice(choice["propertyName"], choice["mapping"], definitions)
    if "anyOf" in schema:
        members = [member for member in schema["anyOf"] if member != {"type": "null"}]
        return demanded(members[0], definitions) if len(members) == 1 else None
    if "$ref" in schema:
        keys = definition(schema["$ref"], definitions).get("required")
        return {"required": keys} if keys else None
    if schema.get("type") == "array" and "items" in schema:
        items = demanded(schema["items"], definitions)
        return {"items": items} if items else None
    return None


def demanded_of_choice(
    tag: str, members: Mapping[str, str], definitions: Mapping[str, Schema]
) -> Schema:
    """The key that chooses a class, and the keys that each class must have."""
    tags: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for value, target in members.items():
        keys = definition(target, definitions).get("required", [])
        tags[tuple(key for key in keys if key != tag)].append(value)
    conditions = [when(tag, v, {"required": list(keys)}) for keys, v in tags.items() if keys]
    return {"required": [tag], **({"allOf": conditions} if conditions else {})}


def shared(definitions: Mapping[str, Schema]) -> dict[str, Schema]:
    """The definitions, and further ones for what they say of many keys.

    First for keys whose descriptions and defaults are their own, then for those that are the same
    in every way.
    """
    return _shared(_shared(dict(definitions), _ANNOTATIONS), ())


def _shared(definitions: dict[str, Schema], own: tuple[str, ...]) -> dict[str, Schema]:
    """The definitions, with one more for each value of keys that is found often.

    Args:
        definitions: as they are.
        own: what each key keeps.
    """
    owners: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for schema in definitions.values():
        for key, value in schema.get("properties", {}).items():
            owners[_text(value, own)][key] += 1
    names: dict[str, str] = {}
    result = dict(definitions)
    for text, keys in owners.items():
        if len(text) > LONG and keys.total() >= OFTEN:
            names[text] = _free(keys.most_common(1)[0][0], result)
            result[names[text]] = json.loads(text)
    for name, schema in definitions.items():
        if "properties" in schema:
            result[name] = {**schema, "properties": _referring(schema["properties"], names, own)}
    return result


LONG = 60
"""How many characters what is said of a key has, where it is said, so that it is worth a name."""

OFTEN = 3
"""How often it is said, so that it is worth a name."""


def _text(schema: Schema, own: tuple[str, ...]) -> str:
    return json.dumps({k: v for k, v in schema.items() if k not in own}, sort_keys=True)


def _free(name: str, taken: Mapping[str, Schema]) -> str:
    """The name, or where it is taken the name with a number."""
    numbered = (f"{name}_{number}" for number in count(2))
    return next(word for word in chain([name], numbered) if word not in taken)


def _referring(
    properties: dict[str, Schema], names: Mapping[str, str], own: tuple[str, ...]
) -> dict[str, Schema]:
    result = dict(properties)
    for key, value in properties.items():
        if name := names.get(_text(value, own)):
            result[key] = {**{k: v for k, v in value.items() if k in own}, **reference(name)}
    return result
