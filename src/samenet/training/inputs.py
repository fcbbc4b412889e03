"""Some of the samples, and inputs without targets, checked as if they were to train with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from samenet.backends.samples import is_several
from samenet.compiler import graph_of
from samenet.data.csv_file import CSV
from samenet.data.embedded import Embedded
from samenet.data.image_folder import ImageFolder
from samenet.data.table import Table
from samenet.graph.ir import ResolvedGraph, Shape
from samenet.named import ONLY
from samenet.spec.model import Spec

if TYPE_CHECKING:
    from samenet.training.run import Values

Read = tuple[dict[str, Any], dict[str, Any]]
"""The array of each input, and its `Source` for messages; `ONLY` stands for a single one."""


def read_inputs(spec: Spec, module: ModuleType, data: Values | str | Path) -> Any:
    """A program's data set of inputs, with targets that mean nothing.

    Args:
        spec: the spec.
        module: its program.
        data: a file like that of the spec, with or without targets, or the arrays.

    Raises:
        DataError: of the program; they do not fit the network.
    """
    if isinstance(data, str | Path):
        path = Path(data)
        if isinstance(spec.data, Embedded | ImageFolder):
            return module.read_data(path)
        name, (x, places) = str(path), _read(spec, module, path)
    else:
        name, places = "data", {}
        x = dict(data) if isinstance(data, Mapping) else {ONLY: data}
    graph = graph_of(spec)
    source = module.Source(name)
    if is_several(graph):
        source = module.Sources(name, {key or "x": place for key, place in places.items()})
    elif ONLY in places:
        source = places[ONLY]
    inputs = x if len(graph.inputs) > 1 and ONLY not in x else next(iter(x.values()))
    count = np.shape(next(iter(x.values())))[:1]
    weights = () if spec.data.weights is None else (np.ones(count),)
    return module.check_data(inputs, _targets(spec, graph, count), *weights, source)


def part(module: Any, data: Any, which: slice) -> Any:
    """Some of the samples of a data set, in memory."""
    return module.Dataset(*(_taken(values, which) for values in data))


def _taken(values: Any, which: slice) -> Any:
    if isinstance(values, Mapping):
        named = cast("Mapping[str, Any]", values)
        return {name: np.asarray(value[which]) for name, value in named.items()}
    return np.asarray(values[which])


def _read(spec: Spec, module: ModuleType, path: Path) -> Read:
    """The inputs of a table or of an NPZ file."""
    data, names = spec.data, spec.input_names()
    if isinstance(data, Table):
        header, read = _table(data, module, path)
        others = tuple(name for name in header if name not in data.target.values())
        columns = {name: data.features.get(name) or others for name in names}
        x = {name: read(own) for name, own in columns.items()}
        return x, {
            name: module.Source(str(path), name or "x", "", own) for name, own in columns.items()
        }
    arrays = {name: str(array) for name, array in data.reading(names, ()).inputs.items()}
    found = module.read_arrays(path, list(arrays.values()))
    x = {name: found[array] for name, array in arrays.items()}
    return x, {name: module.Source(str(path), array, "") for name, array in arrays.items()}


def _table(
    data: Table, module: ModuleType, path: Path
) -> tuple[Sequence[str], Callable[[Sequence[str]], np.ndarray]]:
    """The names of the columns of a table, and what reads the numbers of some of them."""
    if isinstance(data, CSV):
        header, *rows = module.read_rows(path)
        return header, partial(module.read_columns, path, header, rows)
    return module.parquet_columns(path), partial(module.read_numbers, path)


def _targets(spec: Spec, graph: ResolvedGraph, count: Shape) -> Any:
    """Targets that a program takes for so many samples, whatever they are."""
    targets: dict[str, np.ndarray] = {}
    for name, value in graph.outputs.items():
        kind, shape = spec.training.loss_of(name).TARGETS, graph.shapes[value]
        if kind == "distributions":
            targets[name] = np.full((*count, *shape), 1.0 / shape[-1])
        else:
            targets[name] = np.zeros((*count, *(shape[:-1] if kind == "classes" else shape)))
    return next(iter(targets.values())) if graph.graph.single_output else targets
