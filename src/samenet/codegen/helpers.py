"""Helper definitions: real Python files below `templates/`, of which a program gets what it uses.

A helper file is a module that can be linted, typed and tested where it stands. A program receives
the definitions that it names and, of the same file or of files that it imports relatively, those
that they name in turn.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from samenet.codegen.emission import Source
from samenet.codegen.templates import template_text


@dataclass(frozen=True)
class HelperFile:
    """The definitions of a file: their text, the names they use, where imported ones come from."""

    definitions: dict[str, str]
    uses: dict[str, frozenset[str]]
    imported_from: dict[str, str]


_ADDED: dict[str, Path] = {}


def add(path: Path) -> str:
    """Let programs carry definitions of a file of one's own; returns what it is called.

    Raises:
        ValueError: another file has the same name.
    """
    name = f"custom/{path.stem}"
    if _ADDED.setdefault(name, path) != path:
        raise ValueError(f"{path}: {_ADDED[name]} has the same name; choose another one")
    read.cache_clear()
    return name


def used_names(tree: ast.AST) -> frozenset[str]:
    """Every plain name in a piece of source."""
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


_NAMES: dict[str, frozenset[str]] = {}
"""The names that the definitions of helper files use, by the text of these."""


def names_in(text: str) -> frozenset[str]:
    """Every plain name in the text of a program, whose definitions stand two blank lines apart.

    What helper files define is not parsed again: it is the most of a program.
    """
    parts = (part.strip("\n") for part in text.split("\n\n\n"))
    found = (_NAMES[part] if part in _NAMES else used_names(ast.parse(part)) for part in parts)
    return frozenset[str]().union(*found)


@cache
def read(file: str) -> HelperFile:
    """The definitions in `templates/<file>.py`, or in a file that was added."""
    added = _ADDED.get(file)
    text = template_text(f"{file}.py") if added is None else added.read_text(encoding="utf-8")
    lines = text.splitlines()
    result = HelperFile({}, {}, {})
    previous_end = 0
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = file.split("/")[: -node.level]
            for alias in node.names:
                result.imported_from[alias.name] = "/".join(
                    [*folder, *(node.module or "").split(".")]
                )
        name = _defined_name(node)
        if name is not None and node.end_lineno is not None:
            first = _first_line(lines, previous_end)
            result.definitions[name] = "\n".join(lines[first : node.end_lineno])
            result.uses[name] = _NAMES[result.definitions[name]] = used_names(node)
        previous_end = node.end_lineno or previous_end
    return result


def _defined_name(node: ast.stmt) -> str | None:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return None


def _first_line(lines: list[str], start: int) -> int:
    """The next line that is not blank: comments and decorators belong to what follows."""
    while not lines[start].strip():
        start += 1
    return start


def source(
    needed: Iterable[tuple[str, str]], variants: Mapping[tuple[str, str], str] | None = None
) -> Source:
    """The definitions of the (file, name) pairs and of all that they need, in a fixed order.

    Args:
        needed: what the program names itself.
        variants: for a pair, the file whose definition of the same name the program gets instead.
    """
    variants = variants or {}
    wanted: set[tuple[str, str]] = set()
    pending = list(needed)
    while pending:
        file, name = pending.pop()
        file = variants.get((file, name), file)
        if (file, name) in wanted:
            continue
        wanted.add((file, name))
        helper = read(file)
        for used in helper.uses[name]:
            if used in helper.definitions:
                pending.append((file, used))
            elif used in helper.imported_from:
                pending.append((helper.imported_from[used], used))
    parts: dict[str, str] = {}
    for file in sorted({file for file, _ in wanted}, key=_rank):
        for name, text in read(file).definitions.items():
            if (file, name) not in wanted:
                continue
            if name in parts:
                raise ValueError(f"{file} defines {name!r}, which a program has already; rename it")
            parts[name] = text
    return Source("\n\n\n".join(parts.values()))


def _rank(file: str) -> tuple[int, str]:
    """Shared helpers first: the others build on them."""
    return (0 if file.startswith("shared/") else 1, file)
