"""Tables of what was measured in training."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .files import replacing


class EpochTable:
    """A CSV file with a line for each epoch, as Keras writes it.

    Epochs count from 0. The file is replaced after each epoch, so that no reader sees
    half a line, and training that goes on writes no epoch twice.

    Args:
        path: the file; folders above it are made.
        separator: the character between values.
        append: whether what the file holds before the first epoch stays.
    """

    def __init__(self, path: Path, separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.path, self.separator, self.append = path, separator, append
        self.text = ""
        self.columns: list[str] = []

    def write(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Add the line of an epoch; the first one also chooses the columns."""
        if not self.columns:
            if self.append and self.path.exists():
                self.text = self.path.read_bytes().decode()
            self.columns = sorted(logs)
            if not any(name.startswith("val_") for name in self.columns):
                self.columns += [f"val_{name}" for name in self.columns]
            if not self.text:
                self.text = self.line(["epoch", *self.columns])
        values = (logs.get(name, "NA") for name in self.columns)
        self.text += self.line([epoch, *values])
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self.path) as new:
            new.write_bytes(self.text.encode())

    def line(self, values: Iterable[Any]) -> str:
        """Values as a line of the file."""
        text = io.StringIO()
        csv.writer(text, delimiter=self.separator).writerow(values)
        return text.getvalue()
