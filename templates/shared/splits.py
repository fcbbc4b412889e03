"""Which samples are trained with, and which are held out for validation and tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from .data import DataError, decimal, read_arrays, read_rows
from .random_numbers import random_generator


def read_labels(path: Path, name: str, count: int) -> np.ndarray:
    """An array of a file: for each sample a number, a text or a date."""
    values = read_arrays(path, [name])[name]
    if values.shape != (count,) or values.dtype.kind not in "buifUM":
        found = f"{path}: {name} is an array {values.shape} of {values.dtype}"
        raise DataError(f"{found}; one label for each of {count} samples is taken")
    text = values.dtype.kind == "U"
    missing = np.equal(values, "") if text else np.isnan(values)
    if missing.any():
        raise DataError(f"{path}: {name}[{np.argmax(missing)}] is missing")
    return values


def read_csv_labels(path: Path, column: str, count: int) -> np.ndarray:
    """A column of a CSV file as it stands there: a text for each sample."""
    header, *rows = read_rows(path)
    if header.count(column) != 1:
        number = "more than one" if column in header else "no"
        found = ", ".join(map(repr, header))
        raise DataError(f"{path}: there is {number} column {column!r} (found: {found})")
    values = np.array([row[header.index(column)] for row in rows[:count]], dtype=str)
    missing = np.equal(values, "")
    if missing.any():
        place = f"{path}: row {np.argmax(missing) + 2}, column {column!r}"
        raise DataError(f"{place} is empty")
    return values


def read_csv_times(path: Path, column: str, count: int) -> np.ndarray:
    """A column of numbers, or of dates as 2026-01-31 or 2026-01-31T23:59:59."""
    texts = read_csv_labels(path, column, count)
    values = np.empty(count)
    for row, text in enumerate(texts.tolist()):
        try:
            values[row] = decimal(text) if is_number(texts[0]) else seconds(text)
            valid = math.isfinite(values[row])
        except ValueError:
            valid = False
        if not valid:
            kind = "a number" if is_number(texts[0]) else "a date such as 2026-01-31"
            place = f"{path}: row {row + 2}, column {column!r}"
            raise DataError(f"{place}: {text!r} is not {kind}")
    return values


def is_number(text: str) -> bool:
    """Whether a cell holds a number."""
    try:
        decimal(text)
    except ValueError:
        return False
    return True


def seconds(text: str) -> float:
    """Seconds from 1970 on to a date in ISO 8601; without a zone it is in UTC."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def shuffled_parts(
    count: int, fractions: Sequence[float], seed: int
) -> list[np.ndarray]:
    """Positions of the samples to train with, and of those in each fraction."""
    order = random_generator(seed, "split").permutation(count)
    return cut(order, fractions, "samples")


def stratified_parts(
    classes: np.ndarray, fractions: Sequence[float], seed: int
) -> list[np.ndarray]:
    """Positions of the parts, each with the proportions of the classes."""
    order = random_generator(seed, "split").permutation(len(classes))
    kinds, numbers = np.unique(classes, axis=0, return_inverse=True)
    pieces = [
        cut(
            order[numbers.reshape(-1)[order] == number], fractions, f"samples of {kind}"
        )
        for number, kind in enumerate(kinds)
    ]
    parts = [np.concatenate(part) for part in zip(*pieces, strict=True)]
    return [order[np.isin(order, part)] for part in parts]


def grouped_parts(
    groups: np.ndarray, fractions: Sequence[float], seed: int
) -> list[np.ndarray]:
    """Positions of the parts; no group is in two. The fractions are of the groups."""
    names, numbers = np.unique(groups, return_inverse=True)
    order = random_generator(seed, "split").permutation(len(names))
    parts = cut(order, fractions, "groups")
    return [np.flatnonzero(np.isin(numbers, part)) for part in parts]


def ordered_parts(count: int, fractions: Sequence[float]) -> list[np.ndarray]:
    """Positions of the parts, in the order of the file: the last ones are held out."""
    return cut(np.arange(count), fractions, "samples")


def timed_parts(times: np.ndarray, fractions: Sequence[float]) -> list[np.ndarray]:
    """Positions of the parts, in the order of time: the latest ones are held out."""
    return cut(np.argsort(times, kind="stable"), fractions, "samples")


def cut(order: np.ndarray, fractions: Sequence[float], kind: str) -> list[np.ndarray]:
    """What comes first in an order, and the fractions of it at its end."""
    shares = [1.0 - sum(fractions[index:]) for index in range(len(fractions))]
    # Rounded, because 10 * (1.0 - 0.3 - 0.3) is a little less than 4.
    ends = [math.floor(round(len(order) * share, 6)) for share in shares]
    parts = np.split(order, ends)
    if not all(map(len, parts)):
        held_out = " and ".join(map(str, fractions))
        raise DataError(
            f"{len(order)} {kind} are too few to hold out {held_out} of them"
        )
    return parts
