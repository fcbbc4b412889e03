"""Bytes to a `Document`: a tree in which every key and value knows its line and column.

A parser of the format decides what is valid and gives the values (tomli, json). tree-sitter finds
where they stand; it is never asked whether the text is valid. Nothing here knows what a spec means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, cast

import tomli
import tree_sitter
import tree_sitter_json
import tree_sitter_toml

from samenet.diagnostics import Code, Diagnostic, Path, Span, SpecError

MAX_BYTES = 1 << 20
"""The largest file that is read; real specs are a hundred times smaller."""

MAX_DEPTH = 64
"""How deep tables and arrays may be nested."""

Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key and its value stand.

    Attributes:
        key: the key, or None for an item of an array.
        value: the value, or None for a table that has a header.
        source: the file, where it is not that of the document, or an override as it was given.
    """

    key: Span | None
    value: Span | None
    source: str | None = None


@dataclass(frozen=True)
class Document:
    """A parsed file, and what has become of it.

    Attributes:
        tree: the values: dictionaries, tuples (for arrays), strings, numbers, booleans.
        text: the text that was parsed, without a byte order mark.
        file: the name of the file for messages, or None.
        places: the position of each key path.
        origins: for each path at which a copy of another part of the tree was put, the path of
            that part, by which people know it and under which `places` has it.
    """

    tree: Tree
    text: str = ""
    file: str | None = None
    places: Mapping[Path, Place] = field(default_factory=dict[Path, Place])
    origins: Mapping[Path, Path] = field(default_factory=dict[Path, Path])

    def origin(self, path: Path) -> Path:
        """The path by which people know what stands at a path of the tree."""
        if self.origins:
            for length in range(len(path), 0, -1):
                known = self.origins.get(path[:length])
                if known is not None:
                    return (*known, *path[length:])
        return path

    def span(self, path: Path, key: bool = False) -> Span | None:
        """The position of a value (or of its key), else of the nearest table around it."""
        return self._located(self.origin(path), key)[1]

    def diagnostic(
        self, code: Code, message: str, hint: str = "", path: Path = (), key: bool = False
    ) -> Diagnostic:
        """A diagnostic that points at a path of this document."""
        path = self.origin(path)
        source, span = self._located(path, key)
        return Diagnostic(code, message, hint, path, source, span)

    def _located(self, path: Path, key: bool) -> tuple[str | None, Span | None]:
        while path:
            place = self.places.get(path)
            if place is not None:
                first, second = (place.key, place.value) if key else (place.value, place.key)
                return place.source or self.file, first or second
            path, key = path[:-1], True
        return self.file, None


def read(path: str | FilePath) -> Document:
    """Read and parse a spec file, TOML or (by the suffix `.json`) JSON.

    Raises:
        SpecError: the file cannot be read, is too large, is not UTF-8 or has a syntax error.
    """
    file = str(path)
    try:
        with open(path, "rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(
            [Diagnostic(Code.UNREADABLE_FILE, f"cannot read the spec: {reason}", file=file)]
        ) from error
    return parse(content, file=file, is_json=file.lower().endswith(".json"))


def parse(content: bytes, *, file: str | None = None, is_json: bool = False) -> Document:
    """Parse the bytes of a spec.

    Args:
        content: UTF-8 text, with or without a byte order mark.
        file: the name to use in messages.
        is_json: JSON, else TOML.

    Raises:
        SpecError: the text is too large, not UTF-8 or has a syntax error.
    """
    if len(content) > MAX_BYTES:
        message = f"the spec is larger than {MAX_BYTES:,} bytes"
        raise SpecError([Diagnostic(Code.TOO_LARGE, message, file=file)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        before = content[content.rfind(b"\n", 0, error.start) + 1 : error.start]
        column = len(before.decode("utf-8-sig")) + 1
        message = f"byte 0x{content[error.start]:02x} is not valid UTF-8"
        hint = "save the file in the UTF-8 encoding"
        span = Span(line, column, line, column + 1)
        raise SpecError([Diagnostic(Code.NOT_UTF8, message, hint, (), file, span)]) from error
    tree = _parse_json(text, file) if is_json else _parse_toml(text, file)
    places: dict[Path, Place] = {}
    for path, place in (_json_places if is_json else _toml_places)(text):
        places.setdefault(path, place)
    return Document(tree, text, file, places)


def from_mapping(tree: Mapping[str, Any]) -> Document:
    """A document from a dictionary that a program made; it has no positions.

    Raises:
        SpecError: a key is not text, or the nesting is too deep.
    """
    try:
        return Document(frozen(tree))
    except BadTreeError as error:
        diagnostic = Diagnostic(Code.WRONG_TYPE, str(error), path=error.path)
        raise SpecError([diagnostic]) from error


def _parse_toml(text: str, file: str | None) -> Tree:
    try:
        return frozen(tomli.loads(text))
    except tomli.TOMLDecodeError as error:
        # Only a decoder error knows a position.
        span = Span(error.lineno, error.colno, error.lineno, error.colno + 1)
        raise _syntax_error(_lowered(error.msg), file, span) from error
    except (RecursionError, ValueError) as error:
        raise _syntax_error(_reason(error), file, None) from error


def _parse_json(text: str, file: str | None) -> Tree:
    try:
        tree = frozen(json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant))
    except json.JSONDecodeError as error:
        span = Span(error.lineno, error.colno, error.lineno, error.colno + 1)
        raise _syntax_error(_lowered(error.msg), file, span) from error
    except (RecursionError, ValueError) as error:
        raise _syntax_error(_reason(error), file, _refused_json(text)) from error
    if not isinstance(tree, dict):
        raise _syntax_error("a spec is a JSON object", file, Span(1, 1, 1, 2))
    return cast("Tree", tree)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key {key!r} stands twice in one object")
        result[key] = value
    return result


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not a JSON number")


def _refused_json(text: str) -> Span | None:
    """The place of what JSON's parser lets pass and we do not: NaN, infinity, a repeated key."""
    for match in re.finditer(r'"(?:\\.|[^"\\])*"|-?(?:NaN|Infinity)', text):
        if not match[0].startswith('"'):
            line = text.count("\n", 0, match.start()) + 1
            column = match.start() - text.rfind("\n", 0, match.start())
            return Span(line, column, line, column + len(match[0]))
    seen: set[Path] = set()
    with suppress(RecursionError):
        for path, place in _json_places(text):
            if path in seen:
                return place.key
            seen.add(path)
    return None


def _lowered(message: str) -> str:
    """A parser's sentence, to stand behind our code."""
    return message[:1].lower() + message[1:]


def _reason(error: Exception) -> str:
    return "the nesting is too deep" if isinstance(error, RecursionError) else str(error)


def _syntax_error(message: str, file: str | None, span: Span | None) -> SpecError:
    return SpecError([Diagnostic(Code.SYNTAX, message, "", (), file, span)])


class BadTreeError(ValueError):
    """A tree that no file could hold, or that is nested too deep; `path` says where."""

    def __init__(self, message: str, path: Path) -> None:
        self.path = path
        super().__init__(message)


def frozen(value: Any, path: Path = ()) -> Any:
    """Lists become tuples, so that nothing in the tree can change and strict types accept it.

    Args:
        value: what stands at `path`.
        path: its depth counts.

    Raises:
        BadTreeError: a key is not text, or the nesting is too deep.
    """
    if len(path) > MAX_DEPTH:
        raise BadTreeError(f"tables and arrays are nested more than {MAX_DEPTH} deep", path)
    if isinstance(value, Mapping):
        mapping = cast("Mapping[Any, Any]", value)
        for key in mapping:
            if not isinstance(key, str):
                raise BadTreeError(f"the key {key!r} is not text", path)
        return {key: frozen(item, (*path, key)) for key, item in mapping.items()}
    if isinstance(value, list | tuple):
        items = enumerate(cast("Iterable[Any]", value))
        return tuple(frozen(item, (*path, index)) for index, item in items)
    return value


# Positions


def _toml_places(text: str) -> Iterator[tuple[Path, Place]]:
    content = text.encode()
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
    return _Walk(content).toml(parser.parse(content).root_node)


def _json_places(text: str) -> Iterator[tuple[Path, Place]]:
    content = text.encode()
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_json.language()))
    # The grammar knows no plus in an exponent; a zero takes as much room.
    located = re.sub(rb"(?<=[0-9][eE])\+(?=[0-9])", b"0", content)
    walk = _Walk(content)
    for node in parser.parse(located).root_node.named_children:
        yield from walk.json(node, ())


class _Walk:
    """Collects the positions of a syntax tree; tree-sitter counts rows from 0, columns in bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.lines = content.split(b"\n")
        self.ascii = [line.isascii() for line in self.lines]
        self.counters: dict[Path, int] = {}

    def span(self, node: tree_sitter.Node) -> Span:
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

    def json(self, node: tree_sitter.Node, path: Path) -> Iterator[tuple[Path, Place]]:
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

    def toml(self, root: tree_sitter.Node) -> Iterator[tuple[Path, Place]]:
        for node in root.named_children:
            if node.type == "pair":
                yield from self.toml_pair(node, ())
            elif node.type in ("table", "table_array_element"):
                yield from self.toml_table(node)

    def toml_table(self, node: tree_sitter.Node) -> Iterator[tuple[Path, Place]]:
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

    def toml_pair(self, node: tree_sitter.Node, path: Path) -> Iterator[tuple[Path, Place]]:
        children = [child for child in node.named_children if child.type != "comment"]
        if len(children) < 2:
            return
        key, value = children[0], children[-1]
        inner = (*path, *_toml_key(key))
        for length in range(len(path) + 1, len(inner)):
            yield inner[:length], Place(self.span(key), None)
        yield inner, Place(self.span(key), self.span(value))
        yield from self.toml_value(value, inner)

    def toml_value(self, node: tree_sitter.Node, path: Path) -> Iterator[tuple[Path, Place]]:
        children = [child for child in node.named_children if child.type != "comment"]
        if node.type == "inline_table":
            for pair in children:
                yield from self.toml_pair(pair, path)
        elif node.type == "array":
            for index, item in enumerate(children):
                yield (*path, index), Place(None, self.span(item))
                yield from self.toml_value(item, (*path, index))


def _toml_key(node: tree_sitter.Node) -> tuple[str, ...]:
    if node.type == "dotted_key":
        return tuple(part for child in node.named_children for part in _toml_key(child))
    text = (node.text or b"").decode()
    if node.type == "quoted_key":
        return (tomli.loads(f"key = {text}")["key"],)
    return (text,)
