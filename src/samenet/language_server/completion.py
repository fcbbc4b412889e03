"""What can be written at a place of a TOML spec: keys that are not there yet, values, names.

The line of the cursor is seldom valid, so it is read by patterns; what stands around it, by the
parser. (For JSON editors have all of this from the schema.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from samenet.diagnostics import Path
from samenet.language_server.network import names, network_of, scope_of, with_bases
from samenet.language_server.text import SpecText
from samenet.language_server.vocabulary import choices, keys, schema_at
from samenet.spec.schema_values import Schema

_PAIR = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"([^"]*)")?')
_KEY_BEFORE = re.compile(r"([A-Za-z0-9_.-]+)\s*=\s*(?P<value>[^=]*)$")
TAGS = ("type", "block", "share")


@dataclass(frozen=True)
class Item:
    """Something that can be written.

    Attributes:
        label: what is shown, and searched by what has been typed.
        text: what is inserted.
        detail: the default of a key.
        description: what it means.
        is_key: a key, else a value.
    """

    label: str
    text: str
    detail: str = ""
    description: str = ""
    is_key: bool = False


@dataclass(frozen=True)
class _Context:
    """The table around the cursor: its path, and what it says besides the line of the cursor."""

    path: Path
    table: dict[str, Any]


def complete(text: SpecText, line: int, column: int) -> list[Item]:
    """What can be written at a place.

    Args:
        text: the spec.
        line: counted from 1.
        column: counted from 1, in code points.
    """
    if text.is_json:
        return []
    before, behind = text.line(line)[: column - 1], text.line(line)[column - 1 :]
    context, inside = _context(text, line, before, behind)
    expression = before.rpartition("${")
    if expression[1] and "}" not in expression[2]:
        return _plain(_variables(text, context.path))
    key = _KEY_BEFORE.search(inside)
    if key and not _is_over(key["value"]):
        quoted = key["value"].count('"') % 2 == 1
        return _values(text, context, key[1], quoted=quoted)
    if _is_header(before):
        return _plain(keys(schema_at(text, ()), {})) if before.strip() in ("[", "[[") else []
    return _keys(text, context)


def _is_over(value: str) -> bool:
    """Whether a comma has ended a value, so that the next key follows."""
    plain = re.sub(r'"[^"]*"', "", value)
    return "," in plain and plain.count("[") <= plain.count("]")


def _context(text: SpecText, line: int, before: str, behind: str) -> tuple[_Context, str]:
    """The table around the cursor, and what of its line stands in it."""
    start = _open_brace(before)
    place = text.at(line, 1)
    around = place.path[:-1] if place.is_key and not _is_header(before) else place.path
    if start is None:
        path = _outwards(text, around, Mapping)
        return _Context(path, dict(text.table(path))), before
    outer, inside = before[:start], before[start + 1 :]
    key = re.match(r"\s*([A-Za-z0-9_-]+)\s*=\s*(\[?)", outer)
    if key:
        path = (*_outwards(text, around, Mapping), key[1], *((0,) if key[2] else ()))
    else:
        path = (*_outwards(text, around, tuple), 0)
    written = inside + behind.partition("}")[0]
    return _Context(path, dict(_PAIR.findall(written))), inside


def _is_header(before: str) -> bool:
    return before.lstrip().startswith("[")


def _outwards(text: SpecText, path: Path, kind: type[Any]) -> Path:
    """The innermost value of a kind around a path; the root where there is none."""
    while path and not isinstance(text.value(path), kind):
        path = path[:-1]
    return path


def _open_brace(before: str) -> int | None:
    """Where the innermost inline table begins that is not closed before the cursor."""
    opened: list[int] = []
    quoted = False
    for index, char in enumerate(before):
        if char == '"' and before[index - 1 : index] != "\\":
            quoted = not quoted
        elif not quoted and char == "{":
            opened.append(index)
        elif not quoted and char == "}" and opened:
            opened.pop()
    return opened[-1] if opened else None


def _keys(text: SpecText, context: _Context) -> list[Item]:
    """The keys that are not there yet; of an item without a type, those that say what it is."""
    schema = schema_at(text, context.path)
    found = keys(schema, context.table)
    if schema.get("allOf") and not any(tag in context.table for tag in (*TAGS, "source")):
        found = {key: value for key, value in found.items() if key in (*TAGS, "source")}
    elif schema.get("allOf"):
        known = keys({**schema, "properties": {}}, context.table)
        found = {key: value for key, value in found.items() if key in known}
    return [
        Item(key, f"{key} = ", _default(value), str(value.get("description", "")), is_key=True)
        for key, value in found.items()
        if key not in context.table and key not in ("$schema",)
    ]


def _default(schema: Schema) -> str:
    value = schema.get("default")
    return "" if value is None else f"default: {json.dumps(value)}"


def _values(text: SpecText, context: _Context, key: str, *, quoted: bool) -> list[Item]:
    """The values of a key: those that can be counted, and names of what there is."""
    path = (*context.path, *key.split("."))
    words: Iterable[Any]
    if key == "block" and "layers" in path:
        words = with_bases(text).tree.get("blocks", {})
    elif key in ("inputs", "outputs", "share") and path != ("inputs",):
        words = names(text, scope_of(path))
    elif key == "monitor":
        network = network_of(text)
        words = network.spec.reported() if network else ["loss", "val_loss"]
    else:
        schema = keys(schema_at(text, context.path), context.table).get(key)
        words = choices(schema or schema_at(text, path))
    return [_value(word, quoted=quoted) for word in words]


def _value(value: Any, *, quoted: bool) -> Item:
    if not isinstance(value, str):
        return Item(json.dumps(value), json.dumps(value))
    return Item(value, value if quoted else json.dumps(value))


def _variables(text: SpecText, path: Path) -> list[str]:
    """The words that an expression at a path may use."""
    found: list[str] = list(with_bases(text).tree.get("variables", {}))
    if path[:1] == ("blocks",):
        parameters = text.value((*path[:2], "parameters")) or ()
        for item in parameters:
            found += [item] if isinstance(item, str) else list(item)
    return list(dict.fromkeys(found))


def _plain(words: Iterable[str]) -> list[Item]:
    return [Item(word, word) for word in words]
