"""Arrays handed over in process; a compiled program reads them from an NPZ file."""

from __future__ import annotations

from typing import Literal

from samenet.codegen.expression import Call, Name
from samenet.data.base import Reading, WeightedSource, array_names
from samenet.data.named_arrays import array_reader
from samenet.graph.ir import Shape


class Arrays(WeightedSource):
    """Samples that come with the call, not from the spec."""

    HANDED_OVER = True

    source: Literal["arrays"]

    def reader(self, input_shape: Shape) -> Call:
        del input_shape
        return array_reader("x", "y", self.weights)

    def reading(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Reading:
        function = Name("read_several_samples", "shared/several")
        targets = self.with_weights(array_names(outputs, "y"))
        return Reading(function, array_names(inputs, "x"), targets)
