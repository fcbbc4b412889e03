"""Graph to resolved graph: the shape of every output and the weights of every layer.

No framework is asked; the tests compare with what both frameworks build.
"""

from __future__ import annotations

from samenet.graph.ir import INPUT, Graph, Node, ResolvedGraph, ResolvedNode, Shape, ShapeError


class LocatedShapeError(ValueError):
    """A node cannot take its inputs."""

    def __init__(self, node: Node, error: ShapeError) -> None:
        self.node, self.error = node, error
        super().__init__(error.message)


def resolve(graph: Graph) -> ResolvedGraph:
    """Infer shapes and weights in the order of evaluation.

    Raises:
        LocatedShapeError: at the first layer that cannot take its input; what follows it has no
            shape that could be checked.
    """
    shapes: dict[str, Shape] = {INPUT: graph.input_shape}
    nodes: list[ResolvedNode] = []
    for node in graph.nodes:
        inputs = tuple(shapes[name] for name in node.inputs)
        try:
            output = node.layer.output_shape(*inputs)
            weights = node.layer.weights(*inputs)
        except ShapeError as error:
            raise LocatedShapeError(node, error) from error
        shapes[node.name] = output
        nodes.append(
            ResolvedNode(
                name=node.name,
                identifier=node.identifier,
                layer=node.layer,
                inputs=node.inputs,
                origin=node.origin,
                input_shapes=inputs,
                output_shape=output,
                weights=weights,
            )
        )
    return ResolvedGraph(graph.input_shape, tuple(nodes))
