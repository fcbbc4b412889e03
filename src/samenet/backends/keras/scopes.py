"""A network or block to the lines of a function of Keras' functional API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from samenet.backends.blocks import Definitions, Draft
from samenet.backends.idioms import Idioms
from samenet.backends.variables import Step, unhidden
from samenet.codegen.expression import Call, Expression, List, Name, Suffixed, call, rebuilt
from samenet.graph.ir import (
    Block,
    Node,
    ResolvedGraph,
    ResolvedNode,
    Shape,
    Value,
    shape_text,
    walk_blocks,
)
from samenet.graph.names import block_stem
from samenet.layers.activation import Activation
from samenet.layers.base import Layer, WeightedLayer
from samenet.lowering import KerasLayer

RESERVED = ("x", "inputs", "name", "keras", "layers", "ops", "np")


@dataclass(frozen=True)
class Form:
    """What two uses of a block must have in common to be one function.

    Attributes:
        inputs: its parameters.
        targets: the variables that each line assigns.
    """

    inputs: tuple[str, ...]
    targets: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Line:
    """A line of a function before it is printed; `holds` the layer instead of applying it."""

    step: Step
    item: Node | Block
    holds: bool = False


HELD = -3
"""The output number of a layer object that is kept in a variable because it is shared."""


class Scopes:
    """Drafts of all blocks of a network."""

    def __init__(self, graph: ResolvedGraph, idioms: Idioms, *, mixed: bool = False) -> None:
        self.graph, self.idioms = graph, idioms
        # A loss finds the scores before a softmax only if these have 32 bits, as it has.
        outputs = graph.outputs.values() if mixed else ()
        self.wide = {graph.resolved(value).node for value in outputs}
        self.nodes = {node.name: node for node in graph.nodes}
        self.blocks = {block.name: block for block in walk_blocks(graph.graph.body)}
        self.shared = set(_shared(graph.graph.body))
        self.lowered = {node.name: self.lower(node) for node in graph.nodes}

    def lower(self, node: ResolvedNode) -> KerasLayer:
        """The layer and how it is applied."""
        result: Call | KerasLayer = self.idioms.lower(node.layer, node)
        return result if isinstance(result, KerasLayer) else KerasLayer(result, applied)

    # A plain chain

    def is_chain(self) -> bool:
        """Whether `keras.Sequential` can say it: each layer is applied to the one before it."""
        previous = next(iter(self.graph.inputs)) if len(self.graph.inputs) == 1 else None
        if self.shared or not self.graph.graph.single_output:
            return False
        for item in self.graph.graph.body:
            plain = (
                isinstance(item, Node)
                and item.inputs == (Value(previous or ""),)
                and self.lowered[item.name].function is applied
                and len(self.nodes[item.name].output_shapes) == 1
            )
            if not plain:
                return False
            previous = item.name
        return tuple(self.graph.outputs.values()) == (Value(previous or ""),)

    def chain(self) -> Iterable[tuple[Expression, str]]:
        """The constructors of a chain, with the shapes that they give."""
        for group in self.merged(self.graph.graph.body):
            constructor = self.constructor(group)
            assert constructor is not None
            yield constructor, shape_text(self.nodes[group[-1].name].output_shape)

    def merged(self, body: Sequence[Node | Block]) -> list[tuple[Node, ...]]:
        """Nodes of a body, an activation right after its own layer together with that.

        It is what a Keras person would have written: `Dense(128, activation="relu")`.
        """
        groups: list[tuple[Node, ...]] = []
        for item in body:
            if not isinstance(item, Node):
                continue
            before = groups[-1][-1] if groups else None
            if (
                before is not None
                and len(groups[-1]) == 1
                and isinstance(item.layer, Activation)
                and isinstance(before.layer, WeightedLayer)
                and before.origin == item.origin
                and item.inputs == (Value(before.name),)
                and takes_activation(before.layer)
            ):
                groups[-1] = (before, item)
            else:
                groups.append((item,))
        return groups

    def constructor(self, group: tuple[Node, ...]) -> Call | None:
        """The constructor of a layer, with the activation behind it as its argument."""
        constructor = self.lowered[group[0].name].constructor
        if constructor is None:
            return None
        function = constructor.function
        own = isinstance(function, Name) and function.text.startswith("layers.")
        if own and group[-1].name in self.wide:
            keywords = (*constructor.keywords, ("dtype", "float32"))
            constructor = replace(constructor, keywords=keywords)
        if len(group) == 1:
            return constructor
        activation = group[1].layer
        assert isinstance(activation, Activation)
        keywords = (("activation", activation.activation), *constructor.keywords)
        return replace(constructor, keywords=keywords)

    # Functions

    def block(self, block: Block, definitions: Definitions) -> Draft:
        """The draft of one use of a block."""
        draft = self.draft(
            block.body,
            block.formals,
            block.outputs,
            definitions,
            block_stem(block.body),
        )
        named = tuple(_named(expression, block.name) for expression in draft.expressions)
        return replace(draft, expressions=named)

    def draft(
        self,
        body: Sequence[Node | Block],
        inputs: Sequence[Value],
        outputs: Sequence[Value],
        definitions: Definitions,
        stem: str,
        names: Mapping[Value, Expression] | None = None,
    ) -> Draft:
        """The draft of a body; see `samenet.backends.torch.scopes.Scopes.draft`."""
        groups = {group[0].name: group for group in self.merged(body)}
        behind = {group[1].name: group[0].name for group in groups.values() if len(group) > 1}
        lines = list(self.lines(body, groups, behind))
        steps = [line.step for line in lines]

        def written(
            found: Mapping[Value, str],
        ) -> tuple[Mapping[Value, Expression], list[Expression]]:
            named = {**{value: Name(name) for value, name in found.items()}, **(names or {})}
            return named, [self.expression(line, groups, named, definitions) for line in lines]

        found = unhidden(steps, inputs, outputs, lambda found: written(found)[1])
        named, expressions = written(found)
        form = Form(
            tuple(found[value] for value in inputs),
            tuple(tuple(found[value] for value in line.step.makes) for line in lines),
        )
        return Draft(
            (form,),
            (*expressions, *(named[value] for value in outputs)),
            (
                tuple(map(self.shape, inputs)),
                tuple(map(self.shape, outputs)),
                *(() if line.holds else tuple(map(self.shape, line.step.makes)) for line in lines),
            ),
            stem,
            (*form.inputs, *chain.from_iterable(form.targets)),
        )

    def shape(self, value: Value) -> Shape:
        """The shape of a value, without the batch."""
        return self.graph.shapes[value]

    def lines(
        self,
        body: Sequence[Node | Block],
        groups: Mapping[str, tuple[Node, ...]],
        behind: Mapping[str, str],
    ) -> Iterable[Line]:
        """The lines, without variables: what each makes and reads."""
        for item in body:
            if item.name in behind:
                continue
            group = groups.get(item.name, ())
            last = group[-1] if group else item
            count = (
                len(item.outputs)
                if isinstance(item, Block)
                else len(self.nodes[item.name].output_shapes)
            )
            makes = tuple(Value(last.name, i) for i in range(count))
            held = Value(item.share or item.name, HELD)
            stem = "model" if isinstance(item, Block) else "layer"
            # A plain operation has no layer that could be kept.
            plain = isinstance(item, Node) and self.lowered[item.name].constructor is None
            if item.name in self.shared and not plain:
                reads = item.inputs if isinstance(item, Block) else ()
                yield Line(Step((held,), reads, f"{item.identifier}_{stem}"), item, holds=True)
            shared = not plain and (item.share is not None or item.name in self.shared)
            reads = (held, *item.inputs) if shared else item.inputs
            # A function has the same word as its block.
            word = f"{item.identifier}_output" if isinstance(item, Block) else last.identifier
            yield Line(Step(makes, reads, word), item)

    def expression(
        self,
        line: Line,
        groups: Mapping[str, tuple[Node, ...]],
        names: Mapping[Value, Expression],
        definitions: Definitions,
    ) -> Expression:
        """What a line computes."""
        item = line.item
        held = names.get(Value(item.share or item.name, HELD))
        if isinstance(item, Block):
            return self.block_expression(line, item, held, names, definitions)
        layer, node = self.lowered[item.name], self.nodes[item.name]
        constructor = self.constructor(groups[item.name])
        if line.holds:
            assert constructor is not None
            return constructor
        inputs = [names[value] for value in node.positional]
        keywords = {
            key: tuple(names[value] for value in values) for key, values in node.named.items()
        }
        if constructor is None:
            return layer.function(*inputs, **keywords)
        called = held if held is not None else constructor
        if node.reverse:
            assert isinstance(called, Name)
            return call(called, *inputs, reverse=True)
        return layer.function(called, *inputs, **keywords)

    def block_expression(
        self,
        line: Line,
        block: Block,
        held: Expression,
        names: Mapping[Value, Expression],
        definitions: Definitions,
    ) -> Expression:
        """The call of a block's function, or of the model made of it where it is shared."""
        inputs = tuple(names[value] for value in block.inputs)
        if held is not None and not line.holds:
            assert isinstance(held, Name)
            return Call(held, inputs if len(inputs) == 1 else (List(inputs),))
        definition, arguments = definitions.use(block)
        named = (*arguments.items(), ("name", block.name))
        if line.holds:
            function = (Name(definition.name), List(inputs))
            return Call(Name("shared_model", "keras/layers"), function, named)
        return Call(Name(definition.name), inputs, named)


def applied(constructor: Call, *inputs: Expression) -> Expression:
    """A layer applied to its input, or to the list of its inputs."""
    return call(constructor, inputs[0] if len(inputs) == 1 else List(inputs))


def takes_activation(layer: Layer) -> bool:
    """Whether Keras' layer has an argument `activation`."""
    return "activation" in type(layer).model_fields


def _shared(body: Sequence[Node | Block]) -> Iterable[str]:
    """The names of the layers and blocks that others of their scope share."""
    for item in body:
        if item.share is not None:
            yield item.share
        elif isinstance(item, Block):
            yield from _shared(item.body)


def _named(expression: Expression, name: str) -> Expression:
    """The expression with names of layers told from the name of the block around them."""

    def change(part: Expression) -> Expression:
        if isinstance(part, str) and part.startswith(name + "."):
            return Suffixed(Name("name"), part.removeprefix(name))
        return rebuilt(part, change)

    return change(expression)
