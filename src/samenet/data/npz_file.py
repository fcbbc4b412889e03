"""NumPy's NPZ: two arrays of one file, samples along the first axis. Pickled objects are refused.

Source: https://numpy.org/doc/stable/reference/generated/numpy.load.html
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.data.base import DataSource
from samenet.graph.ir import Shape


class NPZ(DataSource):
    """Inputs (N, *input shape) and targets (N,) or (N, *output shape) from an NPZ file."""

    source: Literal["npz"]
    path: str = Field(min_length=1, description="The file, relative to the spec.")
    x: str = Field("x", description="The name of the array of inputs.")
    y: str = Field("y", description="The name of the array of targets.")

    @property
    def file(self) -> str:
        return self.path

    def reader(self, input_shape: Shape) -> Call:
        del input_shape
        return call(Name("read_npz", "shared/data"), Name("path"), self.x, self.y)
