"""The graph: primitive layers with unique names, and what is known of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from samenet.diagnostics import Path

if TYPE_CHECKING:
    from samenet.layers.base import Layer

Shape = tuple[int, ...]
"""A shape without the batch, channels last."""

INPUT = "input"
"""The name under which nodes refer to the network's input."""


@dataclass(frozen=True, slots=True)
class Weight:
    """A tensor that a layer owns.

    Attributes:
        name: Keras' name for it, e.g. `kernel`.
        shape: its shape in Keras' layout.
        initializer: the name of its initializer.
        trainable: False for statistics, which are updated but not by the optimizer.
    """

    name: str
    shape: Shape
    initializer: str
    trainable: bool = True

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Node:
    """A primitive layer in its place.

    Attributes:
        name: unique in the network; the spec's name for the layer or one made from its type.
        identifier: the same role in a program's source; always made by samenet.
        layer: what it computes.
        inputs: the names of the nodes that it reads.
        origin: where in the spec it comes from.
    """

    name: str
    identifier: str
    layer: Layer
    inputs: tuple[str, ...]
    origin: Path


@dataclass(frozen=True, slots=True)
class Graph:
    """A network of primitive layers in the order of evaluation; the last node is the output."""

    input_shape: Shape
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ResolvedNode(Node):
    """A node whose shapes and weights are known."""

    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    weights: tuple[Weight, ...]

    @property
    def kind(self) -> str:
        """The type of its layer, e.g. `dense`."""
        return kind_of(type(self.layer))

    @property
    def input_shape(self) -> Shape:
        """The shape of its only input."""
        (shape,) = self.input_shapes
        return shape

    def parameters(self, *, trainable: bool | None = None) -> int:
        """How many numbers its weights hold: all, or only the (non-)trainable ones."""
        return sum(w.size for w in self.weights if trainable in (None, w.trainable))


@dataclass(frozen=True, slots=True)
class ResolvedGraph:
    """A network whose shapes and weights are known."""

    input_shape: Shape
    nodes: tuple[ResolvedNode, ...]

    @property
    def output_shape(self) -> Shape:
        """The shape of the network's output, without the batch."""
        return self.nodes[-1].output_shape

    def parameters(self, *, trainable: bool | None = None) -> int:
        """How many numbers the weights hold: all, or only the (non-)trainable ones."""
        return sum(node.parameters(trainable=trainable) for node in self.nodes)


class ShapeError(ValueError):
    """A layer cannot take its input; raised by shape rules, located by `graph.resolve`."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message, self.hint = message, hint
        super().__init__(message)


def kind_of(layer: type[Layer]) -> str:
    """The word for a layer's class in a spec, e.g. `dense`."""
    (kind,) = get_args(layer.model_fields["type"].annotation)
    return kind


def shape_text(shape: Shape) -> str:
    """A shape with its batch axis, as in comments and tables: `(N, 28, 28, 1)`."""
    return f"({', '.join(['N', *map(str, shape)])}{',' if not shape else ''})"
