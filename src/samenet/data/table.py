"""What all tables have: columns with names, of which some are inputs and some are targets."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.data.base import FileSource, Reading
from samenet.graph.ir import Shape
from samenet.named import ONLY, ByName


class Readers(NamedTuple):
    """The functions of a program that read a table.

    Attributes:
        one: for one input and one output: of (path, features, target).
        weighted: likewise with weights of samples: of (path, features, target, weight).
        several: of (path, inputs, targets), two dictionaries.
        labels: the group of each sample: of (path, column, count).
        times: likewise the time.
    """

    one: Name
    weighted: Name
    several: Name
    labels: Name
    times: Name


class Table(FileSource):
    """Rows of numbers; each row is a sample."""

    READERS: ClassVar[Readers]

    FIRST_ROW: ClassVar[int]
    """How messages count the first sample."""

    target: ByName[str] = Field(
        description="The name of the column to predict; of several outputs, a table of names."
    )
    features: ByName[tuple[str, ...]] = Field(
        default_factory=dict[str, tuple[str, ...]],
        description="The names of the input columns; without it, all but the target "
        "and the weight. "
        "Of several inputs, a table of such arrays.",
    )

    def reader(self, input_shape: Shape) -> Call:
        del input_shape
        features, target = self.features.get(ONLY, ()), self.target[ONLY]
        if self.weights is None:
            return call(self.READERS.one, Name("path"), features, target)
        return call(self.READERS.weighted, Name("path"), features, target, self.weights)

    def reading(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Reading:
        features = {name: self.features.get(name, ()) for name in inputs}
        targets = self.with_weights({name: self.target[name] for name in outputs})
        return Reading(self.READERS.several, dict(features), targets)

    def grouping(self, count: Expression) -> Call | None:
        return _column(self.READERS.labels, self.groups, count)

    def timing(self, count: Expression) -> Call | None:
        return _column(self.READERS.times, self.order_by, count)


def _column(reader: Name, column: str | None, count: Expression) -> Call | None:
    return None if column is None else call(reader, Name("path"), column, count)
