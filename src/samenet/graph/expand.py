"""Spec to graph: names become values, every layer a name, blocks and shares are followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from samenet.diagnostics import Code, Path, listed, nearest
from samenet.graph.ir import INPUT, Block, Graph, Node, Value
from samenet.graph.names import Names, block_stem
from samenet.graph.order import in_order
from samenet.graph.sugar import parts
from samenet.layers.base import Layer, frozen
from samenet.schema import kind_of
from samenet.spec.items import BlockUse, Item, Repetition, Share
from samenet.spec.model import Spec


class Mistake(NamedTuple):
    """Something wrong in the graph, at a path of the spec; `key` points at the key there."""

    code: Code
    message: str
    hint: str
    path: Path
    key: bool = False


class GraphError(ValueError):
    """The layers of a spec make no graph; `mistakes` says why."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(mistake.message for mistake in mistakes))


def expand(spec: Spec) -> Graph:
    """The network of a spec as a graph of primitive layers and blocks.

    Raises:
        GraphError: with every name that is unknown, given twice or not used, and every cycle.
    """
    inputs = spec.input_values()
    expansion = _Expansion(spec.defaults)
    formals = {name: Value(name) for name in inputs}
    scope = _Scope("", "", ("layers",), formals)
    body = expansion.body(scope, spec.layers)
    outputs: dict[str, Value] = {}
    for index, reference in enumerate(spec.outputs or ()):
        path: Path = ("outputs",) if len(spec.outputs or ()) == 1 else ("outputs", index)
        value = expansion.value(scope, reference, path)
        if value is not None and reference in outputs:
            message = f"the output {reference!r} stands twice"
            expansion.mistake(Code.DUPLICATE_NAME, message, "remove one of them", path)
        if value is not None:
            outputs[reference] = value
    if spec.outputs is None and scope.last is not None:
        outputs = {scope.last_name: scope.last}
    expansion.unused(scope, outputs.values(), ("inputs",) if spec.inputs else ("input",))
    if expansion.mistakes:
        raise GraphError(expansion.mistakes)
    return Graph(inputs, body, outputs, len(outputs) == 1)


@dataclass
class _Scope:
    """The network or one block while it is expanded: its names and where they lead."""

    prefix: str
    share_prefix: str
    path: Path
    formals: Mapping[str, Value]
    trainable: bool = True
    names: Names = field(default_factory=Names)
    values: dict[str, tuple[Value, ...]] = field(default_factory=dict[str, tuple[Value, ...]])
    items: dict[str, tuple[Item, Path]] = field(default_factory=dict[str, tuple[Item, Path]])
    used: set[str] = field(default_factory=set[str])
    last: Value | None = None
    last_name: str = ""

    def known(self) -> list[str]:
        return [*self.formals, *self.items]


@dataclass
class _Expansion:
    """Expands scopes, one in another, and collects what is wrong."""

    defaults: Mapping[str, Mapping[str, Any]]
    mistakes: list[Mistake] = field(default_factory=list[Mistake])

    def mistake(self, code: Code, message: str, hint: str, path: Path, key: bool = False) -> None:
        self.mistakes.append(Mistake(code, message, hint, path, key))

    def body(self, scope: _Scope, items: Sequence[Item]) -> tuple[Node | Block, ...]:
        """The items of a scope, in an order in which each finds its inputs."""
        names = self.named(scope, items)
        wanted = {
            name: self.references(scope, name, names[index - 1] if index else None)
            for index, name in enumerate(names)
        }
        order, cycle = in_order(
            names, {name: [word for word, _ in refs] for name, refs in wanted.items()}
        )
        if cycle:
            message = f"the layers read each other in a circle: {' -> '.join(cycle)}"
            path = (*scope.items[cycle[0]][1], "inputs")
            self.mistake(Code.CYCLE, message, "let one of them read an earlier layer", path)
        body: list[Node | Block] = []
        for name in order:
            body += self.item(scope, name, wanted[name])
        if names:
            scope.last_name = names[-1]
            scope.last = scope.values.get(names[-1], (None,))[0]
        return tuple(body)

    def named(self, scope: _Scope, items: Sequence[Item]) -> list[str]:
        """The name of each item: its own, else one made from its type."""
        own = [item.name for item in items if item.name]
        scope.names.reserve([*own, *scope.formals])
        result: list[str] = []
        for index, item in enumerate(items):
            path = (*scope.path, index)
            name = item.name
            if name and (name in scope.items or name in scope.formals):
                message = (
                    f"the name {name!r} is given to {own.count(name)} layers"
                    if name not in scope.formals
                    else f"the name {name!r} is that of an input"
                )
                self.mistake(Code.DUPLICATE_NAME, message, "choose another name", (*path, "name"))
                name = scope.names.take(name)
            name = name or scope.names.take(_stem(item))
            scope.items[name] = (item, path)
            result.append(name)
        return result

    def references(self, scope: _Scope, name: str, previous: str | None) -> list[tuple[str, Path]]:
        """What an item reads, as words and where they stand; for shares also the shared item."""
        item, path = scope.items[name]
        found: list[tuple[str, Path]] = []
        if item.inputs is not None:
            alone = len(item.inputs) == 1
            place = (*path, "inputs")
            found += [
                (word, place if alone else (*place, index))
                for index, word in enumerate(item.inputs)
            ]
        elif previous is not None:
            found.append((previous, path))
        elif len(scope.formals) == 1:
            found.append((next(iter(scope.formals)), path))
        else:
            hint = f"add inputs = ...; there are {listed(scope.formals, 'and')}"
            count = len(scope.formals)
            message = f"the first layer has to say which of the {count} inputs it reads"
            self.mistake(Code.UNKNOWN_NAME, message, hint, path, key=True)
        for key in item.REFERENCES if isinstance(item, Layer) else ():
            words: tuple[str, ...] = getattr(item, key) or ()
            found += [
                (word, (*path, key) if len(words) == 1 else (*path, key, index))
                for index, word in enumerate(words)
            ]
        return found

    def item(
        self, scope: _Scope, name: str, references: list[tuple[str, Path]]
    ) -> Iterator[Node | Block]:
        """The nodes of one item; its values become known in the scope."""
        item, path = scope.items[name]
        found = [self.value(scope, word, place) for word, place in references]
        inputs = tuple(value for value in found if value is not None)
        if len(inputs) < len(found) or not inputs:
            return
        if isinstance(item, Share):
            yield from self.shared(scope, name, item, inputs)
        elif isinstance(item, BlockUse):
            yield from self.blocks(scope, name, item, inputs, path, None)
        else:
            yield from self.layer(scope, name, item, inputs, path, None)

    def layer(
        self,
        scope: _Scope,
        name: str,
        layer: Layer,
        inputs: tuple[Value, ...],
        path: Path,
        share: Share | None,
    ) -> Iterator[Node]:
        """A layer and what its sugar stands for."""
        keywords = tuple(
            key for key in layer.REFERENCES for _ in range(len(getattr(layer, key) or ()))
        )
        if not self.arity(layer, len(inputs) - len(keywords), path):
            return
        layer = layer if scope.trainable else frozen(layer)
        for index, part in enumerate(parts(layer, self.defaults)):
            first = index == 0
            part_name = name if first else scope.names.take(f"{name}_{kind_of(type(part))}")
            shared = share and (share.share if first else f"{share.share}_{kind_of(type(part))}")
            node = Node(
                name=scope.prefix + part_name,
                identifier=scope.names.identifier(kind_of(type(part))),
                layer=part,
                inputs=inputs,
                origin=path,
                keywords=keywords if first else (),
                share=self.share_name(scope, shared, part_name),
                reverse=bool(share and share.reverse and first),
            )
            yield node
            inputs = (Value(node.name),)
            scope.values[name] = tuple(Value(node.name, i) for i in range(part.output_count))

    def blocks(
        self,
        scope: _Scope,
        name: str,
        use: BlockUse,
        inputs: tuple[Value, ...],
        path: Path,
        share: Share | None,
    ) -> Iterator[Block]:
        """The repetitions of a use, each applied to the outputs of the one before it."""
        count = len(use.repetitions)
        identifier = ""
        for index, repetition in enumerate(use.repetitions):
            if len(inputs) != len(repetition.formals):
                message = (
                    f"the block {use.block} takes {len(repetition.formals)} inputs "
                    f"({listed(repetition.formals, 'and')}), found {len(inputs)}"
                )
                self.mistake(Code.ARITY, message, "", path, key=True)
                return
            local = f"{name}_{index + 1}" if count > 1 else name
            shared = share and (f"{share.share}_{index + 1}" if count > 1 else share.share)
            outer: Path = (*path, "repetitions", index)
            trainable = scope.trainable and use.trainable
            made = self.block(scope, local, repetition, inputs, outer, shared, trainable)
            number = index if count > 1 else None
            block = made._replace(block=use.block, origin=path, repetition=number)
            if not identifier:
                plural = "s" if count > 1 else ""
                identifier = scope.names.identifier(block_stem(block.body) + plural)
            block = block._replace(identifier=identifier)
            yield block
            if not block.outputs:  # a mistake of its own was reported
                return
            inputs = tuple(Value(block.name, output) for output in range(len(block.outputs)))
        scope.values[name] = inputs

    def block(
        self,
        scope: _Scope,
        name: str,
        repetition: Repetition,
        inputs: tuple[Value, ...],
        path: Path,
        shared: str | None,
        trainable: bool,
    ) -> Block:
        """One repetition of a block, expanded in a scope of its own."""
        full = scope.prefix + name
        formals = {word: Value(f"{full}.{word}", -1) for word in repetition.formals}
        share = self.share_name(scope, shared, name)
        inner = _Scope(
            f"{full}.",
            f"{share}." if share else "",
            (*path, "layers"),
            formals,
            trainable,
        )
        body = self.body(inner, repetition.layers)
        words = repetition.outputs or ()
        found = [
            self.value(inner, word, (*path, "outputs", *((i,) if len(words) > 1 else ())))
            for i, word in enumerate(words)
        ] or [inner.last]
        outputs = tuple(value for value in found if value is not None)
        self.unused(inner, outputs, (*path, "formals"))
        return Block(
            name=full,
            block="",
            identifier="",
            formals=tuple(formals.values()),
            inputs=inputs,
            body=body,
            outputs=outputs,
            origin=path,
            share=share,
        )

    def shared(
        self, scope: _Scope, name: str, share: Share, inputs: tuple[Value, ...]
    ) -> Iterator[Node | Block]:
        """A layer or block of the same scope, applied again."""
        path = scope.items[name][1]
        item, _ = scope.items.get(share.share, (None, ()))
        if item is None or isinstance(item, Share):
            known = [key for key, (other, _) in scope.items.items() if not isinstance(other, Share)]
            what = "is itself a share" if item is not None else "is no layer or block here"
            message = f"{share.share!r} {what}"
            hint = nearest(share.share, known) or f"there are {listed(known, 'and')}"
            self.mistake(Code.UNKNOWN_NAME, message, hint, (*path, "share"))
            return
        if isinstance(item, BlockUse):
            yield from self.blocks(scope, name, item, inputs, path, share)
        else:
            # What else the layer reads is not shared.
            layer = item.model_copy(update=dict.fromkeys(item.REFERENCES))
            yield from self.layer(scope, name, layer, inputs, path, share)

    def share_name(self, scope: _Scope, shared: str | None, local: str) -> str | None:
        """The node whose weights another uses: named here, or that of the shared block around."""
        if shared is not None:
            return (scope.share_prefix or scope.prefix) + shared
        return scope.share_prefix + local if scope.share_prefix else None

    def value(self, scope: _Scope, reference: str, path: Path) -> Value | None:
        """The value that a reference names, or None where that is a mistake."""
        word, _, number = reference.partition("[")
        if word in scope.formals and not number:
            scope.used.add(word)
            return scope.formals[word]
        if word in scope.formals:
            message = f"{word!r} is an input, which has no outputs to choose from"
            self.mistake(Code.UNKNOWN_NAME, message, f"write {word!r}", path)
            return None
        if word not in scope.items:
            known = scope.known()
            hint = nearest(word, known) or f"there are {listed(known[:30], 'and')}"
            where = "here" if not scope.prefix else "in this block"
            self.mistake(Code.UNKNOWN_NAME, f"there is no layer {word!r} {where}", hint, path)
            return None
        scope.used.add(word)
        values = scope.values.get(word)
        if values is None:  # a mistake of its own was reported
            return None
        output = int(number[:-1]) if number else 0
        if output >= len(values):
            count = f"{len(values)} output{'s' * (len(values) > 1)}"
            message = f"{word!r} has {count}, found {reference!r}"
            self.mistake(Code.UNKNOWN_NAME, message, "outputs are counted from 0", path)
            return None
        return values[output]

    def unused(self, scope: _Scope, outputs: Any, inputs_path: Path) -> None:
        """Report layers and inputs that nothing reads."""
        if self.mistakes:
            return  # what was wrong may be why
        given = {value.node for value in outputs}
        for name, (_, path) in scope.items.items():
            ends = {value.node for value in scope.values.get(name, ())}
            if name not in scope.used and not ends & given:
                message = f"nothing reads the layer {name!r}"
                hint = "use it as an input of a layer, list it in outputs, or remove it"
                self.mistake(Code.UNUSED, message, hint, path, key=True)
        for name in scope.formals:
            if name not in scope.used and scope.formals[name].node not in given:
                message = f"nothing reads the input {name!r}"
                path = inputs_path if name == INPUT else (*inputs_path, name)
                self.mistake(Code.UNUSED, message, "use it, or remove it", path, key=True)

    def arity(self, layer: Layer, count: int, path: Path) -> bool:
        """Whether a layer takes so many inputs."""
        least, most = layer.ARITY
        if least <= count and (most is None or count <= most):
            return True
        kind = kind_of(type(layer))
        if most is None:
            takes = f"at least {least} inputs"
        elif least == most:
            takes = f"{least} input{'s' * (least > 1)}"
        else:
            takes = f"{least} to {most} inputs"
        message = f"{kind} takes {takes}, found {count}"
        place = path if layer.inputs is None else (*path, "inputs")
        self.mistake(Code.ARITY, message, "name them with inputs = [...]", place, key=True)
        return False


def _stem(item: Item) -> str:
    if isinstance(item, BlockUse):
        return item.block
    return item.share if isinstance(item, Share) else kind_of(type(item))
