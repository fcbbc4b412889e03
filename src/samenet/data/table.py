"""What all tables have: columns with names, of which some are inputs and some are targets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.data.base import ByNames, FileSource, Reading
from samenet.diagnostics import Code, Path, Refusal
from samenet.graph.ir import ResolvedGraph, Shape
from samenet.named import ONLY, ByName

if TYPE_CHECKING:
    from samenet.spec.model import Spec


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

    @property
    def takes_all(self) -> bool:
        return not any(self.features.values())

    def tables(self, *, several: bool) -> Iterator[ByNames]:
        yield ByNames("features", self.features, "input", complete=several)
        yield ByNames("target", self.target, "output", complete=True)

    def refusals(self, spec: Spec, graph: ResolvedGraph) -> Iterator[Refusal]:
        """Columns are as many as an input has numbers, and each stands in one place."""
        if self.weights in self.target.values():
            message = f"the weight {self.weights!r} is a target as well"
            yield Code.DATA_MISMATCH, ("data", "sample_weight"), message, "name another column"
        inputs = zip(spec.input_names(), graph.inputs.values(), strict=True)
        for name, value in inputs:
            yield from self._columns(name, math.prod(value.shape))

    def _columns(self, name: str, size: int) -> Iterator[Refusal]:
        """Whether the columns of an input are as many as its numbers, and no target among them."""
        features = self.features.get(name, ())
        path: Path = ("data", "features", *([name] if name else []))
        if features and len(features) != size:
            whose = f"the input {name!r}" if name else "the network"
            message = f"there are {len(features)} features for {size} inputs of {whose}"
            yield Code.DATA_MISMATCH, path, message, f"use shape = [{len(features)}]"
        for index, column in enumerate(features):
            place = (*path, index)
            if column in self.target.values():
                message = f"the target {column!r} is a feature as well"
                yield Code.DATA_MISMATCH, place, message, "remove it here"
            elif column == self.weights:
                message = f"the weight {column!r} is a feature as well"
                yield Code.DATA_MISMATCH, place, message, "remove it here"
            elif column in features[:index]:
                message = f"the feature {column!r} stands twice"
                yield Code.DUPLICATE_NAME, place, message, "remove one of them"

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
