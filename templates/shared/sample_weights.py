"""Samples with a weight for each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .data import (
    DataError,
    Source,
    check_targets,
    read_arrays,
    read_columns,
    read_rows,
)


class Dataset(NamedTuple):
    """Samples: inputs, targets and weights."""

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray

    @property
    def size(self) -> int:
        """How many samples there are."""
        return len(self.y)

    def take(self, indices: np.ndarray) -> Dataset:
        """The samples at some positions, in their order."""
        return Dataset(self.x[indices], self.y[indices], self.weights[indices])


def read_weighted_samples(
    path: Path, x: str, y: str, weights: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Source]:
    """The arrays of inputs, targets and weights of a file."""
    arrays = read_arrays(path, [x, y, weights])
    return arrays[x], arrays[y], arrays[weights], Source(str(path), x, y)


def read_weighted_csv(
    path: Path, features: Sequence[str], target: str, weight: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Source]:
    """Columns of a CSV file; by default all are features but target and weight."""
    header, *rows = read_rows(path)
    others = tuple(name for name in header if name not in (target, weight))
    columns = tuple(features) or others
    values = read_columns(path, header, rows, (*columns, target, weight))
    source = Source(str(path), "x", target, columns)
    return values[:, :-2], values[:, -2], values[:, -1], source


def check_weights(
    weights: np.ndarray, count: int, source: Source, axes: int = 0
) -> np.ndarray:
    """A weight for each sample, not negative, with axes of 1 for its positions."""
    weights = check_targets(weights, count, source)
    if weights.size != count:
        found = f"{source.file}: {source.y} has shape {weights.shape}"
        raise DataError(f"{found}; one weight for each sample is taken")
    weights = weights.reshape(-1)
    if (weights < 0).any():
        index = int(np.argmax(weights < 0))
        place = source.place(source.y, index)
        raise DataError(f"{place} is {weights[index]:g}; weights are not negative")
    weights = weights.astype(np.result_type(weights, np.float32))
    return weights.reshape(-1, *[1] * axes)


def weighted_by_class(
    data: Dataset, classes: np.ndarray, factors: Sequence[float]
) -> Dataset:
    """The samples, their weights multiplied by those of their classes."""
    return data._replace(weights=data.weights * np.asarray(factors)[classes])
