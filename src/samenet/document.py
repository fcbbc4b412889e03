"""Bytes to a `Document`: a tree in which every key and value knows its line and column.

A parser of the format decides what is valid and gives the values (tomli, json); `samenet.positions`
finds where they stand. Nothing here knows what a spec means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, cast

import tomli

from samenet.diagnostics import Code, Diagnostic, Path, Span, SpecError
from samenet.positions import Place, Places, json_places

MAX_BYTES = 1 << 20
"""The largest file that is read; real specs are a hundred times smaller."""

MAX_DEPTH = 64
"""How deep tables and arrays may be nested."""

MAX_VALUES = 100_000
"""How many keys and values a file may have."""

MAX_TEXT = 1 << 16
"""The longest text, in characters."""

MAX_KEY = 256
"""The longest key, in characters."""

_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What no text may hold: control characters, marks that turn the direction of what follows (so
that it reads otherwise than it is), and halves of surrogate pairs."""

Tree = Mapping[str, Any]


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
        is_json: whether the text is JSON, else TOML.
        bases: the texts of the files that it extends, by their names.
    """

    tree: Tree
    text: str = ""
    file: str | None = None
    places: Mapping[Path, Place] = field(default_factory=dict[Path, Place])
    origins: Mapping[Path, Path] = field(default_factory=dict[Path, Path])
    is_json: bool = False
    bases: Mapping[str, str] = field(default_factory=dict[str, str])

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, without their line feeds."""
        return self.text.split("\n")

    @cached_property
    def pairs(self) -> Mapping[Path, list[tuple[str, Place]]]:
        """Of each table the keys whose values stand in the text itself, with their places."""
        pairs: dict[Path, list[tuple[str, Place]]] = {}
        for path, place in self.places.items():
            if place.source is None and place.key and place.value:
                pairs.setdefault(path[:-1], []).append((str(path[-1]), place))
        return pairs

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
        return Diagnostic(code, message, hint, path, source, span, code.severity)

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
    return parse(content, file=file, is_json=is_json_file(file))


def is_json_file(name: str) -> bool:
    """Whether a file of this name is read as JSON, else as TOML."""
    return name.lower().endswith(".json")


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
    raw = _parse_json(text, file) if is_json else _parse_toml(text, file)
    if _is_huge(raw):
        message = f"the spec has more than {MAX_VALUES:,} keys and values"
        raise SpecError([Diagnostic(Code.TOO_LARGE, message, file=file)])
    places = Places(text, is_json=is_json)
    try:
        return Document(frozen(raw), text, file, places, is_json=is_json)
    except BadTreeError as error:
        raise SpecError([error.diagnostic(Document({}, text, file, places))]) from error


def _is_huge(raw: Any) -> bool:
    """Whether there is so much that finding the places would take long."""
    count, rest = 0, [raw]
    while rest and count <= MAX_VALUES:
        value = rest.pop()
        if isinstance(value, Mapping | list):
            items = cast("Mapping[str, Any] | list[Any]", value)
            count += len(items)
            rest += items.values() if isinstance(items, Mapping) else items
    return count > MAX_VALUES


def from_mapping(tree: Mapping[str, Any]) -> Document:
    """A document from a dictionary that a program made; it has no positions.

    Raises:
        SpecError: the tree is none that a file could hold; see `frozen`.
    """
    try:
        return Document(frozen(tree))
    except BadTreeError as error:
        raise SpecError([error.diagnostic(Document({}))]) from error


def _parse_toml(text: str, file: str | None) -> Tree:
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        # Only a decoder error knows a position.
        span = Span(error.lineno, error.colno, error.lineno, error.colno + 1)
        raise _syntax_error(_lowered(error.msg), file, span) from error
    except (RecursionError, ValueError) as error:
        raise _syntax_error(_reason(error), file, None) from error


def _parse_json(text: str, file: str | None) -> Tree:
    try:
        tree = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
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
        for path, place in json_places(text):
            if path in seen:
                return place.key
            seen.add(path)
    return None


def _lowered(message: str) -> str:
    """A parser's sentence, to stand behind our code."""
    return message[:1].lower() + message[1:]


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "the nesting is too deep"
    return "a whole number has too many digits" if "digits" in str(error) else str(error)


def _syntax_error(message: str, file: str | None, span: Span | None) -> SpecError:
    return SpecError([Diagnostic(Code.SYNTAX, message, "", (), file, span)])


class BadTreeError(ValueError):
    """A tree that no file could hold, or that is beyond the limits.

    Attributes:
        code: what kind of mistake it is.
        path: where it stands.
        key: whether it is the key there.
    """

    def __init__(self, code: Code, message: str, path: Path, *, key: bool = False) -> None:
        self.code, self.path, self.key = code, path, key
        super().__init__(message)

    def diagnostic(self, document: Document) -> Diagnostic:
        """The same for a person, with its place in a document."""
        return document.diagnostic(self.code, str(self), "", self.path, self.key)


def frozen(value: Any, path: Path = ()) -> Any:
    """Lists become tuples, so that nothing in the tree can change and strict types accept it.

    Args:
        value: what stands at `path`.
        path: its depth counts.

    Raises:
        BadTreeError: a key is not text, a text is too long or holds what cannot be seen, or the
            nesting is too deep.
    """
    if len(path) > MAX_DEPTH:
        message = f"tables and arrays are nested more than {MAX_DEPTH} deep"
        raise BadTreeError(Code.TOO_LARGE, message, path)
    if isinstance(value, str):
        _check_text(value, MAX_TEXT, path)
    if isinstance(value, Mapping):
        mapping = cast("Mapping[Any, Any]", value)
        for key in mapping:
            if not isinstance(key, str):
                raise BadTreeError(Code.WRONG_TYPE, f"the key {key!r} is not text", path)
            _check_text(key, MAX_KEY, (*path, key[:MAX_KEY]), key=True)
        return {key: frozen(item, (*path, key)) for key, item in mapping.items()}
    if isinstance(value, list | tuple):
        items = enumerate(cast("Iterable[Any]", value))
        return tuple(frozen(item, (*path, index)) for index, item in items)
    return value


def _check_text(text: str, limit: int, path: Path, *, key: bool = False) -> None:
    if len(text) > limit:
        message = f"a {'key' if key else 'text'} has at most {limit:,} characters"
        raise BadTreeError(Code.TOO_LARGE, message, path, key=key)
    if found := _UNSEEN.search(text):
        message = f"a text cannot hold characters that are not seen, found U+{ord(found[0]):04X}"
        raise BadTreeError(Code.OUT_OF_RANGE, message, path, key=key)
