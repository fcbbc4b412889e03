"""Arrays handed over in process; a compiled program reads them from an NPZ file."""

from __future__ import annotations

from typing import Literal

from samenet.codegen.expression import Call, Name, call
from samenet.data.base import DataSource, Reading, array_names
from samenet.graph.ir import Shape


class Arrays(DataSource):
    """Samples that come with the call, not from the spec."""

    source: Literal["arrays"]

    def reader(self, input_shape: Shape) -> Call:
        del input_shape
        return call(Name("read_npz", "shared/data"), Name("path"), "x", "y")

    def reading(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Reading:
        function = Name("read_npz_arrays", "shared/several")
        return Reading(function, array_names(inputs, "x"), array_names(outputs, "y"))
