"""CSV: a table of numbers with a header; a column of it is the target.

Source: RFC 4180, https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.data.base import FileSource, Reading
from samenet.graph.ir import Shape
from samenet.named import ONLY, ByName


class CSV(FileSource):
    """Rows of numbers; each row is a sample."""

    source: Literal["csv"]
    target: ByName[str] = Field(
        description="The name of the column to predict; of several outputs, a table of names."
    )
    features: ByName[tuple[str, ...]] = Field(
        default_factory=dict[str, tuple[str, ...]],
        description="The names of the input columns; without it, all but the target. "
        "Of several inputs, a table of such arrays.",
    )

    def reader(self, input_shape: Shape) -> Call:
        del input_shape
        function = Name("read_csv", "shared/data")
        return call(function, Name("path"), self.features.get(ONLY, ()), self.target[ONLY])

    def reading(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Reading:
        features = {name: self.features.get(name, ()) for name in inputs}
        targets = {name: self.target[name] for name in outputs}
        return Reading(Name("read_csv_arrays", "shared/several"), dict(features), dict(targets))

    def grouping(self, count: Expression) -> Call | None:
        function = Name("read_csv_labels", "shared/splits")
        return None if self.groups is None else call(function, Name("path"), self.groups, count)

    def timing(self, count: Expression) -> Call | None:
        function = Name("read_csv_times", "shared/splits")
        times = self.order_by
        return None if times is None else call(function, Name("path"), times, count)
