"""Samples of networks with several inputs or outputs: arrays by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .data import DataError, Source, read_arrays, read_columns, read_rows


class Dataset(NamedTuple):
    """Samples: inputs and targets, several of them in a dictionary by name."""

    x: Any
    y: Any

    @property
    def size(self) -> int:
        """How many samples there are."""
        first = next(iter(self.x.values())) if isinstance(self.x, dict) else self.x
        return len(first)

    def take(self, indices: np.ndarray) -> Dataset:
        """The samples at some positions, in their order."""
        return Dataset(rows(self.x, indices), rows(self.y, indices))


class Sources(NamedTuple):
    """Where the arrays of several inputs and outputs come from; for messages."""

    file: str = ""
    x: Mapping[str, Source] = {}
    y: Mapping[str, Source] = {}

    def input(self, name: str) -> Source:
        """The source of an input."""
        return self.x.get(name, Source(self.file, x=name, y=""))

    def target(self, name: str) -> Source:
        """The source of the targets of an output."""
        return self.y.get(name, Source(self.file, y=name))


def rows(values: Any, indices: np.ndarray) -> Any:
    """The rows of an array, or of each array of a dictionary."""
    if isinstance(values, dict):
        return {name: array[indices] for name, array in values.items()}
    return values[indices]


def read_several_samples(
    path: Path, inputs: Mapping[str, str], targets: Mapping[str, str]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], Sources]:
    """The arrays of a file that belong to each input and each output."""
    arrays = read_arrays(path, [*inputs.values(), *targets.values()])
    source = Sources(
        str(path),
        {name: Source(str(path), x=array, y="") for name, array in inputs.items()},
        {name: Source(str(path), y=array) for name, array in targets.items()},
    )
    x = {name: arrays[array] for name, array in inputs.items()}
    return x, {name: arrays[array] for name, array in targets.items()}, source


def read_csv_arrays(
    path: Path, inputs: Mapping[str, Sequence[str]], targets: Mapping[str, str]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], Sources]:
    """The columns of a CSV file of each input, by default all, and of each output."""
    header, *table = read_rows(path)
    others = tuple(name for name in header if name not in targets.values())
    columns = {name: tuple(features) or others for name, features in inputs.items()}
    source = Sources(
        str(path),
        {name: Source(str(path), name, "", own) for name, own in columns.items()},
        {
            name: Source(str(path), y=column, columns=(column,))
            for name, column in targets.items()
        },
    )
    x = {name: read_columns(path, header, table, own) for name, own in columns.items()}
    y = {
        name: read_columns(path, header, table, [column])[:, 0]
        for name, column in targets.items()
    }
    return x, y, source


def check_names(values: Any, names: Sequence[str], kind: str, source: Sources) -> None:
    """Whether there is an array for each name, and no other."""
    if not isinstance(values, dict):
        found, wanted = type(values).__name__, ", ".join(map(repr, names))
        raise DataError(
            f"{source.file}: {kind} are a {found}, not a dict of the arrays {wanted}"
        )
    for name in names:
        if name not in values:
            raise DataError(f"{source.file}: {kind} lack {name!r}")
    for name in values:
        if name not in names:
            raise DataError(f"{source.file}: {kind} have no {name!r}")


def check_counts(x: dict[str, np.ndarray], source: Sources) -> int:
    """The number of samples, if it is the same in all inputs."""
    counts = {name: len(values) for name, values in x.items()}
    first = next(iter(counts))
    for name, count in counts.items():
        if count != counts[first]:
            place = f"{source.file}: {source.input(name).x}"
            raise DataError(
                f"{place} has {count} samples, {source.input(first).x} {counts[first]}"
            )
    return counts[first]
