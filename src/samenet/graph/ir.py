"""The graph: primitive layers with unique names, blocks of them, and what is known of each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from samenet.diagnostics import Path
from samenet.schema import kind_of

if TYPE_CHECKING:
    from samenet.constraints import Constraint
    from samenet.initializers import Initializer
    from samenet.layers.base import Layer
    from samenet.regularizers import Regularizer

Shape = tuple[int, ...]
"""A shape without the batch, channels last."""

DType = Literal["float", "int"]
"""What the numbers of a value are: of the program's float type, or whole numbers."""

Layout = Literal["last", "first"]
"""Where a PyTorch value of rank 3 or more (with the batch) has its channels."""

INPUT = "input"
"""The name under which nodes refer to the network's only input, and a block's to its own."""


class Value(NamedTuple):
    """An output of a node, an input of the network (by its name) or of a block."""

    node: str
    output: int = 0


class Weight(NamedTuple):
    """A tensor that a layer owns.

    Attributes:
        name: Keras' name for it, e.g. `kernel`; its path below the layer, e.g. `query/kernel`.
        shape: its shape in Keras' layout.
        initializer: how it starts.
        trainable: False for statistics, which the optimizer does not change, and for the weights
            of a layer that is not trained.
        regularizer: what it adds to the loss, or None.
        constraint: what it is brought to after each step, or None.
    """

    name: str
    shape: Shape
    initializer: Initializer
    trainable: bool = True
    regularizer: Regularizer | None = None
    constraint: Constraint | None = None

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Node:
    """A primitive layer in its place.

    Attributes:
        name: unique in the network; the spec's name for the layer or one made from its type,
            behind the names of the blocks around it, e.g. `stage_2.conv2d`.
        identifier: the same role in a program's source, unique in its block; made by samenet.
        layer: what it computes.
        inputs: the values that it reads: first what the layer is applied to, then those of
            `keywords`.
        keywords: for each input behind the first ones, the field of the layer that names it.
        origin: where in the spec it comes from.
        share: the name of the node whose weights it uses, or None.
        reverse: whether a shared layer is applied backwards (`reversible_embedding`).
    """

    name: str
    identifier: str
    layer: Layer
    inputs: tuple[Value, ...]
    origin: Path
    keywords: tuple[str, ...] = ()
    share: str | None = None
    reverse: bool = False

    @property
    def kind(self) -> str:
        """The type of its layer, e.g. `dense`."""
        return kind_of(type(self.layer))

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights that its layer may have."""
        return getattr(self.layer, "trainable", True)

    @property
    def positional(self) -> tuple[Value, ...]:
        """The values that the layer is applied to."""
        return self.inputs[: len(self.inputs) - len(self.keywords)]

    @property
    def named(self) -> Mapping[str, tuple[Value, ...]]:
        """The values that fields of the layer name, by the field."""
        found: dict[str, tuple[Value, ...]] = {}
        behind = self.inputs[len(self.positional) :]
        for key, value in zip(self.keywords, behind, strict=True):
            found[key] = (*found.get(key, ()), value)
        return found


class Block(NamedTuple):
    """One use of a block of the spec: a part of the network with names of its own.

    Attributes:
        name: unique in the network.
        block: the spec's name of the block.
        identifier: as for nodes.
        formals: the values under which its body reads `inputs`.
        inputs: the values that it is applied to.
        body: what it consists of, in the order of evaluation.
        outputs: the values of its body that can be read from outside, as `Value(name, i)`.
        origin: where in the spec it is used.
        repetition: its number in a use with `repeat`, counted from 0, or None.
        share: the name of the block whose weights it uses, or None.
    """

    name: str
    block: str
    identifier: str
    formals: tuple[Value, ...]
    inputs: tuple[Value, ...]
    body: tuple[Node | Block, ...]
    outputs: tuple[Value, ...]
    origin: Path
    repetition: int | None = None
    share: str | None = None


class InputValue(NamedTuple):
    """What the network takes under a name."""

    shape: Shape
    dtype: DType = "float"


class Graph(NamedTuple):
    """A network of primitive layers and blocks in the order of evaluation.

    Attributes:
        inputs: what it takes, by name.
        body: what it consists of.
        outputs: what it gives, by the name of the layer or block.
        single_output: whether the only output goes without its name.
    """

    inputs: Mapping[str, InputValue]
    body: tuple[Node | Block, ...]
    outputs: Mapping[str, Value]
    single_output: bool = True


@dataclass(frozen=True, slots=True)
class ResolvedNode(Node):
    """A node whose shapes and weights are known.

    Attributes:
        input_shapes: of all inputs.
        output_shapes: of all outputs.
        weights: what it owns; nothing for a node that shares the weights of another.
        dtypes: of all inputs.
        masks: for each input, the mask that comes with it, or None.
        multiply_adds: how many multiplications with an addition a sample costs.
        layout: where its inputs have their channels in a PyTorch program.
        varies: whether its weights are shared by layers that take inputs of other shapes.
        masked: whether it uses a mask that comes with an input, or a layer does that shares its
            weights.
    """

    # Behind fields of the base class that have defaults, these must have some too.
    input_shapes: tuple[Shape, ...] = ()
    output_shapes: tuple[Shape, ...] = ()
    weights: tuple[Weight, ...] = ()
    dtypes: tuple[DType, ...] = ()
    masks: tuple[Value | None, ...] = ()
    multiply_adds: int = 0
    layout: Layout = "last"
    varies: bool = False
    masked: bool = False

    @property
    def input_shape(self) -> Shape:
        """The shape of its first input."""
        return self.input_shapes[0]

    @property
    def output_shape(self) -> Shape:
        """The shape of its first output."""
        return self.output_shapes[0]

    def parameters(self, *, trainable: bool | None = None) -> int:
        """How many numbers its weights hold: all, or only the (non-)trainable ones."""
        return sum(w.size for w in self.weights if trainable in (None, w.trainable))

    def axis(self, axis: int) -> int:
        """Where an axis of the first input is in a PyTorch program.

        Axes are counted as in Keras, with the batch. It differs where the channels come first:
        there -1 becomes 1, and 1 becomes 2.
        """
        rank = len(self.input_shape) + 1
        if rank < 3 or self.layout == "last":
            return axis
        position = axis % rank
        return 0 if position == 0 else 1 if position == rank - 1 else position + 1


class ResolvedGraph(NamedTuple):
    """A network whose shapes and weights are known.

    Attributes:
        graph: the network, with its blocks.
        nodes: all its layers, in the order of evaluation.
        shapes: of every value, and of every mask.
        masks: of the values that have one.
        sources: for each output of a block, the value inside that it is.
    """

    graph: Graph
    nodes: tuple[ResolvedNode, ...]
    shapes: Mapping[Value, Shape]
    masks: Mapping[Value, Value]
    sources: Mapping[Value, Value]

    @property
    def inputs(self) -> Mapping[str, InputValue]:
        """What the network takes, by name."""
        return self.graph.inputs

    @property
    def outputs(self) -> Mapping[str, Value]:
        """What the network gives, by name."""
        return self.graph.outputs

    @property
    def input_shape(self) -> Shape:
        """The shape of the network's first input, without the batch."""
        return next(iter(self.graph.inputs.values())).shape

    @property
    def output_shape(self) -> Shape:
        """The shape of the network's first output, without the batch."""
        return self.shapes[next(iter(self.graph.outputs.values()))]

    def producer(self, value: Value) -> ResolvedNode | None:
        """The layer that computes a value, or None for an input."""
        value = self.resolved(value)
        return next((node for node in self.nodes if node.name == value.node), None)

    def resolved(self, value: Value) -> Value:
        """The value itself in place of one that only names it, as the output of a block."""
        return self.sources.get(value, value)

    def output_masks(self) -> dict[str, Value]:
        """The masks of the outputs that have one, by the names of these."""
        resolved = {name: self.resolved(value) for name, value in self.outputs.items()}
        return {name: self.masks[value] for name, value in resolved.items() if value in self.masks}

    def parameters(self, *, trainable: bool | None = None) -> int:
        """How many numbers the weights hold: all, or only the (non-)trainable ones."""
        return sum(node.parameters(trainable=trainable) for node in self.nodes)

    def weights(self) -> dict[str, Weight]:
        """All weights by their paths: the name of the layer and that of the weight."""
        return {f"{node.name}/{w.name}": w for node in self.nodes for w in node.weights}

    @property
    def multiply_adds(self) -> int:
        """How many multiplications with an addition a sample costs."""
        return sum(node.multiply_adds for node in self.nodes)


class ShapeError(ValueError):
    """A layer cannot take its input; raised by shape rules, located by `graph.resolve`."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message, self.hint = message, hint
        super().__init__(message)


def walk_blocks(body: tuple[Node | Block, ...]) -> Iterator[Block]:
    """All blocks of a body, also those in blocks."""
    for item in body:
        if isinstance(item, Block):
            yield item
            yield from walk_blocks(item.body)


def nodes_of(body: Iterable[Node | Block]) -> Iterator[Node]:
    """All nodes of a body, also those in its blocks."""
    for item in body:
        if isinstance(item, Block):
            yield from nodes_of(item.body)
        else:
            yield item


def shape_text(shape: Shape) -> str:
    """A shape with its batch axis, as in comments and tables: `(N, 28, 28, 1)`."""
    return f"({', '.join(['N', *map(str, shape)])}{',' if not shape else ''})"
