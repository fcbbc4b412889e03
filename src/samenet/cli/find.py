"""The specs that the arguments of `validate` name."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from samenet.diagnostics import printable
from samenet.paths import is_below

SUFFIXES = (".net.toml", ".net.json")
"""Of the files that a folder is searched for."""

STDIN = "-"


def find(names: Iterable[str]) -> list[str]:
    """The files that are named, each once, in the order of the names.

    Args:
        names: files, folders to search, patterns such as `specs/**/*.toml` that the shell has
            left, and `-`.

    Raises:
        UsageError: nothing has this name, or a folder has no specs.
    """
    return list(dict.fromkeys(file for name in names for file in _files(name)))


def _files(name: str) -> Iterable[str]:
    if name == STDIN:
        return [name]
    if os.path.isdir(name):
        found = sorted(_inside(name))
        wanted = " or ".join(f"*{suffix}" for suffix in SUFFIXES)
        return found or _refuse(f"no {wanted} in the folder {name}")
    if os.path.lexists(name):
        return [str(Path(name))]
    if glob.has_magic(name):
        found = [path for path in sorted(glob.glob(name, recursive=True)) if os.path.isfile(path)]
        return found or _refuse(f"no file matches the pattern {name}")
    return _refuse(f"there is no file or folder {name}")


def _inside(folder: str) -> Iterator[str]:
    """The specs below a folder, but not in hidden ones, nor behind links that lead out of it."""
    root = os.path.realpath(folder)
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = os.path.join(parent, name)
            inside = is_below(os.path.realpath(path), root)
            if inside and name.endswith(SUFFIXES) and os.path.isfile(path):
                yield str(Path(path))


def _refuse(message: str) -> list[str]:
    raise click.UsageError(printable(message))
