"""The network of a text, as far as it is sound: what its layers give, own and are called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, cast

from samenet.diagnostics import Path, SpecError
from samenet.document import Document
from samenet.expansion import expanded
from samenet.expansion.extends import merged
from samenet.graph.expand import GraphError, expand
from samenet.graph.ir import INPUT, ResolvedGraph, ResolvedNode
from samenet.graph.resolve import LocatedShapeError, resolve
from samenet.language_server.text import SpecText
from samenet.spec.model import Spec
from samenet.spec.validation import validated


@dataclass(frozen=True)
class Network:
    """A spec and its graph, and the document that says where its layers stand."""

    spec: Spec
    graph: ResolvedGraph
    document: Document

    def nodes(self, path: Path) -> list[ResolvedNode]:
        """The layers that an item of an array of layers stands for, with all its repetitions."""
        return [
            node
            for node in self.graph.nodes
            if path in (node.origin[: len(path)], self.document.origin(node.origin))
        ]

    def path(self, name: str) -> Path | None:
        """Where the layer or block of a name in the network stands."""
        for node in self.graph.nodes:
            if name in (node.name, node.name.partition(".")[0]):
                return node.origin[:2]
        return None


def network_of(text: SpecText) -> Network | None:
    """The network of a text, or None where it has none because of a mistake."""
    try:
        document = expanded(text.document, folder=folder_of(text.document))
        spec = validated(document)
        return Network(spec, resolve(expand(spec)), document)
    except (SpecError, GraphError, LocatedShapeError):
        return None


def with_bases(text: SpecText) -> Document:
    """The document with what it extends, or alone where that is a mistake."""
    try:
        return merged(text.document, folder_of(text.document))
    except SpecError:
        return text.document


def folder_of(document: Document) -> FilePath | None:
    """The folder in which paths of a document begin."""
    return None if document.file is None else FilePath(document.file).parent


def scope_of(path: Path) -> Path:
    """The array of layers around a path: that of a block, or the network's."""
    return (*path[:2], "layers") if path[:1] == ("blocks",) else ("layers",)


def own_names(text: SpecText, scope: Path) -> Iterator[tuple[str, Path]]:
    """The names that people gave to layers of a scope, and where these stand."""
    items = text.value(scope)
    if isinstance(items, tuple):
        for index in range(len(cast("tuple[Any, ...]", items))):
            name = text.table((*scope, index)).get("name")
            if isinstance(name, str):
                yield name, (*scope, index)


def names(text: SpecText, scope: Path) -> list[str]:
    """The names by which layers of a scope can read others."""
    found = [name for name, _ in own_names(text, scope)]
    if scope[0] == "blocks":
        inputs = text.table(scope[:2]).get("inputs", INPUT)
        words = (inputs,) if isinstance(inputs, str) else cast("tuple[Any, ...]", inputs)
        return [*(str(word) for word in words), *found]
    network = network_of(text)
    if network is not None:
        nodes = network.graph.nodes
        found += [name for name in (node.name.partition(".")[0] for node in nodes)]
    inputs = list(text.table(("inputs",))) or [INPUT]
    return list(dict.fromkeys((*inputs, *found)))
