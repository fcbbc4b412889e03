"""Resolved graph to diagram."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, cast

from samenet.diagrams.model import Arrow, Box, Diagram, Group, Row
from samenet.graph.ir import (
    INPUT,
    Block,
    Node,
    ResolvedGraph,
    ResolvedNode,
    Value,
    nodes_of,
    shape_text,
    walk_blocks,
)
from samenet.layers.base import Layer, WeightedLayer
from samenet.schema import kind_of

Unit = tuple[Node, ...] | Block
"""What is drawn as one: a layer with what it brings along, or a block."""


def draw(graph: ResolvedGraph, name: str) -> Diagram:
    """The diagram of a network.

    Args:
        graph: the network, its shapes known.
        name: what it is called.
    """
    return _Drawing(graph).diagram(name)


class _Drawing:
    """A diagram while it is drawn."""

    def __init__(self, graph: ResolvedGraph) -> None:
        self.graph = graph
        self.nodes = {node.name: node for node in graph.nodes}
        self.sharing = {node.share for node in graph.nodes} - {None}
        self.sources = dict(graph.sources)
        for block in walk_blocks(graph.graph.body):  # from the outside in
            for formal, actual in zip(block.formals, block.inputs, strict=True):
                self.sources[formal] = self.source(actual)
        self.drawn: list[ResolvedNode] = []
        self.keys: dict[str, str] = {}
        self.count = 0

    def diagram(self, name: str) -> Diagram:
        graph = self.graph
        inputs = tuple(
            Box(self.key(word), (Row(word, INPUT, "", shape_text(value.shape)),), "input")
            for word, value in graph.inputs.items()
        )
        body = self.items(graph.graph.body, "", list(graph.outputs.values()))
        arrows = list(self.arrows())
        outputs: list[Box] = []
        for word, value in graph.outputs.items():
            title = "output" if graph.graph.single_output else f"output {word}"
            box = Box(self.key(f" {word}"), (Row(title, "output", "", ""),), "output")
            outputs.append(box)
            arrows.append(self.arrow(value, box.key))
        items = (*inputs, *body, *outputs)
        return Diagram(name, items, tuple(dict.fromkeys(arrows)), graph.parameters())

    def key(self, name: str) -> str:
        """The key of a new box, under which those who read `name` find it."""
        self.count += 1
        return self.keys.setdefault(name, f"n{self.count}")

    def source(self, value: Value) -> Value:
        """The output of a layer, or the input of the network, that a value is."""
        while value in self.sources:
            value = self.sources[value]
        return value

    def items(
        self, body: Sequence[Node | Block], prefix: str, ends: Sequence[Value]
    ) -> tuple[Box | Group, ...]:
        """What stands for the body of the network, or of a block whose outputs are `ends`."""
        units = list(_units(body))
        reads = Counter(
            value.node
            for values in (*map(_inputs, units), ends)
            for value in dict.fromkeys(self.source(value) for value in values)
        )
        found: list[Box | Group] = []
        while units:
            count = 1
            while count < len(units) and self.follows(units[count - 1], units[count], reads):
                count += 1
            alike, units = units[:count], units[count:]
            found.append(self.item(alike, prefix))
        return tuple(found)

    def follows(self, unit: Unit, other: Unit, reads: Counter[str]) -> bool:
        """Whether one unit is like another one and is all that reads it."""
        ends = {self.source(value) for value in _outputs(unit)}
        return (
            {self.source(value) for value in _inputs(other)} == ends
            and all(reads[value.node] == 1 for value in ends)
            and self.form(unit) == self.form(other)
            and not any(node.name in self.sharing for node in (*_nodes(unit), *_nodes(other)))
            and not any(node.share for node in _nodes(unit))
        )

    def form(self, unit: Unit) -> tuple[Any, ...]:
        """What makes a unit like another one: all but names outside of it."""
        prefix = f"{unit.name}." if isinstance(unit, Block) else None
        return tuple(
            (
                _local(node.name, prefix) if prefix else "",
                node.kind,
                detail(node.layer),
                self.nodes[node.name].output_shapes,
                self.nodes[node.name].parameters(),
                tuple(
                    (_local(value.node, prefix), value.output)
                    for value in node.inputs
                    if prefix and value.node.startswith(prefix)
                ),
            )
            for node in _nodes(unit)
        )

    def item(self, units: Sequence[Unit], prefix: str) -> Box | Group:
        """What stands for units that are alike: the first of them."""
        first, last = units[0], units[-1]
        if isinstance(first, Block):
            key = self.key(f" {first.name}")
            items = self.items(first.body, f"{first.name}.", first.outputs)
            for unit in units[1:]:
                self.stand_in(first, cast("Block", unit))
            name = _local(first.name, prefix)
            if len(units) > 1:
                name += f" \u2026 {_local(cast('Block', last).name, prefix)} \u00d7 {len(units)}"
            title = name if name == first.block else f"{name}: {first.block}"
            if first.share is not None:
                title += f", weights of {first.share}"
            return Group(key, title, items, first.share is not None, len(units))
        key = self.key(first[0].name)
        for node in (node for unit in units for node in _nodes(unit)):
            self.keys[node.name] = key
        self.drawn += [self.nodes[node.name] for node in first]
        rows = tuple(self.row(node, prefix) for node in first)
        last_name = _local(cast("tuple[Node, ...]", last)[0].name, prefix)
        return Box(key, rows, "layer", last_name if len(units) > 1 else None, len(units))

    def stand_in(self, first: Block, other: Block) -> None:
        """Who reads a block that is not drawn reads the one that is."""
        for node in nodes_of(other.body):
            local = _local(node.name, f"{other.name}.")
            self.keys[node.name] = self.keys[f"{first.name}.{local}"]

    def row(self, node: Node, prefix: str) -> Row:
        resolved = self.nodes[node.name]
        return Row(
            _local(node.name, prefix),
            node.kind,
            detail(node.layer),
            ", ".join(map(shape_text, resolved.output_shapes)),
            resolved.parameters(),
            node.share if node.share and self.nodes[node.share].weights else None,
        )

    def arrows(self) -> Iterator[Arrow]:
        """What the layers read that are drawn, but for steps within a box."""
        for node in self.drawn:
            target = self.keys[node.name]
            words = ("",) * len(node.positional) + node.keywords
            for value, word in zip(node.inputs, words, strict=True):
                arrow = self.arrow(value, target, word)
                if arrow.source != target:
                    yield arrow

    def arrow(self, value: Value, target: str, word: str = "") -> Arrow:
        source = self.source(value)
        number = f"output {source.output}" if source.output > 0 else ""
        return Arrow(self.keys[source.node], target, " ".join(filter(None, [number, word])))


def _units(body: Sequence[Node | Block]) -> Iterator[Unit]:
    """The items of a body; a layer together with what it brings along."""
    unit: list[Node] = []
    for item in body:
        if unit and not (
            isinstance(item, Node)
            and item.origin == unit[0].origin
            and item.inputs == (Value(unit[-1].name),)
        ):
            yield tuple(unit)
            unit = []
        if isinstance(item, Block):
            yield item
        else:
            unit.append(item)
    if unit:
        yield tuple(unit)


def _nodes(unit: Unit) -> tuple[Node, ...]:
    return tuple(nodes_of(unit.body)) if isinstance(unit, Block) else unit


def _inputs(unit: Unit) -> tuple[Value, ...]:
    return unit.inputs if isinstance(unit, Block) else unit[0].inputs


def _outputs(unit: Unit) -> tuple[Value, ...]:
    if isinstance(unit, Block):
        return tuple(Value(unit.name, number) for number in range(len(unit.outputs)))
    return (Value(unit[-1].name),)


def _local(name: str, prefix: str | None) -> str:
    return name.removeprefix(prefix or "")


_PLACE = frozenset({"type", "name", "inputs", *WeightedLayer.model_fields})
"""Fields that say where a layer stands, or that are layers of their own here."""

_HOW = ("_initializer", "_regularizer", "_constraint")
"""The ends of fields that say nothing of the form of a network."""


def detail(layer: Layer) -> str:
    """The arguments of a layer that are not Keras' defaults: `units 64, use_bias false`.

    How weights begin and are held is left out; an activation is its name alone.
    """
    kind = kind_of(type(layer))
    found: list[str] = []
    for name, field in type(layer).model_fields.items():
        value = getattr(layer, name)
        if name == kind:
            found.append(_shown(value))
        elif not (
            name in _PLACE
            or name in layer.REFERENCES
            or name.endswith(_HOW)
            or _is_default(value, field.get_default(call_default_factory=True, validated_data={}))
        ):
            shown = _shown(value)
            found += [f"{name} {shown}"] if shown else []
    return ", ".join(found)


def _is_default(value: object, default: object) -> bool:
    """Whether a value is the default, which may be one number for all axes."""
    repeated = isinstance(value, tuple) and set(cast("tuple[object, ...]", value)) == {default}
    return value == default or repeated


def _shown(value: object) -> str:
    """A value of an argument in a few letters, or nothing for one of many parts."""
    match value:
        case bool():
            return str(value).lower()
        case str() | int() | float():
            return str(value)
        case tuple():
            parts = [_shown(part) for part in cast("tuple[object, ...]", value)]
            return "\u00d7".join(parts) if all(parts) and len(parts) <= 6 else ""
        case _:
            return ""
