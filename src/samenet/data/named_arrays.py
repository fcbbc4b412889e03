"""What sources of arrays with names have."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.data.base import ByNames, FileSource, Reading, array_names
from samenet.graph.ir import Shape
from samenet.named import ONLY, ByName


class NamedArrays(FileSource):
    """Inputs (N, *input shape) and targets (N,) or (N, *output shape), samples along axis 0."""

    x: ByName[str] = Field(
        default_factory=dict[str, str],
        description='The name of the array of inputs, by default "x"; '
        "of several inputs, a table of names, by default their own.",
    )
    y: ByName[str] = Field(
        default_factory=dict[str, str],
        description='The name of the array of targets, by default "y"; '
        "of several outputs, a table of names, by default their own.",
    )

    def tables(self, *, several: bool) -> Iterator[ByNames]:
        del several
        yield ByNames("x", self.x, "input", complete=False)
        yield ByNames("y", self.y, "output", complete=False)

    def reader(self, input_shape: Shape) -> Call:
        del input_shape
        x, y = self.x.get(ONLY, "x"), self.y.get(ONLY, "y")
        return array_reader(x, y, self.weights)

    def reading(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Reading:
        x = {**array_names(inputs, "x"), **self.x}
        y = {**array_names(outputs, "y"), **self.y}
        return Reading(Name("read_several_samples", "shared/several"), x, self.with_weights(y))

    def grouping(self, count: Expression) -> Call | None:
        return self._labels(self.groups, count)

    def timing(self, count: Expression) -> Call | None:
        return self._labels(self.order_by, count)

    def _labels(self, array: str | None, count: Expression) -> Call | None:
        function = Name("read_labels", "shared/splits")
        return None if array is None else call(function, Name("path"), array, count)


def array_reader(x: str, y: str, weights: str | None) -> Call:
    """The call that reads arrays by their names from the file called `path`."""
    if weights is None:
        return call(Name("read_samples", "shared/data"), Name("path"), x, y)
    return call(Name("read_weighted_samples", "shared/sample_weights"), Name("path"), x, y, weights)
