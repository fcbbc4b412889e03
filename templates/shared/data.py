"""Samples from files: read, checked against the network, split."""

from __future__ import annotations

import csv
import math
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np

from .random_numbers import random_generator


class DataError(ValueError):
    """The data do not fit the network; the message names file, row and column."""


class Source(NamedTuple):
    """Where samples come from; for messages."""

    file: str = ""
    x: str = "x"
    y: str = "y"
    columns: Sequence[str] = ()  # of a table: the names of the features

    def place(self, name: str, *index: int) -> str:
        """The place of a value: a cell of a table or an element of an array."""
        file = f"{self.file}: " if self.file else ""
        if not self.columns:
            return f"{file}{name}[{', '.join(map(str, index))}]"
        row, *rest = index
        column = self.columns[rest[0]] if name != self.y else name
        return f"{file}row {row + 2}, column {column!r}"  # row 1 is the header


class Dataset(NamedTuple):
    """Samples: inputs and targets."""

    x: np.ndarray
    y: np.ndarray

    @property
    def size(self) -> int:
        """How many samples there are."""
        return len(self.y)

    def take(self, indices: np.ndarray) -> Dataset:
        """The samples at some positions, in their order."""
        return Dataset(self.x[indices], self.y[indices])


# What NumPy raises for files that are damaged or something else.
UNREADABLE = (OSError, ValueError, TypeError, EOFError, MemoryError, RuntimeError)


def read_samples(path: Path, x: str, y: str) -> tuple[np.ndarray, np.ndarray, Source]:
    """The arrays called `x` and `y` of a file."""
    arrays = read_arrays(path, [x, y])
    return arrays[x], arrays[y], Source(str(path), x, y)


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Some arrays of an NPZ file by their names."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name]) for name in names if name in file}
            found = ", ".join(file) or "none"
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except (*UNREADABLE, BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: not a readable NPZ file ({error})") from None
    for name in names:
        if name not in arrays:
            raise DataError(f"{path}: no array {name!r} (found: {found})")
    return arrays


def read_images(
    path: Path, *, shape: tuple[int, ...], white: int
) -> tuple[np.ndarray, np.ndarray, Source]:
    """Images of 0 to `white`, scaled to 0..1 and given a shape, and their classes."""
    x, y, source = read_samples(path, "x", "y")
    x = as_numbers(x, "x", source)
    if x.ndim == 0 or math.prod(x.shape[1:]) != math.prod(shape):
        found = f"{path}: x has shape {x.shape}"
        raise DataError(f"{found}; images of {math.prod(shape)} pixels are taken")
    return x.reshape(len(x), *shape) / white, y, source


def read_csv(
    path: Path, features: Sequence[str], target: str
) -> tuple[np.ndarray, np.ndarray, Source]:
    """Columns of numbers of a CSV file with a header; by default all are features."""
    header, *rows = read_rows(path)
    columns = tuple(features) or tuple(name for name in header if name != target)
    values = read_columns(path, header, rows, (*columns, target))
    source = Source(str(path), "x", target, columns)
    return values[:, :-1], values[:, -1], source


def read_columns(
    path: Path, header: list[str], rows: list[list[str]], names: Sequence[str]
) -> np.ndarray:
    """The numbers in some columns of a table, (rows, columns)."""
    for name in names:
        if header.count(name) != 1:
            found = ", ".join(map(repr, header))
            number = "no" if name not in header else "more than one"
            raise DataError(
                f"{path}: there is {number} column {name!r} (found: {found})"
            )
    positions = [header.index(name) for name in names]
    values = np.empty((len(rows), len(positions)))
    for number, row in enumerate(rows):
        place = f"{path}: row {number + 2}"
        if len(row) != len(header):
            raise DataError(
                f"{place} has {len(row)} cells, the header has {len(header)}"
            )
        for index, position in enumerate(positions):
            try:
                values[number, index] = decimal(row[position])
            except ValueError:
                cell = f"{place}, column {header[position]!r}: {row[position]!r}"
                raise DataError(f"{cell} is not a number") from None
    return values


def read_rows(path: Path) -> list[list[str]]:
    """The header and the rows of a CSV file; empty lines at the end do not count."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file, strict=True))
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: not a readable CSV file ({error})") from None
    while rows and not rows[-1]:
        rows.pop()
    if not rows:
        raise DataError(f"{path}: not a readable CSV file (it is empty)")
    return rows


def decimal(text: str) -> float:
    """The number in a cell; Python's underscores and other digits are not numbers."""
    if not text.isascii() or "_" in text:
        raise ValueError(text)
    return float(text)


def as_numbers(values: np.ndarray, name: str, source: Source) -> np.ndarray:
    """An array of finite numbers, laid out in memory as every framework takes it."""
    values = np.asarray(values)
    if values.dtype.kind not in "buif" or values.dtype.itemsize > 8:
        raise DataError(f"{source.file}: {name} holds {values.dtype}, not numbers")
    finite = np.isfinite(values)
    if not finite.all():
        index = tuple(int(i) for i in np.argwhere(~finite)[0])
        place = source.place(name, *index)
        raise DataError(f"{place} is {values[index]}, not a finite number")
    return np.require(values, values.dtype.newbyteorder("="), ["C", "W"])


def check_inputs(x: np.ndarray, shape: tuple[int, ...], source: Source) -> np.ndarray:
    """The inputs, if they are finite numbers of the shape that the network takes."""
    x = as_numbers(x, source.x, source)
    if source.columns and math.prod(x.shape[1:]) == math.prod(shape):
        x = x.reshape(-1, *shape)
    if x.shape[1:] != shape or x.ndim == 0:
        taken = f"the network takes samples of shape {shape}"
        raise DataError(f"{source.file}: {source.x} has shape {x.shape}; {taken}")
    if len(x) == 0:
        raise DataError(f"{source.file}: there are no samples")
    return x if x.dtype != np.int64 else x.astype(float)  # int64 is for whole numbers


def check_whole_numbers(
    x: np.ndarray, shape: tuple[int, ...], source: Source, below: int | None = None
) -> np.ndarray:
    """Inputs that are whole numbers of 32 bits, or from 0 on and below a bound."""
    x = check_inputs(x, shape, source)
    lowest, bound = (-(2.0**31), 2.0**31) if below is None else (0, below)
    wrong = (x != np.floor(x)) | (x < lowest) | (x >= bound)
    if wrong.any():
        if source.columns:
            x, wrong = x.reshape(len(x), -1), wrong.reshape(len(x), -1)
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = source.place(source.x, *index)
        kind = "of 32 bits" if below is None else f"from 0 to {below - 1}"
        raise DataError(f"{place} is {x[index]:g}; whole numbers {kind} are taken")
    return x.astype(np.int64)


def check_targets(y: np.ndarray, count: int, source: Source) -> np.ndarray:
    """The targets, if there is one for each sample and all are finite numbers."""
    y = as_numbers(y, source.y, source)
    if y.ndim == 0 or len(y) != count:
        raise DataError(
            f"{source.file}: {source.y} has shape {y.shape} for {count} samples"
        )
    return y


def check_classes(
    y: np.ndarray,
    count: int,
    classes: int,
    source: Source,
    shape: tuple[int, ...] = (),
    ignored: int | None = None,
) -> np.ndarray:
    """The class of each sample, or position, from 0 to `classes` - 1, or `ignored`."""
    y = check_targets(y, count, source)
    if y.size != count * math.prod(shape) or (shape and y.shape[1:] != shape):
        wanted = f"one for each of {shape} positions" if shape else "one class a sample"
        raise DataError(f"{source.file}: {source.y} has shape {y.shape}, not {wanted}")
    y = y.reshape(-1, *shape)
    wrong = ((y != np.floor(y)) | (y < 0) | (y >= classes)) & (y != ignored)
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        place, allowed = source.place(source.y, *index), f"from 0 to {classes - 1}"
        raise DataError(f"{place} is {y[index]:g}; classes are whole numbers {allowed}")
    return y.astype(np.int64)


def check_values(
    y: np.ndarray, count: int, shape: tuple[int, ...], source: Source
) -> np.ndarray:
    """Targets of the shape of the network's outputs; an axis of 1 may be missing."""
    y = check_targets(y, count, source)
    if y.ndim == 1 and y.size == count * math.prod(shape):
        y = y.reshape(-1, *shape)
    if y.shape[1:] != shape:
        given = f"the network gives outputs of shape {shape}"
        raise DataError(f"{source.file}: {source.y} has shape {y.shape}; {given}")
    return y.astype(np.result_type(y, np.float32))


def check_binary(
    y: np.ndarray, count: int, shape: tuple[int, ...], source: Source
) -> np.ndarray:
    """Targets that are 0 or 1."""
    y = check_values(y, count, shape, source)
    wrong = (y != 0) & (y != 1)
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = source.place(source.y, *index)
        raise DataError(f"{place} is {y[index]:g}; targets are 0 or 1")
    return y


def check_distributions(
    y: np.ndarray, count: int, shape: tuple[int, ...], source: Source
) -> np.ndarray:
    """Targets that are probabilities of classes, along the last axis."""
    y = check_values(y, count, shape, source)
    wrong = (y < 0) | (abs(y.sum(axis=-1, keepdims=True) - 1) > 1e-5)
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = source.place(source.y, *index)
        raise DataError(
            f"{place} is {y[index]:g}; probabilities of classes are not negative "
            f"and add up to 1, here to {y[index[:-1]].sum():g}"
        )
    return y


def split_samples(
    data: Dataset, fraction: float, seed: int, *, stratify: bool = False
) -> tuple[Dataset, Dataset | None]:
    """Shuffle and split off a fraction (of each class, if stratified) to validate."""
    if not fraction:
        return data, None
    order = random_generator(seed, "split").permutation(data.size)
    training = np.zeros(len(order), dtype=bool)
    groups = np.zeros(len(order), dtype=int)
    if stratify:
        groups = np.unique(data.y, axis=0, return_inverse=True)[1].reshape(-1)
    for group in range(groups.max() + 1):
        members = order[groups[order] == group]
        if stratify and len(members) < 2:
            raise DataError(f"only one sample has the target {data.y[members[0]]}")
        training[members[: math.floor(len(members) * (1.0 - fraction))]] = True
    parts = [order[training[order]], order[~training[order]]]
    if not len(parts[0]) or not len(parts[1]):
        raise DataError(
            f"{len(order)} samples cannot be split with validation_split = {fraction}"
        )
    return data.take(parts[0]), data.take(parts[1])
