"""Predictions as a table or as arrays."""

from __future__ import annotations

import csv
import importlib.util
import io
from collections.abc import Callable, Iterator, Mapping
from itertools import product

import numpy as np

from samenet.data.table import Table
from samenet.diagnostics import listed
from samenet.spec.model import Spec

Outputs = Mapping[str, np.ndarray]
"""What a network gives for samples, by output; the empty name stands for a single one."""


def classes(spec: Spec, outputs: Outputs) -> dict[str, np.ndarray]:
    """The classes that are the most probable, for outputs that are probabilities.

    Of probabilities that each stand for themselves, those above a half are of class 1.
    """
    found: dict[str, np.ndarray] = {}
    for name, values in outputs.items():
        activation = spec.training.loss_of(name).ACTIVATION
        if activation == "softmax":
            found[name] = values.argmax(axis=-1)
        elif activation == "sigmoid":
            found[name] = (values > 0.5).astype(np.int64)
    return found


def columns(spec: Spec, outputs: Outputs) -> dict[str, np.ndarray]:
    """The columns of a table: row, and of each output its class and its numbers.

    A row is counted as in messages: in a table the first line is its header, in arrays they count
    from 0.
    """
    first = spec.data.FIRST_ROW if isinstance(spec.data, Table) else 0
    count = len(next(iter(outputs.values())))
    found = {"row": np.arange(first, first + count)}
    chosen = classes(spec, outputs)
    for name, values in outputs.items():
        prefix = f"{name}_" if name else ""
        kind = "probability" if name in chosen else "prediction"
        if name in chosen:
            found |= _flat(f"{prefix}class", chosen[name])
        found |= _flat(f"{prefix}{kind}", values)
    return found


def _flat(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    """A column for each number of a sample: `name`, or `name_0`, `name_1`, by its place."""
    shape = values.shape[1:]
    if values[:1].size <= 1 and len(shape) <= 1:
        return {name: values.reshape(len(values))}
    places = product(*map(range, shape))
    return {"_".join([name, *map(str, place)]): values[:, *place] for place in places}


def as_csv(spec: Spec, outputs: Outputs) -> bytes:
    """A table with a header, in UTF-8."""
    table = columns(spec, outputs)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(_rows(table))
    return text.getvalue().encode()


def _rows(table: Mapping[str, np.ndarray]) -> Iterator[tuple[object, ...]]:
    return zip(*(values.tolist() for values in table.values()), strict=True)


def as_npz(spec: Spec, outputs: Outputs) -> bytes:
    """The arrays of the outputs as they are, and the classes with `class` before their name."""
    arrays = {name or "predictions": values for name, values in outputs.items()}
    arrays |= {
        f"{name}_class" if name else "class": v for name, v in classes(spec, outputs).items()
    }
    content = io.BytesIO()
    np.savez(content, **arrays)  # pyright: ignore[reportArgumentType]
    return content.getvalue()


def as_parquet(spec: Spec, outputs: Outputs) -> bytes:
    """The same table with typed columns."""
    import polars  # noqa: PLC0415  (an extra)

    content = io.BytesIO()
    polars.DataFrame(columns(spec, outputs)).write_parquet(content)
    return content.getvalue()


WRITERS: Mapping[str, Callable[[Spec, Outputs], bytes]] = {
    ".csv": as_csv,
    ".npz": as_npz,
    ".parquet": as_parquet,
}
"""The form of a file by its suffix."""


def writer(suffix: str) -> Callable[[Spec, Outputs], bytes]:
    """What makes the content of a file.

    Raises:
        ValueError: no form has this suffix.
    """
    if suffix.lower() == ".parquet" and importlib.util.find_spec("polars") is None:
        raise ValueError("Polars is not installed; pip install 'samenet[parquet]'")
    if suffix.lower() not in WRITERS:
        raise ValueError(f"{suffix or 'no suffix'} is no form of predictions: {listed(WRITERS)}")
    return WRITERS[suffix.lower()]
