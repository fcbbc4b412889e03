"""Two networks compared: what each layer of the one is in the other.

Layers that only one of them has are looked through: where one was put in between, those behind it
still read the same. Only if they do not is a changed input of theirs a change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from samenet.difference.align import Alignment, align
from samenet.difference.values import Change, keys_changed, plain
from samenet.graph.ir import (
    Block,
    Node,
    ResolvedGraph,
    ResolvedNode,
    Shape,
    Value,
    nodes_of,
    walk_blocks,
)
from samenet.named import ONLY


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """A layer of a network.

    Attributes:
        name: its name.
        kind: its type.
        keys: what it says that is not its default.
        shapes: of its outputs, without the batch.
        parameters: how many numbers its weights hold.
        block: the outermost block around it that the other network has nothing of, or "".
    """

    name: str
    kind: str
    keys: Mapping[str, Any]
    shapes: tuple[Shape, ...]
    parameters: int
    block: str = ""


@dataclass(frozen=True, slots=True)
class LayerChange:
    """A layer that both networks have.

    Attributes:
        old: what it was.
        new: what it is.
        changes: of its keys, and of `inputs` where it reads other layers.
        moved: whether it stands elsewhere in the order.
    """

    old: LayerInfo
    new: LayerInfo
    changes: tuple[Change, ...]
    moved: bool

    @property
    def renamed(self) -> bool:
        """Whether it has another name."""
        return self.old.name != self.new.name

    @property
    def follows(self) -> bool:
        """Whether its outputs or weights have other shapes."""
        return (self.old.shapes, self.old.parameters) != (self.new.shapes, self.new.parameters)


Label = tuple[str, str]
"""What a value comes from: a pair of layers, an input, or a layer that only one network has."""


@dataclass
class Side:
    """One of the two networks, its layers labelled such that those of a pair have one label.

    Attributes:
        graph: the network.
        labels: of each layer, by its name.
        own: the layers that the other network has not.
        passed: the layers to look through to see what others read: where one was put in between,
            those behind it are the same.
        bypassed: likewise the outputs of blocks, with what the blocks read.
    """

    graph: ResolvedGraph
    labels: dict[str, Label] = field(default_factory=dict[str, Label])
    own: set[str] = field(default_factory=set[str])
    passed: set[str] = field(default_factory=set[str])
    bypassed: dict[Value, Value] = field(default_factory=dict[Value, Value])

    def __post_init__(self) -> None:
        self.nodes = {node.name: node for node in self.graph.nodes}
        blocks = walk_blocks(self.graph.graph.body)
        self.formals = {
            formal: actual
            for block in blocks
            for formal, actual in zip(block.formals, block.inputs, strict=True)
        }

    def origin(self, value: Value, *, through: bool) -> tuple[Label, int]:
        """What computes a value, and which of its outputs it is."""
        while True:
            if through and value in self.bypassed:
                value = self.bypassed[value]
                continue
            if value in self.formals:
                value = self.formals[value]
                continue
            value = self.graph.resolved(value)
            node = self.nodes.get(value.node)
            if node is None:
                several = len(self.graph.inputs) > 1
                return ("input", value.node if several else ONLY), 0
            if not (through and node.name in self.passed):
                return self.labels[node.name], value.output
            value = node.inputs[0]

    def reads(self, node: Node, *, through: bool) -> list[tuple[Label, int]]:
        """What a layer reads."""
        return [self.origin(value, through=through) for value in node.inputs]

    def read_names(self, node: Node) -> list[str]:
        """What a layer reads, by the names of layers and inputs."""
        return [self.name(value) for value in node.inputs]

    def name(self, value: Value) -> str:
        """The name of the layer or input that a value comes from."""
        while value in self.formals or value in self.graph.sources:
            value = self.formals.get(value) or self.graph.sources[value]
        return f"{value.node}[{value.output}]" if value.output else value.node

    def pass_through(self, names: set[str]) -> None:
        """Look through layers and whole blocks, as far as they have one input and one output."""
        self.passed |= {
            name
            for name in names
            if len(self.nodes[name].inputs) == len(self.nodes[name].output_shapes) == 1
        }
        for block in walk_blocks(self.graph.graph.body):
            single = len(block.inputs) == len(block.outputs) == 1
            if single and names.issuperset(node.name for node in nodes_of(block.body)):
                self.bypassed[Value(block.name)] = block.inputs[0]

    def unpaired(self) -> tuple[LayerInfo, ...]:
        """The layers that the other network has not."""
        blocks = dict(self._own_blocks(self.graph.graph.body))
        return tuple(
            _info(node, blocks.get(node.name, ""))
            for node in self.graph.nodes
            if node.name in self.own
        )

    def _own_blocks(self, body: tuple[Node | Block, ...]) -> Iterator[tuple[str, str]]:
        """For each layer in a block that the other network has nothing of, the outermost one."""
        for item in body:
            if isinstance(item, Block):
                names = [node.name for node in nodes_of(item.body)]
                if self.own.issuperset(names):
                    yield from ((name, item.name) for name in names)
                else:
                    yield from self._own_blocks(item.body)


def _info(node: ResolvedNode, block: str = "") -> LayerInfo:
    layer = node.layer.model_copy(
        update={"name": None, "inputs": None, **dict.fromkeys(node.layer.REFERENCES)}
    )
    keys = plain(layer)
    values = {key: item for key, item in keys.items() if key != "type"} if keys != node.kind else {}
    return LayerInfo(node.name, node.kind, values, node.output_shapes, node.parameters(), block)


@dataclass(frozen=True)
class Pairing:
    """Two networks and which of their layers are the same."""

    old: Side
    new: Side
    pairs: tuple[tuple[ResolvedNode, ResolvedNode], ...]
    moved: frozenset[str]

    @classmethod
    def of(cls, old: Side, new: Side) -> Pairing:
        """Pair the layers and label them."""
        found = align(old.graph.nodes, new.graph.nodes)
        numbers = sorted((*found.in_place, *found.moved), key=lambda pair: pair[1])
        pairs = tuple((old.graph.nodes[i], new.graph.nodes[j]) for i, j in numbers)
        for side, labels in (
            (old, {first.name: ("pair", first.name) for first, _ in pairs}),
            (new, {second.name: ("pair", first.name) for first, second in pairs}),
        ):
            side.own = set(side.nodes) - set(labels)
            word = "old" if side is old else "new"
            side.labels = {**labels, **{name: (word, name) for name in side.own}}
        moved = frozenset(_moved(old, new, found))
        old.pass_through(old.own | moved)
        new.pass_through(new.own | {b.name for a, b in pairs if a.name in moved})
        return cls(old, new, pairs, moved)

    def changes(self) -> Iterator[LayerChange]:
        """What has become of each layer that both networks have."""
        for first, second in self.pairs:
            found = keys_changed(
                first.layer,
                second.layer,
                without=("name", "inputs", *first.layer.REFERENCES),
            )
            moved = first.name in self.moved
            found += self._wiring(first, second, through=not moved)
            yield LayerChange(_info(first), _info(second), tuple(found), moved)

    def _wiring(self, old: ResolvedNode, new: ResolvedNode, *, through: bool) -> Iterator[Change]:
        reads = (
            (old.keywords, self.old.reads(old, through=through)),
            (new.keywords, self.new.reads(new, through=through)),
        )
        if reads[0] != reads[1]:
            yield Change("inputs", self.old.read_names(old), self.new.read_names(new))
        shared = (
            self.old.labels[old.share] if old.share else None,
            self.new.labels[new.share] if new.share else None,
        )
        if shared[0] != shared[1]:
            yield Change("share", old.share, new.share)
        if old.reverse != new.reverse:
            yield Change("reverse", old.reverse, new.reverse)


def _moved(old: Side, new: Side, found: Alignment) -> Iterator[str]:
    """Of the pairs out of order, those that read something else; the order alone means nothing."""
    for i, j in found.moved:
        first, second = old.graph.nodes[i], new.graph.nodes[j]
        if old.reads(first, through=False) != new.reads(second, through=False):
            yield first.name
