"""Graph to resolved graph: shapes, types, masks and weights of every layer.

No framework is asked; the tests compare with what both frameworks build.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType

from samenet.graph.ir import (
    Block,
    DType,
    Graph,
    Node,
    ResolvedGraph,
    ResolvedNode,
    Shape,
    ShapeError,
    Value,
    Weight,
    nodes_of,
    shape_text,
)

MASK = -2
"""The output number of a mask that a layer makes."""


class LocatedShapeError(ValueError):
    """A node or block cannot take its inputs."""

    def __init__(self, node: Node | Block, error: ShapeError) -> None:
        self.node, self.error = node, error
        super().__init__(error.message)


def resolve(graph: Graph) -> ResolvedGraph:
    """Infer shapes, types, masks and weights in the order of evaluation.

    Raises:
        LocatedShapeError: at the first layer that cannot take its input; what follows it has no
            shape that could be checked.
    """
    resolution = _Resolution()
    for name, value in graph.inputs.items():
        resolution.shapes[Value(name)] = value.shape
        resolution.dtypes[Value(name)] = value.dtype
    resolution.body(graph.body)
    return ResolvedGraph(
        graph,
        _sharing(resolution.nodes),
        MappingProxyType(resolution.shapes),
        MappingProxyType(resolution.masks),
        MappingProxyType(resolution.sources),
    )


def _sharing(nodes: list[ResolvedNode]) -> tuple[ResolvedNode, ...]:
    """The nodes, told what those are like that share their weights."""
    shapes = {node.name: node.input_shapes for node in nodes}
    varying = {
        node.share for node in nodes if node.share and node.input_shapes != shapes[node.share]
    }
    masked = {
        node.share or node.name for node in nodes if node.layer.USES_MASKS and any(node.masks)
    }
    owners = [(node, node.share or node.name) for node in nodes]
    return tuple(
        replace(node, varies=owner in varying, masked=owner in masked) for node, owner in owners
    )


@dataclass
class _Resolution:
    shapes: dict[Value, Shape] = field(default_factory=dict[Value, Shape])
    dtypes: dict[Value, DType] = field(default_factory=dict[Value, DType])
    masks: dict[Value, Value] = field(default_factory=dict[Value, Value])
    sources: dict[Value, Value] = field(default_factory=dict[Value, Value])
    nodes: list[ResolvedNode] = field(default_factory=list[ResolvedNode])
    weights: dict[str, tuple[Weight, ...]] = field(default_factory=dict[str, tuple[Weight, ...]])
    inputs: dict[str, tuple[Shape, ...]] = field(default_factory=dict[str, tuple[Shape, ...]])
    blocks: dict[str, Block] = field(default_factory=dict[str, Block])

    def body(self, body: tuple[Node | Block, ...]) -> None:
        for item in body:
            if isinstance(item, Block):
                self.compare_blocks(item)
                for formal, actual in zip(item.formals, item.inputs, strict=True):
                    self.same(formal, actual)
                self.body(item.body)
                for number, value in enumerate(item.outputs):
                    output = Value(item.name, number)
                    self.same(output, value)
                    self.sources[output] = self.sources.get(value, value)
            else:
                try:
                    self.nodes.append(self.node(item))
                except ShapeError as error:
                    raise LocatedShapeError(item, error) from error

    def same(self, name: Value, value: Value) -> None:
        """Let a value have a second name."""
        self.shapes[name], self.dtypes[name] = self.shapes[value], self.dtypes[value]
        if value in self.masks:
            self.masks[name] = self.masks[value]

    def node(self, node: Node) -> ResolvedNode:
        layer = node.layer
        shapes = tuple(self.shapes[value] for value in node.inputs)
        dtypes: tuple[DType, ...] = tuple(self.dtypes[value] for value in node.inputs)
        if layer.INTEGERS == "refuses" and "int" in dtypes:
            number = dtypes.index("int")
            raise ShapeError(
                f"{node.kind} takes numbers, and {shape_text(shapes[number])} holds whole numbers",
                'put an embedding before it, or set dtype = "float32" in the input',
            )
        if node.reverse:
            outputs, weights = (layer.reversed_shape(*shapes),), ()
        else:
            outputs, weights = layer.output_shapes(*shapes), layer.weights(*shapes)
        if not node.trainable:
            weights = tuple(weight._replace(trainable=False) for weight in weights)
        if node.share is not None:
            self.compare(node, weights)
            self.compare_shapes(node, shapes)
            weights = ()
        self.weights[node.name] = weights
        self.inputs[node.name] = shapes
        masks = tuple(self.masks.get(value) for value in node.inputs)
        if not node.reverse:
            count = len(node.positional)
            layer.check_masks(shapes[:count], self.mask_shapes(masks[:count]))
        mask = self.output_mask(node, masks)
        dtype: DType = "float" if node.reverse else layer.output_dtype(*dtypes)
        for number, shape in enumerate(outputs):
            value = Value(node.name, number)
            self.shapes[value], self.dtypes[value] = shape, dtype
        if mask is not None:
            self.masks[Value(node.name)] = mask
            if mask not in self.shapes:
                self.shapes[mask] = layer.mask_shape(outputs[0], self.mask_shapes(masks))
        return ResolvedNode(
            **{name: getattr(node, name) for name in Node.__slots__},
            input_shapes=shapes,
            output_shapes=outputs,
            weights=weights,
            dtypes=dtypes,
            masks=masks,
            multiply_adds=0 if node.reverse else layer.multiply_adds(*shapes),
        )

    def output_mask(self, node: Node, masks: tuple[Value | None, ...]) -> Value | None:
        """The mask that goes on with the first output."""
        given = [mask is not None for mask in masks]
        rule = None if node.reverse else node.layer.output_mask(given)
        if rule is None:
            return None
        return Value(node.name, MASK) if rule == "own" else masks[rule]

    def mask_shapes(self, masks: tuple[Value | None, ...]) -> list[Shape | None]:
        """The shapes of masks."""
        return [None if mask is None else self.shapes[mask] for mask in masks]

    def compare(self, node: Node, weights: tuple[Weight, ...]) -> None:
        """A shared layer must fit the weights that it has."""
        own = {w.name: w.shape for w in self.weights.get(node.share or "", ())}
        for weight in weights:
            if own.get(weight.name, weight.shape) != weight.shape:
                raise ShapeError(
                    f"the {weight.name} of the shared {node.kind} has the shape "
                    f"{own[weight.name]}, these inputs need {weight.shape}",
                    "apply it to inputs of the same shape",
                )

    def compare_shapes(self, node: Node, shapes: tuple[Shape, ...]) -> None:
        """A shared layer must take inputs in the form for which Keras builds it at first."""
        first = self.inputs[node.share or ""]
        if not node.reverse and not node.layer.keeps_form(first, shapes):
            raise ShapeError(
                f"the shared {node.kind} is built for inputs {_texts(first)} and cannot take "
                f"{_texts(shapes)}",
                "apply it to inputs of the same shape",
            )

    def compare_blocks(self, block: Block) -> None:
        """A shared block must get what it got at first: shapes, and masks that it uses."""
        self.blocks[block.name] = block
        if block.share is None:
            return
        first = self.blocks[block.share]
        expected, found = (
            tuple(self.shapes[value] for value in item.inputs) for item in (first, block)
        )
        if expected != found:
            error = ShapeError(
                f"the shared block is built for inputs {_texts(expected)} and cannot take "
                f"{_texts(found)}",
                "apply it to inputs of the same shape, or share its layers one by one",
            )
            raise LocatedShapeError(block, error)
        masked = [[value in self.masks for value in item.inputs] for item in (first, block)]
        if masked[0] != masked[1] and any(node.layer.USES_MASKS for node in nodes_of(block.body)):
            error = ShapeError(
                "a mask comes with an input of the shared block at one place and not at the other",
                "apply it to inputs that all have a mask, or none",
            )
            raise LocatedShapeError(block, error)


def _texts(shapes: tuple[Shape, ...]) -> str:
    return " and ".join(map(shape_text, shapes))
