"""The specs that the arguments of `validate` name."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import click

from samenet.diagnostics import printable
from samenet.document import MAX_BYTES
from samenet.paths import is_below

SUFFIXES = (".net.toml", ".net.json")
"""Of the files that a folder is searched for."""

STDIN = "-"


class Piped(NamedTuple):
    """What stands in standard input.

    Attributes:
        content: its bytes, at most one more than a spec may have.
        file: the name to use in messages, in whose folder what it extends is searched.
        is_json: JSON, else TOML.
    """

    content: bytes
    file: str
    is_json: bool


def read_stdin(name: str | None) -> Piped:
    """Read standard input, which will be the file of a name if there is one."""
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    is_json = name.endswith(".json") if name else content.lstrip().startswith(b"{")
    return Piped(content, name or "<stdin>", is_json)


def find(names: Iterable[str]) -> dict[str, str]:
    """The files that are named, each once, in the order of the names.

    Args:
        names: files, folders to search, patterns such as `specs/**/*.toml` that the shell has
            left, and `-`.

    Returns:
        The files, each with a reason why it is not to be read, or an empty text.

    Raises:
        UsageError: nothing has this name, or a folder has no specs.
    """
    found: dict[str, str] = {}
    for name in names:
        for file, reason in _files(name):
            found.setdefault(file, reason)
    return found


def _files(name: str) -> Iterable[tuple[str, str]]:
    if name == STDIN:
        return [(name, "")]
    if os.path.isdir(name):
        found = sorted(_inside(name))
        wanted = " or ".join(f"*{suffix}" for suffix in SUFFIXES)
        return found or _refuse(f"no {wanted} in the folder {name}")
    if os.path.lexists(name):
        return [(str(Path(name)), "")]
    if glob.has_magic(name):
        paths = sorted(glob.glob(name, recursive=True))
        return [(path, "") for path in paths if os.path.isfile(path)] or _refuse(
            f"no file matches the pattern {name}"
        )
    return _refuse(f"there is no file or folder {name}")


def _inside(folder: str) -> Iterator[tuple[str, str]]:
    """The specs below a folder, but not in hidden ones."""
    root = os.path.realpath(folder)
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in (*names, *folders):
            if name.endswith(SUFFIXES):
                path = os.path.join(parent, name)
                yield str(Path(path)), _reason(path, root)


def _reason(path: str, root: str) -> str:
    """Why what a search has found is not to be read; nobody has named it."""
    if not is_below(os.path.realpath(path), root):
        return "the link leads out of the folder that is searched"
    return "" if os.path.isfile(path) else "it is no file"  # a pipe may never end


def _refuse(message: str) -> list[tuple[str, str]]:
    raise click.UsageError(printable(message))
