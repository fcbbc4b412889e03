"""What a picture of a network shows: boxes, groups of them, arrows.

What belongs to one layer of the spec (its normalization, activation and dropout) is one box with a
row for each. Layers or blocks that are alike and follow each other in a chain are drawn once, with
their number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Role = Literal["input", "layer", "output"]


@dataclass(frozen=True, slots=True)
class Row:
    """A primitive layer.

    Attributes:
        name: its name in its block.
        kind: its type, e.g. `dense`.
        detail: the arguments that are not Keras' defaults, e.g. `units 64`.
        shapes: of its outputs, as text.
        parameters: how many numbers its weights hold.
        share: the full name of the layer whose weights it uses, or None.
    """

    name: str
    kind: str
    detail: str
    shapes: str
    parameters: int = 0
    share: str | None = None

    @property
    def title(self) -> str:
        """All of it in one line."""
        known = [f"{self.name}: {self.kind}", self.detail, self.shapes, self.weights]
        return ", ".join(part for part in known if part)

    @property
    def is_named_by_kind(self) -> bool:
        """Whether its name is made from its type: `dense`, `dense_2`."""
        return re.fullmatch(rf"{re.escape(self.kind)}(_\d+)?", self.name) is not None

    @property
    def short(self) -> str:
        """It in a few words, for a row behind the first."""
        rest = f"\u00b7 {self.weights}" if self.weights else self.detail
        return f"{self.kind} {rest}".rstrip()

    @property
    def weights(self) -> str:
        """Its number of parameters, or whose they are; empty if it has none."""
        if self.share is not None:
            return f"weights of {self.share}"
        return counted(self.parameters) if self.parameters else ""


@dataclass(frozen=True, slots=True)
class Box:
    """A layer of the spec, an input or an output of the network.

    Attributes:
        key: unique in the picture.
        rows: the primitive layers that it stands for, one after the other.
        role: what it is.
        last: the name of the last of several layers that are alike, or None.
        count: how many layers that are alike it stands for.
    """

    key: str
    rows: tuple[Row, ...]
    role: Role = "layer"
    last: str | None = None
    count: int = 1

    @property
    def name(self) -> str:
        """The name of its first layer, or of the first and the last of several."""
        first = self.rows[0].name
        return f"{first} \u2026 {self.last} \u00d7 {self.count}" if self.last else first

    @property
    def shared(self) -> bool:
        """Whether it uses the weights of another layer."""
        return any(row.share for row in self.rows)

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands in it, line by line."""
        first, *others = self.rows
        if self.role == "output":
            return (self.name,)
        if self.role == "input":
            return (self.name, first.shapes)
        each = " each" if self.count > 1 else ""
        numbers = [first.shapes, first.weights and first.weights + each]
        head = self.name if first.is_named_by_kind else f"{self.name}: {first.kind}"
        lines = [head, first.detail, " \u00b7 ".join(filter(None, numbers))]
        return tuple(filter(None, [*lines, *(row.short for row in others)]))


@dataclass(frozen=True, slots=True)
class Group:
    """A use of a block.

    Attributes:
        key: unique in the picture.
        title: the name of the use, and of the block if it is another.
        items: what it consists of.
        shared: whether it uses the weights of another.
        count: how many uses that are alike it stands for.
    """

    key: str
    title: str
    items: tuple[Box | Group, ...]
    shared: bool = False
    count: int = 1


@dataclass(frozen=True, slots=True)
class Arrow:
    """A value that goes from one box to another; `label` says which one, if it is not the first."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Diagram:
    """A picture of a network: what stands in it, and how values go."""

    name: str
    items: tuple[Box | Group, ...]
    arrows: tuple[Arrow, ...]
    parameters: int

    @property
    def caption(self) -> str:
        """The network in a few words."""
        return f"{self.name}: {counted(self.parameters)}"

    def boxes(self) -> tuple[Box, ...]:
        """All boxes, also those in groups."""
        return tuple(_boxes(self.items))


def counted(parameters: int) -> str:
    """`1 parameter`, `1,024 parameters`."""
    return f"{parameters:,} parameter{'' if parameters == 1 else 's'}"


def _boxes(items: Sequence[Box | Group]) -> Iterator[Box]:
    for item in items:
        if isinstance(item, Group):
            yield from _boxes(item.items)
        else:
            yield item
