"""Files that are written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to, which takes the place of `path` once it is on the disk."""
    new = path.with_name(f"new_{path.name}")
    yield new
    with new.open("rb+") as file:
        os.fsync(file.fileno())
    new.replace(path)
