"""The layout pass: where each value of a PyTorch program has its channels.

Convolutions and poolings take channels first, most other layers channels last, as the spec has
them; element by element it does not matter. A value changes its layout only where a layer needs the
other one: `permute` is a view, and free where the memory is laid out channels last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from samenet.codegen.expression import Expression, method
from samenet.graph.ir import Block, Layout, Node, ResolvedGraph, ResolvedNode, Value, walk_blocks
from samenet.lowering import layout_rule


@dataclass
class Layouts:
    """The layout of each value, and the one in which each node takes its inputs."""

    graph: ResolvedGraph
    values: dict[Value, Layout] = field(default_factory=dict[Value, Layout])
    nodes: dict[str, Layout] = field(default_factory=dict[str, Layout])

    def rank(self, value: Value) -> int:
        """The rank with the batch."""
        return len(self.graph.shapes[value]) + 1


def assign_layouts(graph: ResolvedGraph) -> Layouts:
    """Choose layouts in the order of evaluation."""
    layouts = Layouts(graph)
    for name in graph.inputs:
        layouts.values[Value(name)] = "last"
    nodes = {node.name: node for node in graph.nodes}
    blocks = {block.name: block for block in walk_blocks(graph.graph.body)}
    _body(graph.graph.body, layouts, nodes, blocks)
    return layouts


def _body(
    body: Sequence[Node | Block],
    layouts: Layouts,
    nodes: dict[str, ResolvedNode],
    blocks: dict[str, Block],
) -> None:
    for item in body:
        if isinstance(item, Node):
            _node(nodes[item.name], layouts)
            continue
        original = blocks[item.share] if item.share else None
        for index, (formal, actual) in enumerate(zip(item.formals, item.inputs, strict=True)):
            if original is not None:
                layout = layouts.values[original.formals[index]]
            else:
                layout = _wanted(formal, item.body, nodes) or layouts.values[actual]
            layouts.values[formal] = layout
        _body(item.body, layouts, nodes, blocks)
        for number, value in enumerate(item.outputs):
            layouts.values[Value(item.name, number)] = layouts.values[value]


def _node(node: ResolvedNode, layouts: Layouts) -> None:
    rule = layout_rule(node.layer, node)
    inputs = [value for value in node.positional if layouts.rank(value) >= 3]
    if rule == "any":
        ranks = {layouts.rank(value) for value in node.positional}
        first = any(layouts.values[value] == "first" for value in inputs)
        layout: Layout = "first" if first and len(ranks) == 1 else "last"
    else:
        layout = rule if inputs else "last"
    layouts.nodes[node.name] = layout
    for number, shape in enumerate(node.output_shapes):
        value = Value(node.name, number)
        layouts.values[value] = layout if len(shape) >= 2 else "last"


def _wanted(
    formal: Value, body: Sequence[Node | Block], nodes: dict[str, ResolvedNode]
) -> Layout | None:
    """The layout that the first layer which cares wants of a block's input."""
    for item in body:
        if formal not in item.inputs:
            continue
        if isinstance(item, Block):
            inner = item.formals[item.inputs.index(formal)]
            found = _wanted(inner, item.body, nodes)
            if found:
                return found
        else:
            rule = layout_rule(item.layer, nodes[item.name])
            if rule != "any":
                return rule
    return None


def laid_out(expression: Expression, rank: int, found: Layout, wanted: Layout) -> Expression:
    """The expression of a value in the layout that is wanted.

    Args:
        expression: the value.
        rank: its rank with the batch.
        found: the layout that it has.
        wanted: the layout that it should have.
    """
    if rank < 3 or found == wanted:
        return expression
    if rank == 3:
        return method(expression, "transpose", 1, 2)
    spatial = range(1, rank - 1) if wanted == "first" else range(2, rank)
    order = (0, rank - 1, *spatial) if wanted == "first" else (0, *spatial, 1)
    return method(expression, "permute", *order)
