"""Where the keys and values of a text stand: tree-sitter finds them.

It is never asked whether the text is valid; a parser has read it before (`samenet.document`). Of a
spec without mistakes nobody asks where anything stands, so that it is not even imported.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import tomli

from samenet.diagnostics import Path, Span

if TYPE_CHECKING:
    from tree_sitter import Node


class Place(NamedTuple):
    """Where a key and its value stand.

    Attributes:
        key: the key, or None for an item of an array.
        value: the value, or None for a table that has a header.
        source: the file, where it is not that of the document, or an override as it was given.
    """

    key: Span | None
    value: Span | None
    source: str | None = None


class Places(Mapping[Path, Place]):
    """The places in a valid text, found when the first one is asked for.

    Args:
        text: TOML or JSON.
        is_json: which of them.
    """

    def __init__(self, text: str, *, is_json: bool) -> None:
        self._text, self._is_json = text, is_json

    @cached_property
    def _found(self) -> Mapping[Path, Place]:
        found: dict[Path, Place] = {}
        with suppress(RecursionError):  # `document.frozen` refuses such nesting
            for path, place in (json_places if self._is_json else toml_places)(self._text):
                found.setdefault(path, place)
        return found

    def __getitem__(self, path: Path) -> Place:
        return self._found[path]

    def __iter__(self) -> Iterator[Path]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def toml_places(text: str) -> Iterator[tuple[Path, Place]]:
    """The places in a TOML file; of several for one path the first counts."""
    content = text.encode()
    return _Walk(content).toml(_root(content, "toml"))


def toml_comments(text: str) -> Iterator[tuple[Span, str]]:
    """The comments in a TOML file, each from its `#` on."""
    content = text.encode()
    walk, pending = _Walk(content), [_root(content, "toml")]
    while pending:
        node = pending.pop()
        if node.type == "comment":
            yield walk.span(node), (node.text or b"").decode()
        pending += reversed(node.children)


def json_places(text: str) -> Iterator[tuple[Path, Place]]:
    """The places in a JSON file; a key that stands twice has several."""
    content = text.encode()
    # The grammar knows no plus in an exponent; a zero takes as much room.
    located = re.sub(rb"(?<=[0-9][eE])\+(?=[0-9])", b"0", content)
    walk = _Walk(content)
    for node in _root(located, "json").named_children:
        yield from walk.json(node, ())


def _root(content: bytes, language: Literal["json", "toml"]) -> Node:
    """The syntax tree of a text."""
    from tree_sitter import Language, Parser

    if language == "json":
        from tree_sitter_json import language as grammar
    else:
        from tree_sitter_toml import language as grammar
    return Parser(Language(grammar())).parse(content).root_node


class _Walk:
    """Collects the positions of a syntax tree; tree-sitter counts rows from 0, columns in bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.lines = content.split(b"\n")
        self.ascii = [line.isascii() for line in self.lines]
        self.counters: dict[Path, int] = {}

    def span(self, node: Node) -> Span:
        (row, column), (end_row, end_column) = node.start_point, node.end_point
        return Span(
            row + 1, self.column(row, column), end_row + 1, self.column(end_row, end_column)
        )

    def column(self, row: int, column: int) -> int:
        if row >= len(self.lines):
            return 1
        if self.ascii[row]:
            return column + 1
        return len(self.lines[row][:column].decode(errors="replace")) + 1

    def json(self, node: Node, path: Path) -> Iterator[tuple[Path, Place]]:
        if node.type == "object":
            for pair in node.named_children:
                key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
                if key is None or value is None:
                    continue
                inner = (*path, json.loads(self.content[key.start_byte : key.end_byte]))
                yield inner, Place(self.span(key), self.span(value))
                yield from self.json(value, inner)
        elif node.type == "array":
            for index, item in enumerate(n for n in node.named_children if n.type != "comment"):
                yield (*path, index), Place(None, self.span(item))
                yield from self.json(item, (*path, index))

    def toml(self, root: Node) -> Iterator[tuple[Path, Place]]:
        for node in root.named_children:
            if node.type == "pair":
                yield from self.toml_pair(node, ())
            elif node.type in ("table", "table_array_element"):
                yield from self.toml_table(node)

    def toml_table(self, node: Node) -> Iterator[tuple[Path, Place]]:
        header, *rest = [child for child in node.named_children if child.type != "comment"]
        names = _toml_key(header)
        span = self.span(header)
        path: Path = ()
        for name in names[:-1]:
            path = (*path, name)
            yield path, Place(span, None)  # unless it has a header of its own
            path = (*path, self.counters[path]) if path in self.counters else path
        path = (*path, names[-1])
        if node.type == "table_array_element":
            index = self.counters.get(path, -1) + 1
            self.counters[path] = index
            if index == 0:
                yield path, Place(span, None)
            path = (*path, index)
        yield path, Place(span, None)
        for pair in rest:
            yield from self.toml_pair(pair, path)

    def toml_pair(self, node: Node, path: Path) -> Iterator[tuple[Path, Place]]:
        children = [child for child in node.named_children if child.type != "comment"]
        if len(children) < 2:
            return
        key, value = children[0], children[-1]
        inner = (*path, *_toml_key(key))
        for length in range(len(path) + 1, len(inner)):
            yield inner[:length], Place(self.span(key), None)
        yield inner, Place(self.span(key), self.span(value))
        yield from self.toml_value(value, inner)

    def toml_value(self, node: Node, path: Path) -> Iterator[tuple[Path, Place]]:
        if node.type not in ("inline_table", "array"):
            return
        children = [child for child in node.named_children if child.type != "comment"]
        if node.type == "inline_table":
            for pair in children:
                yield from self.toml_pair(pair, path)
            return
        for index, item in enumerate(children):
            yield (*path, index), Place(None, self.span(item))
            yield from self.toml_value(item, (*path, index))


def _toml_key(node: Node) -> tuple[str, ...]:
    if node.type == "dotted_key":
        return tuple(part for child in node.named_children for part in _toml_key(child))
    text = (node.text or b"").decode()
    if node.type == "quoted_key":
        return (tomli.loads(f"key = {text}")["key"],)
    return (text,)
