"""CSV: a table of numbers with a header; one column is the target.

Source: RFC 4180, https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.data.base import DataSource
from samenet.graph.ir import Shape


class CSV(DataSource):
    """Rows of numbers; each row is a sample."""

    source: Literal["csv"]
    path: str = Field(min_length=1, description="The file, relative to the spec.")
    target: str = Field(description="The name of the column to predict.")
    features: tuple[str, ...] = Field(
        (), description="The names of the input columns; without it, all but the target."
    )

    @property
    def file(self) -> str:
        return self.path

    def reader(self, input_shape: Shape) -> Call:
        del input_shape
        return call(Name("read_csv", "shared/data"), Name("path"), self.features, self.target)
