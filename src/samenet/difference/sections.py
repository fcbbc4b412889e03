"""A difference as titles, lines and tables of words, which the forms for people print alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, NamedTuple

from samenet.difference.compare import Difference, Size, WeightChanges
from samenet.difference.network import LayerChange, LayerInfo
from samenet.difference.values import Change, shown
from samenet.graph.ir import shape_text
from samenet.graph.memory import shown as memory

MAX_LINES = 30
"""How many lines a section has at most; JSON has all of it."""

Sign = Literal["+", "-", "~", " "]


class Text(NamedTuple):
    """Text of a spec, which a form has to make harmless."""

    text: str


Words = tuple[str | Text, ...]
"""Our own words, and texts of specs among them."""


class Line(NamedTuple):
    """Something that was added, removed or changed, or that follows from it."""

    sign: Sign
    words: Words


@dataclass(frozen=True)
class Section:
    """Lines below a title, then a table; its cells are our own words, numbers for the most part."""

    title: str
    lines: tuple[Line, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def sections(difference: Difference) -> list[Section]:
    """What there is to say, most important first."""
    network = (
        *_changes(difference.network),
        *_unpaired("-", difference.removed),
        *_unpaired("+", difference.added),
        *(line for layer in difference.layers for line in _layer(layer)),
    )
    follows = [_follows(layer) for layer in difference.layers if layer.follows]
    found = [
        Section("Network", _cut(network)),
        Section("Shapes that follow", _cut(follows)),
        Section("Training", _cut(_changes(difference.training))),
        _rates(difference),
        Section("Expectations", _cut(_changes(difference.expectations))),
        _sizes(difference.sizes),
        Section("Weights", _cut(_weights(difference.weights)) if difference else ()),
    ]
    return [section for section in found if section.lines or section.rows]


def _cut(lines: Iterable[Line]) -> tuple[Line, ...]:
    lines = tuple(lines)
    if len(lines) <= MAX_LINES:
        return lines
    return (*lines[:MAX_LINES], Line(" ", (f"and {len(lines) - MAX_LINES:,} more",)))


def _changes(changes: Iterable[Change], before: Words = ()) -> Iterator[Line]:
    for change in changes:
        if change.old is None:
            yield Line("+", (*before, Text(change.path), ": ", Text(shown(change.new))))
        elif change.new is None:
            yield Line("-", (*before, Text(change.path), ": ", Text(shown(change.old))))
        else:
            values = (Text(shown(change.old)), " → ", Text(shown(change.new)))
            yield Line("~", (*before, Text(change.path), ": ", *values))


def _unpaired(sign: Sign, layers: Sequence[LayerInfo]) -> Iterator[Line]:
    """Layers one by one, or the blocks that consist of them."""
    for block, group in groupby(layers, lambda layer: layer.block):
        inside = list(group)
        if not block:
            yield from (_one(sign, layer) for layer in inside)
            continue
        total = sum(layer.parameters for layer in inside)
        yield Line(sign, (Text(block), f": {_counted(len(inside), 'layer')}, {_parameters(total)}"))


def _one(sign: Sign, layer: LayerInfo) -> Line:
    keys = ", ".join(f"{key} = {shown(value)}" for key, value in layer.keys.items())
    told: Words = (" ", Text(keys)) if keys else ()
    rest = f", {_shapes(layer)}, {_parameters(layer.parameters)}"
    return Line(sign, (Text(layer.name), ": ", Text(layer.kind), *told, rest))


def _layer(layer: LayerChange) -> Iterator[Line]:
    name = Text(layer.new.name)
    if layer.renamed:
        yield Line("~", (Text(layer.old.name), " is now called ", name))
    if layer.moved:
        yield Line("~", (name, " has moved"))
    yield from _changes(layer.changes, (name, ": "))


def _follows(layer: LayerChange) -> Line:
    words: list[str | Text] = [Text(layer.new.name)]
    if layer.old.shapes != layer.new.shapes:
        words.append(f": {_shapes(layer.old)} → {_shapes(layer.new)}")
    if layer.old.parameters != layer.new.parameters:
        counts = f"{layer.old.parameters:,} → {_parameters(layer.new.parameters)}"
        words.append(f"{', ' if len(words) > 1 else ': '}{counts}")
    return Line("~", tuple(words))


def _shapes(layer: LayerInfo) -> str:
    return " and ".join(map(shape_text, layer.shapes))


def _parameters(count: int) -> str:
    return _counted(count, "parameter")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _rates(difference: Difference) -> Section:
    rows = tuple((str(rate.epoch), _rate(rate.old), _rate(rate.new)) for rate in difference.rates)
    return Section("Learning rate", (), ("epoch, from 0", "old", "new") if rows else (), rows)


def _rate(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.6g}"


def _sizes(sizes: Iterable[Size]) -> Section:
    rows = tuple(
        (size.name, _size(size, size.old), _size(size, size.new), _growth(size))
        for size in sizes
        if size.old != size.new
    )
    return Section("Size", (), ("", "old", "new", "difference") if rows else (), rows)


def _size(size: Size, value: int) -> str:
    return memory(value) if size.unit == "bytes" else f"{value:,}"


def _growth(size: Size) -> str:
    """The difference, and how much of the old number it is."""
    difference = size.new - size.old
    text = f"{'+' if difference > 0 else '-'}{_size(size, abs(difference))}"
    return f"{text} ({difference / size.old:+.1%})" if size.old else text


def _weights(weights: WeightChanges) -> Iterator[Line]:
    if weights.fit:
        yield Line(" ", ("weights of the old network fit the new one",))
        return
    counts = f"{len(weights.added):,} are new, {len(weights.removed):,} are gone"
    kept = _counted(weights.kept, "weight")
    yield Line(" ", (f"{kept} of the old network can be used, {counts}",))
    for path in weights.misplaced:
        yield Line("~", (Text(path), " has the same shape, and belongs to another layer now"))
    for path, (old, new) in weights.reshaped.items():
        yield Line("~", (Text(path), f": {old} → {new}"))
