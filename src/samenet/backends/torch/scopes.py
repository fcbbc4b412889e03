"""A network or block to the parts of an `nn.Module`: submodules, forward lines, named weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from samenet.backends.blocks import Definitions, Draft
from samenet.backends.torch.layout import Layouts, laid_out
from samenet.backends.variables import Step, unhidden
from samenet.codegen.expression import Call, Expression, Index, Name, call, index, method, prefixed
from samenet.graph.ir import Block, Layout, Node, ResolvedNode, Shape, Value, nodes_of
from samenet.graph.names import block_stem
from samenet.graph.resolve import MASK
from samenet.lowering import TorchLayer

RESERVED = ("self", "x", "inputs", "nn", "torch", "math", "np")


@dataclass(frozen=True)
class Form:
    """What two uses of a block must have in common to be one class.

    Attributes:
        inputs: the parameters of `forward`.
        modules: the attributes, in their order.
        targets: the variables that each line of `forward` assigns.
        returns: how many expressions `forward` returns.
        weights: the paths of `named_weights`; None stands before what a submodule adds.
    """

    inputs: tuple[str, ...]
    modules: tuple[str, ...]
    targets: tuple[tuple[str, ...], ...]
    returns: int
    weights: tuple[str | None, ...]


@dataclass(frozen=True)
class Line:
    """What a step of `forward` is, before it is printed."""

    step: Step
    item: Node | tuple[Block, ...]
    mask: bool = False


class Scopes:
    """Drafts of all blocks of a network."""

    def __init__(
        self,
        nodes: Mapping[str, ResolvedNode],
        lowered: Mapping[str, TorchLayer],
        layouts: Layouts,
        blocks: Mapping[str, Block],
        returned_masks: Iterable[Value] = (),
    ) -> None:
        self.returned_masks = frozenset(returned_masks)
        self.nodes = nodes
        self.lowered = lowered
        self.layouts = layouts
        self.blocks = blocks
        self.read_masks = self._read_masks()

    def block(self, block: Block, definitions: Definitions) -> Draft:
        """The draft of one use of a block."""
        inputs = (*block.formals, *self.free(block))
        stem = block_stem(block.body)
        prefix = f"{block.name}."
        return self.draft(block.body, inputs, self.given(block), definitions, prefix, stem)

    def draft(
        self,
        body: Sequence[Node | Block],
        inputs: Sequence[Value],
        outputs: Sequence[Value],
        definitions: Definitions,
        prefix: str,
        stem: str,
        names: Mapping[Value, Expression] | None = None,
    ) -> Draft:
        """The draft of a body.

        Args:
            body: what it consists of.
            inputs: the values that `forward` takes.
            outputs: the values that it returns.
            definitions: those of the blocks inside.
            prefix: what the names of its layers begin with.
            stem: what the class is called, in words.
            names: the expressions of inputs that are no parameters of their own.
        """
        alias = self.aliases(body)
        outputs = [_through(value, alias) for value in outputs]
        lines = list(self.lines(body, alias))
        steps = [line.step for line in lines]

        def written(found: Mapping[Value, str]) -> tuple[_Reader, list[Expression]]:
            named = {value: Name(name) for value, name in found.items()}
            read = _Reader({**named, **(names or {})}, alias, self.layouts)
            return read, [self.expression(line, read) for line in lines]

        found = unhidden(steps, inputs, outputs, lambda found: written(found)[1])
        read, expressions = written(found)
        modules = dict(self.modules(body, definitions))
        returned = [read(value, self.return_layout(value, prefix)) for value in outputs]
        weights = list(self.weights(body, prefix))
        form = Form(
            tuple(found[value] for value in inputs),
            tuple(modules),
            tuple(tuple(found[value] for value in line.step.makes) for line in lines),
            len(returned),
            tuple(path for path, _ in weights),
        )
        return Draft(
            (form,),
            (*modules.values(), *expressions, *returned, *(value for _, value in weights)),
            (
                tuple(map(self.shape, inputs)),
                tuple(map(self.shape, outputs)),
                *(tuple(map(self.shape, line.step.makes)) for line in lines),
            ),
            stem,
            (*form.inputs, *form.modules, *chain.from_iterable(form.targets)),
        )

    def return_layout(self, value: Value, prefix: str) -> Layout:
        """The network returns channels last, a block what it has."""
        return self.layouts.values[value] if prefix and value in self.layouts.values else "last"

    def shape(self, value: Value) -> Shape:
        """The shape of a value as it is laid out, without the batch."""
        shape = self.layouts.graph.shapes[value]
        if is_mask(value):
            return shape
        if len(shape) >= 2 and self.layouts.values[value] == "first":
            return (shape[-1], *shape[:-1])
        return shape

    def aliases(self, body: Sequence[Node | Block]) -> dict[Value, Value]:
        """Values that are others under a second name: what an identity gives."""
        return {
            Value(item.name): item.inputs[0]
            for item in body
            if isinstance(item, Node)
            and self.lowered[item.name].module is None
            and self.lowered[item.name].function is None
        }

    # Lines of `forward`

    def lines(self, body: Sequence[Node | Block], alias: Mapping[Value, Value]) -> Iterable[Line]:
        """The lines, without variables: what each makes and reads."""
        for group in grouped(body, self):
            if isinstance(group, Node):
                node = self.nodes[group.name]
                mask = Value(node.name, MASK)
                if mask in self.read_masks:
                    reads = tuple(_through(value, alias) for value in self.mask_reads(node))
                    yield Line(Step((mask,), reads, f"{node.identifier}_mask"), node, mask=True)
                if Value(node.name) in alias:
                    continue
                makes = tuple(Value(node.name, i) for i in range(len(node.output_shapes)))
                reads = tuple(_through(value, alias) for value in self.reads(node))
                yield Line(Step(makes, reads, node.identifier), group)
            else:
                first, last = group[0], group[-1]
                reads = tuple(_through(v, alias) for v in (*first.inputs, *self.free(first)))
                extra = self.given(last)[len(last.outputs) :]
                makes = (*(Value(last.name, i) for i in range(len(last.outputs))), *extra)
                yield Line(Step(makes, reads, last.identifier), group)

    def reads(self, node: ResolvedNode) -> tuple[Value, ...]:
        """The values that the line of a node reads, masks included."""
        masks = node.masks if node.layer.USES_MASKS else ()
        return (*node.inputs, *(mask for mask in masks if mask is not None))

    def mask_reads(self, node: ResolvedNode) -> tuple[Value, ...]:
        """The values that the mask made by a node is computed from."""
        return (*node.positional, *(mask for mask in node.masks if mask is not None))

    def _read_masks(self) -> set[Value]:
        """The masks that some layer reads, or that another such mask is made of."""
        read = {
            value for node in self.nodes.values() for value in self.reads(node) if is_mask(value)
        } | self.returned_masks
        pending = list(read)
        while pending:
            node = self.nodes[pending.pop().node]
            more = {value for value in node.masks if value is not None} - read
            read |= more
            pending += more
        return read

    def expression(self, line: Line, read: _Reader) -> Expression:
        """What a line computes."""
        if isinstance(line.item, tuple):
            return self.applied_blocks(line.item, read)
        node = self.nodes[line.item.name]
        layer = self.lowered[node.name]
        inputs = [read(value, self.layouts.nodes[node.name]) for value in node.positional]
        masked = any(node.masks) and (line.mask or node.layer.USES_MASKS)
        masks = tuple(None if mask is None else read(mask, "last") for mask in node.masks if masked)
        if line.mask:
            assert layer.mask is not None
            keywords = {"masks": masks} if masked else {}
            return layer.mask(*inputs, **keywords)
        keywords = {
            key: tuple(read(value, "last") for value in values)
            for key, values in node.named.items()
        }
        if masked:
            keywords["masks"] = masks
        if layer.module is None:
            assert layer.function is not None
            return layer.function(*inputs, **keywords)
        owner = self.nodes[node.share] if node.share else node
        module = Name(f"self.{owner.identifier}")
        if layer.function is None:
            return call(module, *inputs)
        return layer.function(module, *inputs, **keywords)

    def applied_blocks(self, blocks: tuple[Block, ...], read: _Reader) -> Expression:
        """The call of a block, or of the sequence of its repetitions."""
        first = blocks[0]
        owner = self.blocks[first.share] if first.share else first
        module = Name(f"self.{owner.identifier}")
        inputs = [
            read(value, self.layouts.values[formal])
            for value, formal in zip(first.inputs, first.formals, strict=True)
        ]
        if len(blocks) == 1 and first.repetition is not None:
            return call(module_item(module, first.repetition), *inputs, *self.extra(first, read))
        return call(module, *inputs, *self.extra(first, read))

    def extra(self, block: Block, read: _Reader) -> list[Expression]:
        """The masks that a block is given beside its inputs."""
        return [read(value, "last") for value in self.free(block)]

    # Masks that cross the border of a block

    def free(self, block: Block) -> tuple[Value, ...]:
        """The masks from outside that a block reads."""
        if not self.read_masks:
            return ()
        inside = {node.name for node in nodes_of(block.body)}
        found: dict[Value, None] = {}
        for name in inside:
            node = self.nodes[name]
            values = self.reads(node)
            if Value(name, MASK) in self.read_masks:
                values = (*values, *self.mask_reads(node))
            outside = [value for value in values if is_mask(value) and value.node not in inside]
            found |= dict.fromkeys(outside)
        return tuple(sorted(found))

    def given(self, block: Block) -> tuple[Value, ...]:
        """What a block returns: its outputs, and the masks made in it that others read."""
        if not self.read_masks:
            return block.outputs
        inside = {node.name for node in nodes_of(block.body)}
        made = {mask for mask in self.read_masks if mask.node in inside}
        wanted = {
            value
            for name, node in self.nodes.items()
            if name not in inside
            for value in (*self.reads(node), *self.mask_reads(node))
        } | self.returned_masks
        return (*block.outputs, *sorted(made & wanted))

    # Submodules

    def modules(
        self, body: Sequence[Node | Block], definitions: Definitions
    ) -> Iterable[tuple[str, Expression]]:
        """The attributes and their constructors."""
        repeated: dict[str, list[Call]] = {}
        for item in body:
            if item.share is not None:
                continue
            if isinstance(item, Node):
                module = self.lowered[item.name].module
                if module is not None:
                    yield item.identifier, self.trained(item, module)
                continue
            definition, arguments = definitions.use(item)
            made = Call(Name(definition.name), (), tuple(arguments.items()))
            if item.repetition is None:
                yield item.identifier, made
            else:
                repeated.setdefault(item.identifier, []).append(made)
        for identifier, calls in repeated.items():
            yield identifier, call("nn.Sequential", *calls)

    def trained(self, node: Node, module: Call) -> Call:
        """The constructor of a module, with weights that training leaves as they are if so."""
        if node.trainable or not self.nodes[node.name].weights:
            return module
        return method(module, "requires_grad_", False)

    # Named weights

    def weights(
        self, body: Sequence[Node | Block], prefix: str
    ) -> Iterable[tuple[str | None, Expression]]:
        """The view of each weight in Keras' layout, by its path in this scope."""
        for item in body:
            if item.share is not None:
                continue
            local = item.name.removeprefix(prefix)
            if isinstance(item, Block):
                module = Name(f"self.{item.identifier}")
                owner = module if item.repetition is None else module_item(module, item.repetition)
                if any(self.nodes[node.name].weights for node in nodes_of(item.body)):
                    yield None, call(Name("under", "torch/weights"), local, owner)
                continue
            for weight in self.nodes[item.name].weights:
                view = self.lowered[item.name].weights[weight.name]
                yield f"{local}/{weight.name}", prefixed(view, f"self.{item.identifier}")


class _Reader:
    """The expression of a value in a layout."""

    def __init__(
        self,
        names: Mapping[Value, Expression],
        alias: Mapping[Value, Value],
        layouts: Layouts,
    ) -> None:
        self.names, self.alias, self.layouts = names, alias, layouts

    def __call__(self, value: Value, wanted: Layout) -> Expression:
        source = _through(value, self.alias)
        expression = self.names[source]
        if is_mask(source):
            return expression
        found = self.layouts.values[source]
        return laid_out(expression, self.layouts.rank(source), found, wanted)


def grouped(body: Sequence[Node | Block], scopes: Scopes) -> Iterable[Node | tuple[Block, ...]]:
    """Nodes and blocks one by one, but the repetitions of one use together where they chain."""
    group: list[Block] = []
    for item in body:
        chains = (
            isinstance(item, Block)
            and item.repetition is not None
            and len(item.formals) == len(item.outputs) == 1
            and not scopes.free(item)
            and len(scopes.given(item)) == 1
        )
        follows = bool(group) and isinstance(item, Block) and item.repetition
        if group and not (chains and follows):
            yield tuple(group)
            group = []
        if chains and isinstance(item, Block):
            group.append(item)
        else:
            yield item if isinstance(item, Node) else (item,)
    if group:
        yield tuple(group)


def module_item(module: Name, number: int) -> Index:
    """One of the modules of an `nn.Sequential`."""
    return index(module, number)


def is_mask(value: Value) -> bool:
    """Whether a value is a mask."""
    return value.output == MASK


def _through(value: Value, alias: Mapping[Value, Value]) -> Value:
    while value in alias:
        value = alias[value]
    return value
