"""What every data source has: how its samples are split, and which expression reads them.

Reading, checking and splitting are the program's own functions (`templates/shared/data.py`, for
several inputs or outputs also `several.py`): what runs in process is what a compiled program runs.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name
from samenet.graph.ir import Shape
from samenet.named import ONLY
from samenet.schema import Model, Rate


@dataclass(frozen=True)
class Reading:
    """How the arrays of a network with several inputs or outputs are read.

    Attributes:
        function: what reads them: of (path, inputs, targets), two dictionaries.
        inputs: what to read for each input by its name; `ONLY` for a single one.
        targets: likewise for each output.
    """

    function: Name
    inputs: dict[str, Expression]
    targets: dict[str, Expression]


class DataSource(Model):
    """Where samples come from; a subclass adds a `source` and what it needs to be found."""

    validation_split: Rate = Field(
        0.0, description="The fraction of the (shuffled) samples kept for validation."
    )
    stratify: bool = Field(
        False, description="Whether the split keeps the proportions of the classes."
    )

    @property
    def file(self) -> str | None:
        """The path of the file to read, or None where the person who runs it names one."""
        return None

    def reader(self, input_shape: Shape) -> Call:
        """The call that reads the file called `path`: inputs, targets and where they stood."""
        raise NotImplementedError

    def reading(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Reading:
        """How the file is read for several inputs or outputs; `ONLY` stands for a single one."""
        raise NotImplementedError


def array_names(names: tuple[str, ...], alone: str) -> dict[str, Expression]:
    """The arrays of inputs or outputs that are called as they are; a single one is `alone`."""
    return {name: alone if name == ONLY else name for name in names}
