"""Arrays that stay in their files: what is taken of them is read when it is needed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .data import UNREADABLE, DataError, Source

BLOCK = 2**24  # bytes that are looked through at a time


class MappedArray:
    """Rows of an array in a file, which is read where they become an array of NumPy."""

    def __init__(self, values: np.ndarray, rows: Any = None, dtype: Any = None) -> None:
        self.values = values
        self.rows = np.arange(len(values)) if rows is None else rows
        self.dtype = dtype or values.dtype.newbyteorder("=")

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of rows, and the shape of each."""
        return len(self.rows), *self.values.shape[1:]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Any) -> MappedArray:
        return MappedArray(self.values, self.rows[rows], self.dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.values[self.rows]).astype(dtype or self.dtype)

    def astype(self, dtype: Any) -> MappedArray:
        """The same rows, read as another type."""
        return MappedArray(self.values, self.rows, np.dtype(dtype))

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Rows, some at a time, and the number of the first of them."""
        size = math.prod(self.shape[1:]) * self.dtype.itemsize
        step = max(1, BLOCK // max(1, size))
        for first in range(0, len(self), step):
            yield first, np.asarray(self[first : first + step])


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """The arrays in some NPY files of a folder, by their names."""
    return {name: mapped_file(path, name) for name in names}


def mapped_file(folder: Path, name: str) -> np.ndarray:
    """The array in an NPY file of a folder; it stays there."""
    path = folder / f"{name}.npy"
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        found = ", ".join(sorted(file.stem for file in folder.glob("*.npy"))) or "none"
        raise DataError(f"{path}: there is no such file (found: {found})") from None
    except UNREADABLE as error:
        raise DataError(f"{path}: not a readable NPY file ({error})") from None


def check_inputs(x: Any, shape: tuple[int, ...], source: Source) -> MappedArray:
    """The inputs, if they are finite numbers of the shape that the network takes."""
    x = check_form(x, shape, source)
    if x.dtype.kind == "f":
        for first, values in x.blocks():
            wrong = ~np.isfinite(values)
            refuse(wrong, values, first, source, "not a finite number")
    return x if x.dtype != np.int64 else x.astype(float)  # int64 is for whole numbers


def check_whole_numbers(
    x: Any, shape: tuple[int, ...], source: Source, below: int | None = None
) -> MappedArray:
    """Inputs that are whole numbers of 32 bits, or from 0 on and below a bound."""
    x = check_form(x, shape, source)
    lowest, bound = (-(2.0**31), 2.0**31) if below is None else (0, below)
    kind = "of 32 bits" if below is None else f"from 0 to {below - 1}"
    for first, values in x.blocks():
        wrong = (values != np.floor(values)) | (values < lowest) | (values >= bound)
        refuse(wrong, values, first, source, f"whole numbers {kind} are taken")
    return x.astype(np.int64)


def check_form(x: Any, shape: tuple[int, ...], source: Source) -> MappedArray:
    """Numbers of the shape that the network takes, which are not read yet."""
    x = x if isinstance(x, np.ndarray | MappedArray) else np.asarray(x)
    if x.dtype.kind not in "buif" or x.dtype.itemsize > 8:
        raise DataError(f"{source.file}: {source.x} holds {x.dtype}, not numbers")
    if x.shape[1:] != shape or not x.shape:
        taken = f"the network takes samples of shape {shape}"
        raise DataError(f"{source.file}: {source.x} has shape {x.shape}; {taken}")
    if len(x) == 0:
        raise DataError(f"{source.file}: there are no samples")
    return x if isinstance(x, MappedArray) else MappedArray(x)


def refuse(
    wrong: np.ndarray, values: np.ndarray, first: int, source: Source, reason: str
) -> None:
    """An error that names the first of the wrong values, if there are any."""
    if wrong.any():
        row, *rest = index = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = source.place(source.x, first + row, *rest)
        raise DataError(f"{place} is {values[index]:g}, {reason}")
