"""Uses of blocks become copies of their layers, with the values of their parameters filled in."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from samenet.diagnostics import Code, Path
from samenet.document import Tree
from samenet.expansion.arithmetic import INDEX, Value
from samenet.expansion.blocks import (
    Block,
    Size,
    check_repeat,
    is_share,
    is_use,
    is_written_out,
    size_of,
    stated_repeat,
)
from samenet.expansion.interpolation import Broken, Scope, substituted
from samenet.expansion.mistakes import Mistakes
from samenet.expansion.variables import value_of
from samenet.graph.ir import INPUT

MAX_LAYERS = 10_000
"""How many layers blocks may make."""

MAX_VALUES = 1_000_000
"""How many keys and values the layers may have that blocks make."""


class _BudgetError(Exception):
    """Blocks would make too many layers."""


@dataclass
class Instances:
    """Instantiates the uses of blocks, one in another.

    Attributes:
        blocks: the blocks of the spec, of which none uses itself.
        sizes: those of the blocks.
        variables: those of the spec.
        mistakes: takes what is wrong.
        origins: where each repetition comes from, filled meanwhile; see `Document.origins`.
        used: the blocks that were instantiated.
    """

    blocks: Mapping[str, Block]
    sizes: Mapping[str, Size]
    variables: Scope
    mistakes: Mistakes
    origins: dict[Path, Path] = field(default_factory=dict[Path, Path])
    used: set[str] = field(default_factory=set[str])
    _spent: Size = field(default_factory=lambda: Size(0, 0))

    def network(self, items: tuple[Any, ...]) -> tuple[Any, ...]:
        """The layers of the network.

        Args:
            items: as they are written.

        Returns:
            Layers, and for each use of a block a table of `type` "block" with its `repetitions`,
            of which each has the `layers` of the block.
        """
        result: list[Any] = []
        for index, item in enumerate(items):
            path: Path = ("layers", index)
            try:
                result.append(self._item(item, path, path, self.variables))
            except _BudgetError:
                what = f"more than {MAX_LAYERS:,} layers or {MAX_VALUES:,} values"
                message = f"with this block, the network has {what}"
                place = (*path, "repeat") if "repeat" in item else path
                self.mistakes.add(Code.TOO_LARGE, message, "use blocks less often", place)
                break
        return tuple(result)

    def check_unused(self) -> None:
        """Look at the layers of blocks that were not instantiated, with their defaults."""
        for block in self.blocks.values():
            if block.name not in self.used and not block.required:
                scope = self._inner(block, {}, 0)
                for part, key in ((block.inputs, "inputs"), (block.outputs, "outputs")):
                    substituted(part, (*block.path, key), scope, self.mistakes)
                substituted(block.items, block.layers_path, scope, self.mistakes)

    def _inner(self, block: Block, given: Scope, index: int) -> Scope:
        """The variables inside of a block."""
        broken = dict.fromkeys(block.broken, Broken.VARIABLE)
        own: dict[str, Value | Broken] = {**block.defaults, **broken, **given, INDEX: index}
        return ChainMap(own, cast("dict[str, Value | Broken]", self.variables))

    def _item(self, item: Any, written: Path, path: Path, scope: Scope) -> Any:
        """What is written at one path, for the place where it will stand."""
        if is_written_out(item):
            return self._written_out(item, written, path, scope)
        if is_use(item):
            return self._use(item, written, path, scope)
        result = substituted(item, written, scope, self.mistakes)
        return {"type": "share", **result} if is_share(item) else result

    def _use(self, use: Tree, written: Path, path: Path, scope: Scope) -> Tree:
        block = self.blocks[use["block"]]
        self.used.add(block.name)
        given: dict[str, Value | Broken] = {}
        for name, raw in use.get("with", {}).items():
            value = value_of(raw, (*written, "with", name), scope, self.mistakes)
            given[name] = Broken.VARIABLE if value is None else value
        repeat = self._repeat(use, written, scope)
        # The block around a use has counted what the use states; around the network's is none.
        counted = stated_repeat(use) if written[0] == "blocks" else 0
        self._spend(self.sizes[block.name].times(repeat - counted))
        repetitions = tuple(
            self._repetition(block, (*path, "repetitions", index), self._inner(block, given, index))
            for index in range(repeat)
        )
        return self._filled(use, repetitions, written, scope)

    def _written_out(self, use: Tree, written: Path, path: Path, scope: Scope) -> Tree:
        repetitions: list[Tree] = []
        for index, table in enumerate(cast("tuple[Tree, ...]", use["instances"])):
            place = (*written, "instances", index)
            self._spend(size_of(table["layers"]).times(table.get("repeat", 1)))
            for _ in range(table.get("repeat", 1)):
                target = (*path, "repetitions", len(repetitions))
                inputs = table.get("inputs", (INPUT,))
                repetitions.append(self._body(table, inputs, place, target, scope))
        return self._filled(use, tuple(repetitions), written, scope)

    def _filled(
        self, use: Tree, repetitions: tuple[Tree, ...], written: Path, scope: Scope
    ) -> Tree:
        """A use in the form that `samenet.spec` judges."""
        rest = {key: use[key] for key in ("block", "name", "inputs", "trainable") if key in use}
        return {
            "type": "block",
            **substituted(rest, written, scope, self.mistakes),
            "repetitions": repetitions,
        }

    def _repeat(self, use: Tree, written: Path, scope: Scope) -> int:
        """How often a use repeats its block; 1 where that is a mistake."""
        path = (*written, "repeat")
        repeat = use.get("repeat", 1)
        if isinstance(repeat, str):
            repeat = value_of(repeat, path, scope, self.mistakes)
        return 1 if repeat is None else check_repeat(repeat, path, self.mistakes)

    def _spend(self, size: Size) -> None:
        """Count what repetitions will have, before they are made."""
        self._spent = self._spent.plus(size)
        if self._spent.layers > MAX_LAYERS or self._spent.values > MAX_VALUES:
            raise _BudgetError

    def _repetition(self, block: Block, path: Path, scope: Scope) -> Tree:
        table: dict[str, Any] = {"layers": block.items}
        table |= {} if block.outputs is None else {"outputs": block.outputs}
        return self._body(table, block.inputs, block.path, path, scope)

    def _body(self, table: Tree, inputs: Any, written: Path, path: Path, scope: Scope) -> Tree:
        """One repetition: the inputs, outputs and layers that are written at a path."""
        self.origins[path] = written
        self.origins[*path, "formals"] = (*written, "inputs")
        result: dict[str, Any] = {
            "formals": substituted(inputs, (*written, "inputs"), scope, self.mistakes)
        }
        if "outputs" in table:
            place = (*written, "outputs")
            result["outputs"] = substituted(table["outputs"], place, scope, self.mistakes)
        result["layers"] = tuple(
            self._item(item, (*written, "layers", index), (*path, "layers", index), scope)
            for index, item in enumerate(table["layers"])
        )
        return result
