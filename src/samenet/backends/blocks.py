"""Blocks to definitions: a class or function for all uses of a block that have the same form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from samenet.backends.definitions import Parameter, skeleton, unify
from samenet.codegen.expression import Expression
from samenet.graph.ir import Block, Node, Shape, walk_blocks


@dataclass(frozen=True)
class Draft:
    """One use of a block, or the network itself, before uses of one form are joined.

    Attributes:
        form: what must be equal for a common definition: names of variables, of attributes, ...
        expressions: all that stands in it, in a fixed order.
        shapes: of the inputs, of the outputs, then of what each line makes; without the batch.
        stem: what the definition is to be called, in words.
        names: of its variables and attributes, which no parameter may have.
    """

    form: tuple[Any, ...]
    expressions: tuple[Expression, ...]
    shapes: tuple[tuple[Shape, ...], ...]
    stem: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Definition:
    """A class or a function.

    Attributes:
        name: what it is called.
        form: as in `Draft`.
        expressions: the common ones, in which parameters stand for what differs.
        shapes: as in `Draft`, as text.
        parameters: what each use gives.
    """

    name: str
    form: tuple[Any, ...]
    expressions: tuple[Expression, ...]
    shapes: tuple[tuple[str, ...], ...]
    parameters: tuple[Parameter, ...]


class Definitions:
    """The definitions of all blocks of a body, inner ones first.

    Args:
        body: the network.
        draft: makes the draft of a block; it may ask `use` about the blocks inside.
        called: makes the name of a definition from its stem and the number of those before it.
        reserved: names that no parameter may have.
    """

    def __init__(
        self,
        body: tuple[Node | Block, ...],
        draft: Callable[[Block, Definitions], Draft],
        called: Callable[[str, int], str],
        reserved: Sequence[str],
    ) -> None:
        self.all: list[Definition] = []
        self._uses: dict[str, tuple[Definition, dict[str, Expression]]] = {}
        self._counts: dict[str, int] = {}
        blocks = [block for block in walk_blocks(body) if block.share is None]
        heights = {block.name: _height(block) for block in blocks}
        for level in sorted(set(heights.values())):
            groups: dict[Any, list[tuple[Block, Draft]]] = {}
            for block in (item for item in blocks if heights[item.name] == level):
                made = draft(block, self)
                key = (block.block, made.form, tuple(map(skeleton, made.expressions)))
                groups.setdefault(key, []).append((block, made))
            for group in groups.values():
                self._define(group, called, reserved)

    def use(self, block: Block) -> tuple[Definition, dict[str, Expression]]:
        """The definition of a block, and what this use gives for its parameters."""
        return self._uses[block.name]

    def _define(
        self,
        group: list[tuple[Block, Draft]],
        called: Callable[[str, int], str],
        reserved: Sequence[str],
    ) -> None:
        drafts = [made for _, made in group]
        taken = (*reserved, *drafts[0].names)
        unified = unify([made.expressions for made in drafts], taken)
        stem = drafts[0].stem
        self._counts[stem] = self._counts.get(stem, 0) + 1
        definition = Definition(
            called(stem, self._counts[stem]),
            drafts[0].form,
            tuple(unified.expressions),
            shape_texts([made.shapes for made in drafts], unified.parameters),
            tuple(unified.parameters),
        )
        self.all.append(definition)
        for number, (block, _) in enumerate(group):
            self._uses[block.name] = definition, unified.values(number)


def whole(draft: Draft, name: str) -> Definition:
    """The definition of the network itself, which is used once."""
    return Definition(name, draft.form, draft.expressions, shape_texts([draft.shapes], ()), ())


def _height(block: Block) -> int:
    return max((_height(item) + 1 for item in block.body if isinstance(item, Block)), default=0)


def shape_texts(
    uses: Sequence[tuple[tuple[Shape, ...], ...]], parameters: Sequence[Parameter]
) -> tuple[tuple[str, ...], ...]:
    """Shapes as text: numbers, or the parameter that has the same value in every use, or a word."""
    vectors = {parameter.values: parameter.name for parameter in parameters}
    return tuple(
        tuple(_shape([shapes[line][number] for shapes in uses], vectors) for number in range(count))
        for line, count in enumerate(len(shapes) for shapes in uses[0])
    )


def _shape(shapes: Sequence[Shape], vectors: dict[tuple[Expression, ...], str]) -> str:
    ranks = {len(shape) for shape in shapes}
    if len(ranks) > 1:
        return "(N, ...)"
    (rank,) = ranks
    parts = ["N"]
    for axis in range(rank):
        values = tuple(shape[axis] for shape in shapes)
        if len(set(values)) == 1:
            parts.append(str(values[0]))
        else:
            parts.append(vectors.get(values, "..."))
    return f"({', '.join(parts)}{',' if rank == 0 else ''})"
