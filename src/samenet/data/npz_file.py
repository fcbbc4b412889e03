"""NumPy's NPZ: arrays of one file, samples along the first axis. Pickled objects are refused.

Source: https://numpy.org/doc/stable/reference/generated/numpy.load.html
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.data.base import FileSource, Reading, array_names
from samenet.graph.ir import Shape
from samenet.named import ONLY, ByName


class NPZ(FileSource):
    """Inputs (N, *input shape) and targets (N,) or (N, *output shape) from an NPZ file."""

    source: Literal["npz"]
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

    def reader(self, input_shape: Shape) -> Call:
        del input_shape
        x, y = self.x.get(ONLY, "x"), self.y.get(ONLY, "y")
        return npz_reader(x, y, self.weights)

    def reading(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Reading:
        x = {**array_names(inputs, "x"), **self.x}
        y = {**array_names(outputs, "y"), **self.y}
        return Reading(Name("read_npz_arrays", "shared/several"), x, self.with_weights(y))

    def grouping(self, count: Expression) -> Call | None:
        return self._labels(self.groups, count)

    def timing(self, count: Expression) -> Call | None:
        return self._labels(self.order_by, count)

    def _labels(self, array: str | None, count: Expression) -> Call | None:
        function = Name("read_npz_labels", "shared/splits")
        return None if array is None else call(function, Name("path"), array, count)


def npz_reader(x: str, y: str, weights: str | None) -> Call:
    """The call that reads arrays by their names from the file called `path`."""
    if weights is None:
        return call(Name("read_npz", "shared/data"), Name("path"), x, y)
    return call(Name("read_weighted_npz", "shared/sample_weights"), Name("path"), x, y, weights)
