"""The samples of a comparison: those of the spec, or made from its shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from samenet.data.arrays import Arrays
from samenet.graph.bounds import bounds
from samenet.graph.ir import ResolvedGraph, Shape
from samenet.spec.model import Spec
from samenet.training.inputs import part
from samenet.training.run import checked, data_path

LARGEST = 10
"""Whole numbers that nothing bounds are below this."""


def made(spec: Spec, graph: ResolvedGraph, count: int) -> tuple[Any, ...]:
    """Inputs, targets and perhaps weights of so many samples, as a program's check takes them."""
    random, below = np.random.default_rng(spec.training.seed), bounds(graph)
    inputs = {
        name: (
            random.integers(0, below.get(name, LARGEST), (count, *value.shape))
            if value.dtype == "int"
            else random.normal(size=(count, *value.shape))
        )
        for name, value in graph.inputs.items()
    }
    targets = {
        name: target(spec, name, graph.shapes[value], count, random)
        for name, value in graph.outputs.items()
    }
    x: Any = inputs if len(inputs) > 1 else next(iter(inputs.values()))
    y: Any = targets if not graph.graph.single_output else next(iter(targets.values()))
    if spec.data.weights is None:
        return x, y
    return x, y, random.uniform(0.5, 2.0, count)


def target(
    spec: Spec, output: str, shape: Shape, count: int, random: np.random.Generator
) -> np.ndarray:
    """Targets for an output, of the kind that its loss takes."""
    kind = spec.training.loss_of(output).TARGETS
    if kind == "classes":
        return random.integers(0, shape[-1], (count, *shape[:-1]))
    if kind == "binary":
        return random.integers(0, 2, (count, *shape)).astype(np.float64)
    if kind == "distributions":
        return random.dirichlet(np.ones(shape[-1]), (count, *shape[:-1]))
    return random.normal(size=(count, *shape))


def samples(spec: Spec, graph: ResolvedGraph, module: Any, count: int) -> Any:
    """A program's data set of so many samples (or as many as the spec's data have).

    Args:
        spec: the spec.
        graph: its network.
        module: the program.
        count: the number of samples.
    """
    if isinstance(spec.data, Arrays):
        return checked(module, made(spec, graph, count), "samples")
    return part(module, module.read_data(data_path(spec)), slice(0, count))
