"""Samples from Parquet files: tables of typed columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from .data import DataError
from .several import Sources


class Source(NamedTuple):
    """Where samples come from; for messages."""

    file: str = ""
    x: str = "x"
    y: str = "y"
    columns: Sequence[str] = ()  # of a table: the names of the features

    def place(self, name: str, *index: int) -> str:
        """The place of a value: a row, counted from 0, and a column, or an element."""
        file = f"{self.file}: " if self.file else ""
        if not self.columns:
            return f"{file}{name}[{', '.join(map(str, index))}]"
        row, *rest = index
        column = self.columns[rest[0]] if name != self.y else name
        return f"{file}row {row}, column {column!r}"


def read_parquet(
    path: Path, features: Sequence[str], target: str
) -> tuple[np.ndarray, np.ndarray, Source]:
    """Columns of numbers of a Parquet file; by default all are features."""
    others = [name for name in parquet_columns(path) if name != target]
    columns = tuple(features) or tuple(others)
    values = read_numbers(path, (*columns, target))
    return values[:, :-1], values[:, -1], Source(str(path), "x", target, columns)


def read_weighted_parquet(
    path: Path, features: Sequence[str], target: str, weight: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Source]:
    """Columns of a Parquet file; by default all are features but target and weight."""
    others = [name for name in parquet_columns(path) if name not in (target, weight)]
    columns = tuple(features) or tuple(others)
    values = read_numbers(path, (*columns, target, weight))
    source = Source(str(path), "x", target, columns)
    return values[:, :-2], values[:, -2], values[:, -1], source


def read_parquet_arrays(
    path: Path, inputs: Mapping[str, Sequence[str]], targets: Mapping[str, str]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], Sources]:
    """The columns of a Parquet file of each input, by default all, and each output."""
    header = parquet_columns(path)
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
    x = {name: read_numbers(path, own) for name, own in columns.items()}
    y = {name: read_numbers(path, [own])[:, 0] for name, own in targets.items()}
    return x, y, source


def parquet_columns(path: Path) -> list[str]:
    """The names of the columns of a Parquet file."""
    try:
        return list(pl.read_parquet_schema(path))
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: not a readable Parquet file ({reason})") from None


def read_column(path: Path, name: str) -> pl.Series:
    """A column without missing values."""
    header = parquet_columns(path)
    if name not in header:
        found = ", ".join(map(repr, header))
        raise DataError(f"{path}: there is no column {name!r} (found: {found})")
    try:
        series = pl.read_parquet(path, columns=[name])[name]
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: not a readable Parquet file ({reason})") from None
    if series.null_count():
        row = series.is_null().arg_max()
        raise DataError(f"{path}: row {row}, column {name!r} is missing")
    return series


def read_numbers(path: Path, names: Sequence[str]) -> np.ndarray:
    """The numbers in some columns, (rows, columns)."""
    columns: list[np.ndarray] = []
    for name in names:
        series = read_column(path, name)
        if not (series.dtype.is_numeric() or series.dtype == pl.Boolean):
            raise DataError(
                f"{path}: column {name!r} holds {series.dtype}, not numbers"
            )
        columns.append(series.cast(pl.Float64).to_numpy())
    return np.column_stack(columns) if columns else np.empty((0, 0))


def read_parquet_labels(path: Path, column: str, count: int) -> np.ndarray:
    """A column of texts, numbers or dates, one for each of `count` samples."""
    series = read_column(path, column)
    if series.dtype.is_nested():
        raise DataError(f"{path}: column {column!r} holds {series.dtype}, not labels")
    return np.array(series.head(count).cast(pl.String).to_list(), dtype=str)


def read_parquet_times(path: Path, column: str, count: int) -> np.ndarray:
    """A column of numbers or dates, one for each of `count` samples."""
    series = read_column(path, column).head(count)
    if series.dtype in (pl.Date, pl.Datetime):
        return series.cast(pl.Datetime("us")).dt.epoch("us").to_numpy()
    return read_numbers(path, [column])[:count, 0]
