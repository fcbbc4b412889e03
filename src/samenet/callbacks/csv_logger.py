"""CSVLogger: a table with a line for each epoch.

Keras' text: epochs count from 0, the other columns are sorted by their names; without validation
there are columns of "NA" for it. The learning rate is always among the columns, which in Keras
depends on what other callbacks do. The file is replaced as a whole after each epoch, so that
training that goes on has each epoch in it once.
Source: https://keras.io/api/callbacks/csv_logger/
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from samenet.callbacks.base import BaseCallback, file_in_folder
from samenet.codegen.expression import Call, Expression, Name, call
from samenet.lowering import lowers


class CSVLogger(BaseCallback):
    """Writes losses, metrics and learning rate of each epoch into a table, with Keras' defaults."""

    FILE: ClassVar = "filename"

    type: Literal["csv_logger"]
    filename: str = Field(min_length=1, description="The file, in the folder of the run.")
    separator: Literal[",", ";", "\t", "|"] = Field(",", description="Stands between values.")
    append: bool = Field(False, description="Whether what the file holds at the start stays.")

    def files(self) -> tuple[str, ...]:
        return (self.filename,)

    def arguments(self) -> dict[str, Expression]:
        """The arguments, which have the same names in both programs."""
        return {"separator": self.separator, "append": self.append}


@lowers(CSVLogger, "keras")
def keras(callback: CSVLogger) -> Call:
    """The program's own class, which goes on where training was interrupted."""
    logger = Name("CSVLogger", "keras/callbacks")
    return call(logger, file_in_folder(callback.filename), **callback.arguments())


@lowers(CSVLogger, "torch")
def torch(callback: CSVLogger) -> Call:
    """The program's own class of the same text."""
    logger = Name("CSVLogger", "torch/callbacks")
    return call(logger, file_in_folder(callback.filename), **callback.arguments())
