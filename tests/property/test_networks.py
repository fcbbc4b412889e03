"""Random valid networks: both programs are the same network, in double precision."""

from __future__ import annotations

import gc
import importlib
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import samenet
from samenet import runtime
from samenet.layers import CATALOGUE
from samenet.lowering import BACKENDS
from tests.layers.harness import (
    LayerCase,
    build,
    compare,
    keras_outcome,
    torch_outcome,
)
from tests.property import networks

# Relative to the largest value. 380 networks were measured, behind up to a dozen layers.
TOLERANCE = 1e-10

BATCH = 4


def kinds_in(value: Any) -> set[str]:
    """The types of all layers in a tree."""
    if isinstance(value, list):
        return set().union(*map(kinds_in, value))
    if not isinstance(value, dict):
        return set()
    inner = set().union(*map(kinds_in, value.values()))
    return inner | ({value["type"]} if "type" in value else set())


def test_every_layer_is_drawn_or_has_a_reason() -> None:
    """The tables of a thousand draws, so that a new layer is not forgotten."""
    drawn: set[str] = set()

    @settings(max_examples=1000, deadline=None, derandomize=True, database=None)
    @given(st.one_of(networks.ALL))
    def collect(table: dict[str, Any]) -> None:
        drawn.update(kinds_in(table))

    collect()
    known = {kind for kind in CATALOGUE if CATALOGUE[kind].__module__.startswith("samenet.")}
    assert drawn | networks.RANDOM | set(networks.NOT_DRAWN) == known
    assert not drawn & (networks.RANDOM | set(networks.NOT_DRAWN))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*softmax over axis:UserWarning")
@pytest.mark.filterwarnings("ignore:.*an input with a mask attached:UserWarning")
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(networks.networks())
def test_both_programs_are_the_same_network(float64, tree: dict[str, Any]) -> None:
    check(tree)


def check(tree: dict[str, Any]) -> None:
    """Compare weights, outputs, statistics and gradients of both programs."""
    importlib.import_module("keras").backend.clear_session()
    gc.collect()
    spec = samenet.load(tree)
    graph = samenet.summary(spec)
    random = np.random.default_rng(11)
    x = {
        name: random.integers(0, 9, (BATCH, *value.shape)).astype(np.int32)
        if value.dtype == "int"
        else random.normal(size=(BATCH, *value.shape))
        for name, value in graph.inputs.items()
    }
    cotangents = {
        name: random.normal(size=(BATCH, *graph.shapes[value]))
        for name, value in graph.outputs.items()
    }
    weights = {
        path: random.uniform(0.5, 1.5, w.shape)
        if path.endswith("variance")
        else random.uniform(-0.8, 0.8, w.shape)
        for path, w in graph.weights().items()
    }
    integers = tuple(name for name, value in graph.inputs.items() if value.dtype == "int")
    case = LayerCase({}, (), (), integer_inputs=integers)
    outcomes = {}
    for backend in BACKENDS:
        model = build(spec, backend)
        live = runtime.weights(model, backend)
        assert {path: values.shape for path, values in live.items()} == {
            path: values.shape for path, values in weights.items()
        }
        runtime.set_weights(model, backend, weights)
        outcome = keras_outcome if backend == "keras" else torch_outcome
        outcomes[backend] = outcome(model, x, cotangents, case)
    expected, found = outcomes["keras"], outcomes["torch"]
    for kind in ("inference", "training", "statistics", "gradients"):
        values = getattr(expected, kind)
        assert getattr(found, kind).keys() == values.keys()
        for name, value in values.items():
            compare(getattr(found, kind)[name], value, TOLERANCE, f"{kind} of {name}")
