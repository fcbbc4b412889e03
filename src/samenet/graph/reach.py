"""What of a network its outputs depend on.

Keras leaves out of a model what no output depends on; a PyTorch program would keep it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from samenet.graph.ir import Block, ResolvedGraph, ResolvedNode, Value, nodes_of, walk_blocks


def dead(graph: ResolvedGraph) -> Iterator[tuple[Block, tuple[str, ...]]]:
    """The uses of blocks with layers that count and that no output depends on.

    Layers count that have weights, or their share of the loss.

    Yields:
        A block of the network itself, with the names that such layers have in it.
    """
    reached = {value.node for value in read_values(graph, graph.outputs.values())}
    nodes = {node.name: node for node in graph.nodes}
    for item in graph.graph.body:
        if isinstance(item, Block):
            inside = [nodes[node.name] for node in nodes_of(item.body)]
            lost = [node for node in inside if node.name not in reached and _counts(node, nodes)]
            if lost:
                yield item, tuple(node.name.removeprefix(f"{item.name}.") for node in lost)


def read_values(graph: ResolvedGraph, values: Iterable[Value]) -> set[Value]:
    """All values that given ones are computed of, themselves included, by their first names."""
    named = aliases(graph)
    nodes = {node.name: node for node in graph.nodes}
    pending = list(values)
    found: set[Value] = set()
    while pending:
        value = first_name(pending.pop(), named)
        if value not in found:
            found.add(value)
            pending += nodes[value.node].inputs if value.node in nodes else ()
    return found


def aliases(graph: ResolvedGraph) -> Mapping[Value, Value]:
    """What values stand for that are only names: the inputs and outputs of blocks."""
    formals = {
        formal: actual
        for block in walk_blocks(graph.graph.body)
        for formal, actual in zip(block.formals, block.inputs, strict=True)
    }
    return {**graph.sources, **formals}


def first_name(value: Value, aliases: Mapping[Value, Value]) -> Value:
    """The output of a layer, or the input of the network, that a value is."""
    while value in aliases:
        value = aliases[value]
    return value


def _counts(node: ResolvedNode, nodes: dict[str, ResolvedNode]) -> bool:
    owner = nodes[node.share] if node.share else node
    return bool(owner.weights) or node.kind == "activity_regularization"
