"""What advice looks at: a spec without mistakes, its network, and where all of it is written."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, cast

from samenet.diagnostics import Path
from samenet.document import Document
from samenet.graph.ir import ResolvedGraph, ResolvedNode, Value
from samenet.graph.reach import aliases, first_name
from samenet.spec.model import Spec

NORMALIZATIONS = (
    "batch_normalization",
    "group_normalization",
    "layer_normalization",
    "rms_normalization",
    "unit_normalization",
)
"""The types of layers that bring values to a common scale."""

FARTHEST = 32
"""Through how many layers without weights it is looked back; a spec may have thousands."""


class Setting(NamedTuple):
    """A key that, set to a value, is what a piece of advice asks for.

    Attributes:
        table: where the table of the key stands.
        key: the key.
        value: a boolean, number, text or list.
        safe: whether what is trained stays the same.
    """

    table: Path
    key: str
    value: Any
    safe: bool = False


class Finding(NamedTuple):
    """A place to which a piece of advice applies.

    Attributes:
        message: what was found.
        hint: what to do.
        path: where it stands.
        key: whether it is the key there.
        setting: the change that does it, or None.
    """

    message: str
    hint: str
    path: Path
    key: bool = False
    setting: Setting | None = None


@dataclass(frozen=True)
class Subject:
    """A spec without mistakes.

    Attributes:
        spec: the spec.
        graph: its network.
        document: where it is written.
    """

    spec: Spec
    graph: ResolvedGraph
    document: Document

    @cached_property
    def _nodes(self) -> Mapping[str, ResolvedNode]:
        return {node.name: node for node in self.graph.nodes}

    @cached_property
    def _aliases(self) -> Mapping[Value, Value]:
        return aliases(self.graph)

    @cached_property
    def _readers(self) -> Mapping[Value, int]:
        counts: dict[Value, int] = {}
        for value in self.graph.outputs.values():
            counts[first_name(value, self._aliases)] = 1
        for node in self.graph.nodes:
            for value in node.inputs:
                name = first_name(value, self._aliases)
                counts[name] = counts.get(name, 0) + 1
        return counts

    def producer(self, value: Value) -> ResolvedNode | None:
        """The layer that computes a value, or None for an input of the network."""
        return self._nodes.get(first_name(value, self._aliases).node)

    def before(self, node: ResolvedNode) -> list[ResolvedNode]:
        """The layers that a layer reads."""
        return [item for value in node.inputs if (item := self.producer(value)) is not None]

    def back(self, value: Value) -> Iterator[ResolvedNode]:
        """The layers through which a value came from the last weights, the nearest first.

        It ends on each way behind the first layer with weights, which it yields too, and after
        `FARTHEST` layers.
        """
        seen: set[str] = set()
        pending = deque([value])
        while pending and len(seen) < FARTHEST:
            node = self.producer(pending.popleft())
            if node is not None and node.name not in seen:
                seen.add(node.name)
                yield node
                pending.extend(() if self.has_weights(node) else node.inputs)

    def readers(self, node: ResolvedNode) -> int:
        """How often the first output of a layer is read, by layers or as an output."""
        return self._readers.get(Value(node.name), 0)

    def has_weights(self, node: ResolvedNode) -> bool:
        """Whether a layer has weights, of its own or shared ones, and does not only normalize."""
        return bool(node.weights or node.share) and node.kind not in NORMALIZATIONS

    def of_kind(self, *kinds: str) -> list[ResolvedNode]:
        """The layers of some types, in the order of evaluation."""
        return [node for node in self.graph.nodes if node.kind in kinds]

    def depth(self) -> int:
        """The most layers with kernels on a way through the network, recurrent ones left out."""
        depths: dict[str, int] = {}
        for node in self.graph.nodes:
            below = max((depths[item.name] for item in self.before(node)), default=0)
            depths[node.name] = below + is_weighted(node)
        return max(depths.values(), default=0)

    def written(self, path: Path, *keys: str) -> Path:
        """Where the first of some keys of a layer stands: in it, in the defaults, else the layer.

        Args:
            path: that of the layer.
            keys: the keys, those that count most first.
        """
        layer = self._at(path)
        for key in keys:
            if key in layer:
                return (*path, key)
            defaults = self._at(("defaults", layer.get("type", "")))
            if key in defaults:
                return ("defaults", layer["type"], key)
        return path

    def _at(self, path: Path) -> Mapping[str, Any]:
        part: Any = self.document.tree
        for key in path:
            try:
                part = part[key]
            except (KeyError, IndexError, TypeError):
                return {}
        return cast("Mapping[str, Any]", part) if isinstance(part, Mapping) else {}


_RECURRENT = ("bidirectional", "conv_lstm1d", "conv_lstm2d", "conv_lstm3d", "gru", "lstm")


def is_weighted(node: ResolvedNode) -> bool:
    """Whether a layer multiplies what it reads by a kernel, without a recurrence."""
    return node.multiply_adds > 0 and node.kind not in (*_RECURRENT, "simple_rnn")
