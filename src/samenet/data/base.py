"""What every data source has: how its samples are split, and which expression reads them.

Reading, checking and splitting are the program's own functions (`templates/shared/data.py`): what
runs in process is what a compiled program runs.
"""

from __future__ import annotations

from pydantic import Field

from samenet.codegen.expression import Call
from samenet.graph.ir import Shape
from samenet.schema import Model, Rate


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
