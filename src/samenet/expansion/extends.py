"""`extends`: a spec on top of others. Tables are merged, everything else is replaced.

A table that says another `type` or `source` than the one below it is another thing, and replaces
it: its keys would mean nothing there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from pathlib import PureWindowsPath
from typing import Any, cast

from samenet import document as documents
from samenet.diagnostics import Code, Diagnostic, Path, SpecError, nearest
from samenet.document import Document, Tree
from samenet.expansion import EXTENDS
from samenet.expansion.arithmetic import kind
from samenet.expansion.mistakes import circle
from samenet.paths import is_below, project_of
from samenet.positions import Place

MAX_FILES = 100
"""How many files one spec may extend, directly and through others."""


def merged(document: Document, folder: FilePath | None) -> Document:
    """The document with what it extends; each value keeps its place in the file it came from.

    Args:
        document: the spec, as it was read.
        folder: where its relative paths begin, or None for a spec that cannot have any.

    Raises:
        SpecError: with every file that cannot be read, and every circle.
    """
    reading = _Reading(project_of(folder or FilePath()))
    if document.file is not None:
        reading.chain[os.path.realpath(document.file)] = os.path.basename(document.file)
    result = reading.merged(document, folder)
    if reading.found:
        raise SpecError(reading.found)
    return result


@dataclass
class _Reading:
    """Reads what is extended, each file once.

    Attributes:
        project: the folder out of which nothing is read, as its real path.
        done: the files that were read, with what they extend, by their real paths; None for those
            with a mistake.
        chain: the files that extend each other and are not done, by their real paths: their names.
        found: the mistakes.
    """

    project: str
    done: dict[str, Document | None] = field(default_factory=dict[str, "Document | None"])
    chain: dict[str, str] = field(default_factory=dict[str, str])
    found: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def merged(self, document: Document, folder: FilePath | None) -> Document:
        """A document on top of what it extends."""
        names = document.tree.get(EXTENDS, ())
        top = replace(document, tree={k: v for k, v in document.tree.items() if k != EXTENDS})
        bases: list[Document] = []
        if isinstance(names, tuple):
            for index, name in enumerate(cast("tuple[Any, ...]", names)):
                bases += self.base(name, (EXTENDS, index), document, folder)
        else:
            bases += self.base(names, (EXTENDS,), document, folder)
        for upper in [*bases[1:], top] if bases else []:
            bases[0] = _onto(bases[0], upper)
        return bases[0] if bases else top

    def base(
        self, name: Any, path: Path, document: Document, folder: FilePath | None
    ) -> list[Document]:
        """The document that a name means; none where that is a mistake."""
        refusal = _refusal(name, path, document, folder)
        if refusal or folder is None:
            self.found += [refusal] if refusal else []
            return []
        file = folder / name
        real = os.path.realpath(file)
        if not is_below(real, self.project):
            message = f"{name!r} lies outside of {self.project}"
            hint = "a spec extends files of its repository, or else of the current folder"
            self.found.append(document.diagnostic(Code.EXTENDS, message, hint, path))
            return []
        if real in self.chain:
            names = list(self.chain.values())[list(self.chain).index(real) :]
            message = f"specs extend each other in a circle: {circle([*names, names[0]])}"
            hint = "let one of them stand alone"
            self.found.append(document.diagnostic(Code.CYCLE, message, hint, path))
            return []
        if real not in self.done:
            if len(self.done) + len(self.chain) > MAX_FILES:
                message = f"the spec extends more than {MAX_FILES} files"
                self.found = [document.diagnostic(Code.TOO_LARGE, message, "", path)]
                raise SpecError(self.found)
            self.chain[real] = file.name
            self.done[real] = self.read(file)
            del self.chain[real]
        result = self.done[real]
        return [] if result is None else [result]

    def read(self, file: FilePath) -> Document | None:
        """A file with what it extends, or None where it has a mistake."""
        try:
            document = documents.read(_shortest(file))
        except SpecError as error:
            self.found += error.diagnostics
            return None
        places = {
            path: place._replace(source=document.file) for path, place in document.places.items()
        }
        bases = {str(document.file): document.text}
        return self.merged(replace(document, places=places, bases=bases), file.parent)


def _refusal(
    name: Any, path: Path, document: Document, folder: FilePath | None
) -> Diagnostic | None:
    """What is wrong with a name, if anything."""
    if not isinstance(name, str):
        message = f"extends takes the path of a file or an array of paths, found {kind(name)}"
        return document.diagnostic(Code.WRONG_TYPE, message, "", path)
    if folder is None:
        message = f"a spec that comes from no file cannot extend {name!r}"
        hint = "load it from a file, or say in which folder its paths begin"
        return document.diagnostic(Code.EXTENDS, message, hint, path)
    windows = PureWindowsPath(name)
    if FilePath(name).is_absolute() or windows.root or windows.drive:
        message = f"extends takes a path relative to this file, found {name!r}"
        return document.diagnostic(Code.EXTENDS, message, "", path)
    file = folder / name
    if not file.is_file():  # nor is a pipe read, which may never end
        message = f"cannot read {name!r}: there is no such file"
        return document.diagnostic(Code.UNREADABLE_FILE, message, _similar(file), path)
    return None


def _similar(file: FilePath) -> str:
    try:
        return nearest(file.name, os.listdir(file.parent))
    except (OSError, ValueError):
        return ""


def _shortest(file: FilePath) -> FilePath:
    """The path without `..`, where that is the same file in spite of links."""
    short = FilePath(os.path.normpath(file))
    return short if short.is_file() and short.samefile(file) else file


def _onto(base: Document, top: Document) -> Document:
    """A document with what another has and it has not."""
    replaced: set[Path] = set()
    tree = _merge(base.tree, top.tree, (), replaced)
    places = {path: top.places.get(path, Place(None, None)) for path in replaced}
    places |= top.places
    for path, place in base.places.items():
        if path not in places and not any(path[:n] in replaced for n in range(1, len(path))):
            places[path] = place
    return replace(top, tree=tree, places=places, bases={**base.bases, **top.bases})


def _merge(base: Tree, top: Tree, path: Path, replaced: set[Path]) -> dict[str, Any]:
    """Two tables as one; notes the paths of what comes from the upper one."""
    result = dict(base)
    for key, value in top.items():
        below, inner = base.get(key), (*path, key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            lower, upper = cast("Tree", below), cast("Tree", value)
            if not _is_another(lower, upper, inner):
                result[key] = _merge(lower, upper, inner, replaced)
                continue
        result[key] = value
        replaced.add(inner)
    return result


def _is_another(lower: Tree, upper: Tree, path: Path) -> bool:
    if path[0] in ("variables", "blocks"):  # any key there is a person's own word
        return False
    return any(
        tag in lower and tag in upper and lower[tag] != upper[tag] for tag in ("type", "source")
    )
