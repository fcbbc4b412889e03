"""A tree to TOML as a person lays it out: short arrays and tables on a line, long ones in a block.

Source: https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

WIDTH = 100
"""Lines are no longer, unless a single text or number is."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")

Table = Mapping[str, Any]
Keys = tuple[str, ...]


def dumped(tree: Table) -> str:
    """The text of a tree of dictionaries, lists, texts, finite numbers and booleans."""
    return "\n".join(_lines(tree, ())).lstrip("\n") + "\n"


def _lines(table: Table, keys: Keys) -> Iterator[str]:
    """What stands below the header of a table: first its own values, then the tables in it."""
    inner = {k: v for k, v in table.items() if _has_header(k, v, outermost=not keys)}
    for key, value in table.items():
        if key not in inner:
            yield from _pair(_key(key), value)
    for key, value in inner.items():
        path = (*keys, key)
        header = ".".join(map(_key, path))
        if isinstance(value, Mapping):
            yield from _block(f"[{header}]", cast("Table", value), path)
        else:
            for item in cast("Sequence[Table]", value):
                yield from _block(f"[[{header}]]", item, path)


def _block(header: str, table: Table, keys: Keys) -> Iterator[str]:
    """A table below its header; that of a table of nothing but tables goes without saying."""
    lines = list(_lines(table, keys))
    if header.startswith("[[") or not lines or lines[0]:
        yield ""
        yield header
    yield from lines


def _has_header(key: str, value: Any, *, outermost: bool) -> bool:
    """Whether a value is an array of tables, or a table that is not to stand on one line."""
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return bool(items) and all(isinstance(item, Mapping) for item in items)
    if not isinstance(value, Mapping):
        return False
    return outermost or len(f"{_key(key)} = {inline(value)}") > WIDTH


def _pair(key: str, value: Any) -> Iterator[str]:
    line = f"{key} = {inline(value)}"
    if len(line) <= WIDTH or not isinstance(value, list):
        yield line
        return
    yield f"{key} = ["
    for item in cast("list[Any]", value):
        yield f"    {inline(item)},"
    yield "]"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def inline(value: Any) -> str:
    """A value on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case Mapping():
            table = cast("Table", value)
            pairs = ", ".join(f"{_key(key)} = {inline(item)}" for key, item in table.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case list():
            return f"[{', '.join(map(inline, cast('list[Any]', value)))}]"
        case _:
            return repr(value)


def _text(text: str) -> str:
    """A basic string; JSON's escapes are also TOML's, but for the character 127."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
