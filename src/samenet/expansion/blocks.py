"""`[blocks]`: what a block is, and what may be wrong with it before it is used.

[blocks.bottleneck]
parameters = { filters = 64, strides = 1 }  # or ["filters", { strides = 1 }]
inputs = ["input"]                          # its own names for what it reads
outputs = ["sum"]                           # what it gives; by default its last layer
[[blocks.bottleneck.layers]]                # as the layers of a network

A use in the network may also have its layers with it, as `samenet render` writes it:

[[layers]]
block = "bottleneck"
[[layers.instances]]                        # with `repeat`, `inputs` and `outputs` if need be
[[layers.instances.layers]]                 # without parameters
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple, cast

from samenet.diagnostics import Code, Path, dotted, listed, nearest
from samenet.document import Tree
from samenet.expansion.arithmetic import INTEGER_LIMIT, RESERVED, Value, kind
from samenet.expansion.interpolation import Scope
from samenet.expansion.mistakes import Mistakes, circle
from samenet.expansion.variables import turned, value_of
from samenet.graph.ir import INPUT

MAX_BLOCKS = 1000
"""How many blocks a spec may define."""

MAX_REPEAT = 1000
"""How often a use may repeat its block."""

MAX_NESTING = 16
"""How deep blocks may use blocks."""

USE = ("block", "with", "repeat", "name", "inputs", "trainable")
"""The keys of a use of a block."""

WRITTEN_OUT = ("block", "name", "inputs", "trainable", "instances")
"""The keys of a use that has its layers with it."""

_DEFINITION = ("parameters", "inputs", "outputs", "layers")
_INSTANCE = ("repeat", "inputs", "outputs", "layers")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


class Block(NamedTuple):
    """A block as it is defined.

    Attributes:
        name: its key in `blocks`.
        defaults: the values of the parameters that a use may leave out.
        required: the parameters that each use has to give.
        broken: the parameters whose definition is a mistake, which was reported.
        inputs: its names for its inputs, as written.
        outputs: the names of what it gives, as written, or None for its last layer.
        items: its layers, as written.
    """

    name: str
    defaults: Mapping[str, Value]
    required: tuple[str, ...]
    broken: frozenset[str]
    inputs: Any
    outputs: Any
    items: tuple[Any, ...]

    @property
    def path(self) -> Path:
        """Where it is defined."""
        return ("blocks", self.name)

    @property
    def layers_path(self) -> Path:
        """Where its layers stand."""
        return (*self.path, "layers")

    @property
    def parameters(self) -> list[str]:
        """The names of all parameters."""
        return [*self.required, *self.defaults, *sorted(self.broken)]


class Size(NamedTuple):
    """How large what a block becomes is, at least: where it has expressions, it may be larger."""

    layers: int
    values: int

    def times(self, count: int) -> Size:
        """The size of repetitions."""
        return Size(self.layers * count, self.values * count)

    def plus(self, other: Size) -> Size:
        """The size of both."""
        return Size(self.layers + other.layers, self.values + other.values)


def is_use(item: Any) -> bool:
    """Whether an item of an array of layers uses a block of the spec."""
    return isinstance(item, Mapping) and "block" in item and "instances" not in item


def is_written_out(item: Any) -> bool:
    """Whether an item of an array of layers is a use of a block that has its layers with it."""
    return isinstance(item, Mapping) and "block" in item and "instances" in item


def is_share(item: Any) -> bool:
    """Whether an item of an array of layers applies another one again."""
    return isinstance(item, Mapping) and "share" in item


# Definitions


def defined(blocks: Tree, scope: Scope, mistakes: Mistakes) -> dict[str, Block]:
    """The blocks of a spec.

    Args:
        blocks: the table `blocks`.
        scope: the variables, which defaults may use.
        mistakes: takes what is wrong with names, keys, parameters and layers.

    Raises:
        SpecError: there are too many.
    """
    if len(blocks) > MAX_BLOCKS:
        message = f"a spec has at most {MAX_BLOCKS:,} blocks, found {len(blocks):,}"
        mistakes.add(Code.TOO_LARGE, message, "", ("blocks",), key=True)
        mistakes.raise_any()
    result: dict[str, Block] = {}
    for name, table in blocks.items():
        path: Path = ("blocks", name)
        _check_name(name, "block", path, mistakes)
        if isinstance(table, Mapping):
            result[name] = _block(name, cast("Tree", table), scope, mistakes)
        else:
            message = f"{dotted(path)} must be a table, found {kind(table)}"
            mistakes.add(Code.WRONG_TYPE, message, "", path)
    return result


def _block(name: str, table: Tree, scope: Scope, mistakes: Mistakes) -> Block:
    path: Path = ("blocks", name)
    mistakes.unknown_keys(dotted(path), path, table, _DEFINITION)
    defaults: dict[str, Value] = {}
    required: list[str] = []
    broken: set[str] = set()
    for parameter, raw, place in _parameters(table, path, mistakes):
        good = _check_parameter(parameter, place, mistakes)
        if parameter in {*defaults, *required, *broken}:
            message = f"the parameter {parameter!r} stands twice"
            mistakes.add(Code.DUPLICATE_NAME, message, "remove one of them", place)
        elif raw is _REQUIRED and good:
            required.append(parameter)
        else:
            value = None if raw is _REQUIRED else value_of(raw, place, scope, mistakes)
            if good and value is not None:
                defaults[parameter] = value
            else:
                broken.add(parameter)
    inputs = table.get("inputs", (INPUT,))
    _check_inputs(inputs, (*path, "inputs"), mistakes)
    items = _items(table, path, mistakes)
    return Block(
        name=name,
        defaults=defaults,
        required=tuple(required),
        broken=frozenset(broken),
        inputs=inputs,
        outputs=table.get("outputs"),
        items=items,
    )


def _parameters(table: Tree, path: Path, mistakes: Mistakes) -> Iterator[tuple[str, Any, Path]]:
    """Each parameter, its default or `_REQUIRED`, and where it stands."""
    path = (*path, "parameters")
    parameters = table.get("parameters", {})
    if isinstance(parameters, Mapping):
        for name, default in cast("Tree", parameters).items():
            yield name, default, (*path, name)
    elif isinstance(parameters, tuple):
        for index, item in enumerate(cast("tuple[Any, ...]", parameters)):
            if isinstance(item, str):
                yield item, _REQUIRED, (*path, index)
            elif isinstance(item, Mapping):
                for name, default in cast("Tree", item).items():
                    yield name, default, (*path, index, name)
            else:
                message = f"a parameter is a name or {{ name = default }}, found {kind(item)}"
                mistakes.add(Code.WRONG_TYPE, message, "", (*path, index))
    else:
        allowed = "a table of names and defaults, or an array of names"
        message = f"{dotted(path)} must be {allowed}, found {kind(parameters)}"
        mistakes.add(Code.WRONG_TYPE, message, "", path)


def _check_parameter(name: str, path: Path, mistakes: Mistakes) -> bool:
    if name in RESERVED:
        message = f"{name!r} is a word of expressions, and cannot name a parameter"
        mistakes.add(Code.OUT_OF_RANGE, message, "choose another name", path, key=True)
        return False
    return _check_name(name, "parameter", path, mistakes)


def _check_name(name: str, what: str, path: Path, mistakes: Mistakes) -> bool:
    if _NAME.fullmatch(name):
        return True
    allowed = "a letter, then letters, digits and '_', at most 64 in all"
    message = f"{name!r} cannot name a {what}: allowed is {allowed}"
    mistakes.add(Code.OUT_OF_RANGE, message, "", path, key=True)
    return False


def _check_inputs(inputs: Any, path: Path, mistakes: Mistakes) -> None:
    names = cast("tuple[Any, ...]", inputs if isinstance(inputs, tuple) else ())
    seen: set[str] = set()
    for index, name in enumerate(names):
        if isinstance(name, str) and name in seen:
            message = f"the block has two inputs {name!r}"
            mistakes.add(Code.DUPLICATE_NAME, message, "choose another name", (*path, index))
        elif isinstance(name, str):
            seen.add(name)


def _items(table: Tree, path: Path, mistakes: Mistakes) -> tuple[Any, ...]:
    place = (*path, "layers")
    items: Any = table.get("layers")
    header = f"[[{'.'.join(part for part in place if isinstance(part, str))}]]"
    if "layers" not in table:
        hint = f"add {header}"
        mistakes.add(Code.MISSING_KEY, f"{dotted(path)} has no layers", hint, path)
    elif not isinstance(items, tuple):
        hint = f"write {header}"
        message = f"{dotted(place)} must be an array of tables, found {kind(items)}"
        mistakes.add(Code.WRONG_TYPE, message, hint, place)
    elif not items:
        mistakes.add(Code.OUT_OF_RANGE, f"{dotted(place)} must be at least 1 long", "", place)
    else:
        return cast("tuple[Any, ...]", items)
    return ()


# Uses


_OTHER_WORDS = ("scale",)
"""Keys of layers that look like misspelt ones of ours."""


def check_items(
    items: tuple[Any, ...], path: Path, blocks: Mapping[str, Block], mistakes: Mistakes
) -> None:
    """Note what is wrong with the uses of blocks and the shares in an array of layers.

    Args:
        items: the array.
        path: where it stands.
        blocks: the blocks of the spec.
        mistakes: takes what is wrong.
    """
    for index, item in enumerate(items):
        place = (*path, index)
        if is_written_out(item):
            _check_written_out(item, place, blocks, mistakes)
        elif is_use(item):
            _check_use(item, place, blocks, mistakes)
        elif isinstance(item, Mapping):
            _check_type(cast("Tree", item), place, mistakes)


def _check_use(use: Tree, path: Path, blocks: Mapping[str, Block], mistakes: Mistakes) -> None:
    mistakes.unknown_keys(f"{dotted(path)}, which uses a block,", path, use, USE)
    name, given = use["block"], use.get("with", {})
    misspelt = any(nearest(key, ["with"]) for key in use if key not in USE)
    if not isinstance(use.get("repeat"), str):
        check_repeat(use.get("repeat", 1), (*path, "repeat"), mistakes)
    if not isinstance(name, str):
        message = f"{dotted((*path, 'block'))} must be the name of a block, found {kind(name)}"
        mistakes.add(Code.WRONG_TYPE, message, "", (*path, "block"))
    elif name not in blocks:
        hint = nearest(name, blocks) or (
            f"there are {listed(list(blocks)[:20], 'and')}" if blocks else f"add [blocks.{name}]"
        )
        message, place = f"there is no block {name!r}", (*path, "block")
        mistakes.add(Code.UNKNOWN_NAME, message, hint, place, known=(name, blocks))
    if not isinstance(given, Mapping):
        message = f"{dotted((*path, 'with'))} must be a table, found {kind(given)}"
        mistakes.add(Code.WRONG_TYPE, message, "", (*path, "with"))
    elif isinstance(name, str) and name in blocks and not misspelt:
        _check_given(blocks[name], cast("Tree", given), path, mistakes)


def _check_written_out(
    use: Tree, path: Path, blocks: Mapping[str, Block], mistakes: Mistakes
) -> None:
    mistakes.unknown_keys(f"{dotted(path)}, which has instances,", path, use, WRITTEN_OUT)
    if isinstance(use["block"], str):
        _check_name(use["block"], "block", (*path, "block"), mistakes)
    instances, path = use["instances"], (*path, "instances")
    if path[0] == "blocks":
        message = "only a use in the network can have its layers with it"
        mistakes.add(Code.UNKNOWN_KEY, message, "make them a block", path, key=True)
    elif not isinstance(instances, tuple):
        message = f"{dotted(path)} must be an array of tables, found {kind(instances)}"
        mistakes.add(Code.WRONG_TYPE, message, "", path)
    elif not instances:
        mistakes.add(Code.OUT_OF_RANGE, f"{dotted(path)} must be at least 1 long", "", path)
    else:
        for index, instance in enumerate(cast("tuple[Any, ...]", instances)):
            _check_instance(instance, (*path, index), blocks, mistakes)


def _check_instance(
    instance: Any, path: Path, blocks: Mapping[str, Block], mistakes: Mistakes
) -> None:
    if not isinstance(instance, Mapping):
        message = f"{dotted(path)} must be a table, found {kind(instance)}"
        mistakes.add(Code.WRONG_TYPE, message, "", path)
        return
    table = cast("Tree", instance)
    mistakes.unknown_keys(dotted(path), path, table, _INSTANCE)
    check_repeat(table.get("repeat", 1), (*path, "repeat"), mistakes)
    check_items(_items(table, path, mistakes), (*path, "layers"), blocks, mistakes)


def check_repeat(repeat: Any, path: Path, mistakes: Mistakes) -> int:
    """How often a block is repeated; 1 where what was found is a mistake."""
    if isinstance(repeat, bool) or not isinstance(repeat, int):
        message = f"{dotted(path)} must be a whole number, found {kind(repeat)}"
        mistakes.add(Code.WRONG_TYPE, message, "", path)
    elif not 1 <= repeat <= MAX_REPEAT:
        found = repeat if abs(repeat) < INTEGER_LIMIT else "a huge number"
        message = f"{dotted(path)} must be from 1 to {MAX_REPEAT:,}, found {found}"
        mistakes.add(Code.OUT_OF_RANGE, message, "", path)
    else:
        return repeat
    return 1


def _check_given(block: Block, given: Tree, path: Path, mistakes: Mistakes) -> None:
    mistakes.unknown_keys(
        f"the block {block.name}", (*path, "with"), given, block.parameters, "parameter"
    )
    for name in block.required:
        # One that is misspelt is not missing as well.
        if name not in given and not any(
            nearest(other, [name]) for other in given if other not in block.parameters
        ):
            message = f"the block {block.name} needs a value for {name!r}"
            place = (*path, "with") if given else path
            mistakes.add(Code.MISSING_KEY, message, f"add with = {{ {name} = ... }}", place)


def _check_type(item: Tree, path: Path, mistakes: Mistakes) -> None:
    """What is neither a layer nor a share, though it looks like one."""
    kind_word = item.get("type")
    if "share" in item and "type" in item:
        message = f"{dotted(path)}, which applies a layer again, has no key 'type'"
        mistakes.add(Code.UNKNOWN_KEY, message, "remove it", (*path, "type"), key=True)
    elif kind_word in ("block", "share"):
        message = f"there is no layer type {kind_word!r}"
        hint = f'write {kind_word} = "..." in place of the type'
        mistakes.add(Code.UNKNOWN_VALUE, message, hint, (*path, "type"))
    elif "type" not in item and "share" not in item:
        for key in item:
            hint = "" if key in _OTHER_WORDS else nearest(key, ("block", "share"))
            if hint:
                message = f"{dotted(path)} has no key {key!r}"
                mistakes.add(Code.UNKNOWN_KEY, message, hint, (*path, key), key=True)


def in_order(blocks: Mapping[str, Block], mistakes: Mistakes) -> list[Block]:
    """The blocks, each behind those that it uses; none where there is a cycle.

    Args:
        blocks: the blocks of the spec.
        mistakes: takes the cycle, and blocks that are nested too deep.
    """
    uses = {name: _uses(block, blocks) for name, block in blocks.items()}
    try:
        order = list(TopologicalSorter(uses).static_order())
    except CycleError as error:
        cycle = turned(error.args[1], blocks)
        message = f"blocks use each other in a circle: {circle(cycle)}"
        path = uses[cycle[0]][cycle[1]]
        mistakes.add(Code.CYCLE, message, "let one of them do without the next", path)
        return []
    depths: dict[str, int] = {}
    for name in order:
        depths[name] = 1 + max((depths[used] for used in uses[name]), default=0)
        if depths[name] == MAX_NESTING + 1:
            path = next(place for used, place in uses[name].items() if depths[used] == MAX_NESTING)
            message = f"blocks use blocks more than {MAX_NESTING} deep"
            mistakes.add(Code.TOO_LARGE, message, "", path)
    return [blocks[name] for name in order]


def _uses(block: Block, blocks: Mapping[str, Block]) -> dict[str, Path]:
    """The blocks that a block uses, and where it does so first."""
    found: dict[str, Path] = {}
    for index, item in enumerate(block.items):
        if is_use(item) and isinstance(item["block"], str) and item["block"] in blocks:
            found.setdefault(item["block"], (*block.layers_path, index, "block"))
    return found


def size_of(items: tuple[Any, ...]) -> Size:
    """The size of layers, without that of the blocks among them."""
    own = tuple(item for item in items if not is_written_out(item))
    return Size(sum(not is_use(item) for item in own), _values(own))


def sizes(order: list[Block]) -> dict[str, Size]:
    """The size of each block, with the blocks in it.

    Args:
        order: the blocks, each behind those that it uses, without mistakes.
    """
    result: dict[str, Size] = {}
    for block in order:
        size = size_of(block.items)
        for use in filter(is_use, block.items):
            size = size.plus(result[use["block"]].times(stated_repeat(use)))
        result[block.name] = size
    return result


def stated_repeat(use: Tree) -> int:
    """How often a use repeats its block, as far as that is known without its scope."""
    repeat = use.get("repeat", 1)
    return repeat if isinstance(repeat, int) else 1


def _values(value: Any) -> int:
    """How many keys, items and values there are."""
    if isinstance(value, Mapping):
        return 1 + sum(_values(item) for item in cast("Tree", value).values())
    if isinstance(value, tuple):
        return 1 + sum(_values(item) for item in cast("tuple[Any, ...]", value))
    return 1


_REQUIRED = object()
