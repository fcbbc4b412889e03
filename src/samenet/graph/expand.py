"""Spec to graph: the sugar of `WeightedLayer` becomes layers of its own, and every layer a name.

Placement is decided here, once, before any backend sees the network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from samenet.graph.ir import INPUT, Graph, Node, kind_of
from samenet.layers import Activation, BatchNormalization, Dropout, Layer, WeightedLayer
from samenet.spec.model import Spec


def expand(spec: Spec) -> Graph:
    """The network of a spec as a graph of primitive layers."""
    names = _Names({layer.name for layer in spec.layers if layer.name})
    nodes: list[Node] = []
    previous = INPUT
    for index, layer in enumerate(spec.layers):
        for part in _parts(layer, spec):
            name, identifier = names.take(layer, part)
            nodes.append(Node(name, identifier, part, (previous,), ("layers", index)))
            previous = name
    return Graph(spec.input.shape, tuple(nodes))


def _parts(layer: Layer, spec: Spec) -> Iterator[Layer]:
    if not isinstance(layer, WeightedLayer):
        yield layer
        return
    plain = {"activation": "linear", "batch_normalization": "none", "dropout": 0.0}
    yield layer.model_copy(update=plain)
    normalization = BatchNormalization.model_validate(
        {**spec.defaults.get("batch_normalization", {}), "type": "batch_normalization"}
    )
    if layer.batch_normalization == "before_activation":
        yield normalization
    if layer.activation != "linear":
        yield Activation(name=None, type="activation", activation=layer.activation)
    if layer.batch_normalization == "after_activation":
        yield normalization
    if layer.dropout:
        yield Dropout(name=None, type="dropout", rate=layer.dropout)


class _Names:
    """Gives out unique names: the spec's own, else the type with a counter, as Keras does."""

    def __init__(self, reserved: set[str]) -> None:
        self.names = _Counters(reserved)
        self.identifiers = _Counters(set())

    def take(self, layer: Layer, part: Layer) -> tuple[str, str]:
        """The name and the identifier of one part of a layer of the spec."""
        kind = kind_of(type(part))
        identifier = self.identifiers.take(kind)
        if layer.name and isinstance(part, type(layer)):
            return layer.name, identifier
        return self.names.take(f"{layer.name}_{kind}" if layer.name else kind), identifier


class _Counters:
    """Words made unique by a counter for each."""

    def __init__(self, used: set[str]) -> None:
        self.used = set(used)
        self.counts: Counter[str] = Counter()

    def take(self, stem: str) -> str:
        """The word itself, else the word with the next number that is free."""
        while True:
            count = self.counts[stem]
            self.counts[stem] += 1
            word = f"{stem}_{count}" if count else stem
            if word not in self.used:
                self.used.add(word)
                return word
