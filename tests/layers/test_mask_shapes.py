"""Masks of several axes: what takes them in both frameworks, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import samenet
from samenet.diagnostics import Code
from tests.layers.harness import LayerCase, check_layer
from tests.layers.test_masking import padded

Table = dict[str, Any]

GRU = {"type": "gru", "units": 2}
HEADS = {"type": "multi_head_attention", "num_heads": 2, "key_dim": 2}
GROUPED = {"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 1}
ROUNDED: Table = {"tolerance": 1e-7, "why": "the scale in 32 bits"}
MASKED = {"type": "masking", "name": "m"}


def inside(kind: str, **options: Any) -> Table:
    return {"type": "time_distributed", "name": "v", "layer": {"type": kind, **options}}


def joined(*inputs: str, axis: int) -> list[Table]:
    names = [name for name in (*inputs, "m_c") if name.startswith("m_")]
    masks = [{**MASKED, "name": name, "inputs": name[-1]} for name in names]
    return [*masks, {"type": "concatenate", "name": "j", "inputs": list(inputs), "axis": axis}]


TAKEN = [
    LayerCase({"type": "batch_normalization"}, (4, 2, 3), (4, 2, 3), 12, before=[MASKED]),
    LayerCase({"type": "time_distributed", "layer": GRU}, (4, 2, 3), (4, 2), 42, before=[MASKED]),
    LayerCase({**HEADS, "attention_axes": 2}, (4, 2, 3), (4, 2, 3), 63, before=[MASKED], **ROUNDED),
    *(
        LayerCase(
            {"type": "multiply", "inputs": ["j", "m_c"]},
            ((4, 2, 3), (4, 2, 3), outputs),
            outputs,
            before=joined(*names, axis=axis),
        )
        for axis, outputs in ((1, (8, 2, 3)), (2, (4, 4, 3)), (3, (4, 2, 6)), (-2, (4, 4, 3)))
        for names in (("m_a", "m_b"), ("m_a", "b"), ("a", "m_b"))
    ),
]


@pytest.mark.parametrize("case", TAKEN, ids=lambda case: f"{case.layer['type']} {case.before[-1]}")
@pytest.mark.filterwarnings("ignore:.*an input with a mask attached:UserWarning")
def test_masks_of_several_axes(case: LayerCase, float64: None):
    check_layer(replace(case, draw=padded(0.0)))


FLAT = ((4, 2, 3), inside("flatten"))
LONG = ((4, 3), inside("reshape", target_shape=[3, 1]))

REFUSED = [
    *(
        (*FLAT, layer)
        for layer in (
            GRU,
            {"type": "bidirectional", "layer": GRU},
            {"type": "global_average_pooling1d"},
            {"type": "batch_normalization"},
            {"type": "attention", "inputs": ["v", "v"]},
            {"type": "grouped_query_attention", **GROUPED},
            {"type": "multiply", "inputs": ["v", "v"]},
            {"type": "concatenate", "inputs": ["v", "v"]},
            HEADS,
        )
    ),
    *(
        (*LONG, layer)
        for layer in (
            {"type": "batch_normalization"},
            {"type": "time_distributed", "layer": GRU},
            {"type": "maximum", "inputs": ["v", "v"]},
            HEADS | {"attention_axes": 2},
        )
    ),
    ((4, 2, 3), None, {"type": "conv_lstm1d", "filters": 2, "kernel_size": 2}),
    ((4, 2, 3), None, HEADS),
    ((4, 5, 2, 3), None, HEADS | {"attention_axes": 3}),
]


@pytest.mark.parametrize(("shape", "before", "layer"), REFUSED, ids=str)
def test_masks_of_other_axes(shape: tuple[int, ...], before: Table | None, layer: Table):
    layers = [MASKED, *([before] if before else []), layer]
    (mistake,) = samenet.validate(network({"input": shape}, layers))
    assert (mistake.code, mistake.path) == (Code.SHAPE, ("layers", len(layers) - 1))
    assert "mask" in mistake.message
    assert mistake.hint


def test_masks_that_cannot_be_joined():
    layers = [
        {**MASKED, "inputs": "a"},
        inside("flatten"),
        {**MASKED, "name": "other", "inputs": "b"},
        {"type": "add", "inputs": ["v", "other"]},
    ]
    (mistake,) = samenet.validate(network({"a": (4, 2, 3), "b": (4, 6)}, layers))
    assert (mistake.code, mistake.path) == (Code.SHAPE, ("layers", 3))
    assert mistake.message == "add cannot join masks of the shapes (N, 4, 2) and (N, 4)"


def network(inputs: dict[str, tuple[int, ...]], layers: list[Table]) -> Table:
    return {
        "version": 1,
        "inputs": {name: {"shape": shape} for name, shape in inputs.items()},
        "layers": [*layers, {"type": "flatten"}, {"type": "dense", "units": 2}],
        "optimizer": {"type": "sgd"},
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
    }
