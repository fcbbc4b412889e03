"""Which whole numbers a network takes: those for which its embeddings have a vector."""

from __future__ import annotations

from collections.abc import Mapping

from samenet.graph.ir import ResolvedGraph
from samenet.graph.reach import read_values
from samenet.layers.embedding import EmbeddingBase


def bounds(graph: ResolvedGraph) -> Mapping[str, int]:
    """For each input whose numbers go to embeddings, the bound below which all have a vector."""
    found: dict[str, int] = {}
    for node in graph.nodes:
        if not isinstance(node.layer, EmbeddingBase) or node.reverse or node.dtypes[0] != "int":
            continue
        # Layers that hand whole numbers on do not change them.
        for value in read_values(graph, node.inputs):
            if value.node in graph.inputs:
                size = node.layer.input_dim
                found[value.node] = min(size, found.get(value.node, size))
    return found
