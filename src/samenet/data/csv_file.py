"""CSV: a table of numbers with a header; a column of it is the target.

Source: RFC 4180, https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.data.base import DataSource, Reading
from samenet.graph.ir import Shape
from samenet.named import ONLY, ByName


class CSV(DataSource):
    """Rows of numbers; each row is a sample."""

    source: Literal["csv"]
    path: str = Field(min_length=1, description="The file, relative to the spec.")
    target: ByName[str] = Field(
        description="The name of the column to predict; of several outputs, a table of names."
    )
    features: ByName[tuple[str, ...]] = Field(
        default_factory=dict[str, tuple[str, ...]],
        description="The names of the input columns; without it, all but the target. "
        "Of several inputs, a table of such arrays.",
    )

    @property
    def file(self) -> str:
        return self.path

    def reader(self, input_shape: Shape) -> Call:
        del input_shape
        function = Name("read_csv", "shared/data")
        return call(function, Name("path"), self.features.get(ONLY, ()), self.target[ONLY])

    def reading(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Reading:
        features = {name: self.features.get(name, ()) for name in inputs}
        targets = {name: self.target[name] for name in outputs}
        return Reading(Name("read_csv_arrays", "shared/several"), dict(features), dict(targets))
