"""Layers and blocks applied again to inputs of other shapes: what works, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

import samenet
from samenet.diagnostics import Code
from tests.property.test_networks import check

Table = dict[str, Any]
Shape = tuple[int, ...]


def network(inputs: dict[str, Shape], layers: list[Table], ends: list[str], **keys: Any) -> Table:
    """A network that brings its ends together in a dense layer."""
    flat = [
        {"type": "flatten", "name": f"flat_{number}", "inputs": end}
        for number, end in enumerate(ends)
    ]
    names = [item["name"] for item in flat]
    return {
        "version": 1,
        "inputs": {name: {"shape": shape} for name, shape in inputs.items()},
        **keys,
        "layers": [
            *layers,
            *flat,
            {"type": "concatenate", "inputs": names},
            {"type": "dense", "units": 2},
        ],
        "optimizer": {"type": "sgd"},
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
    }


def twice(layer: Table, first: list[Shape], second: list[Shape]) -> Table:
    """A layer on inputs of some shapes, and again on inputs of others."""
    names = [[f"{role}{number}" for number in range(len(first))] for role in ("a", "b")]
    inputs = dict(zip([*names[0], *names[1]], [*first, *second], strict=True))
    layers = [
        {**layer, "name": "one", "inputs": names[0]},
        {"share": "one", "name": "two", "inputs": names[1]},
    ]
    return network(inputs, layers, ["one", "two"])


CONV = {"filters": 3, "kernel_size": 2}
EINSUM = {"type": "einsum_dense", "output_shape": 3}
HEADS = {"type": "multi_head_attention", "num_heads": 2, "key_dim": 4}
NUMBERS = {"type": "normalization", "mean": 1.5, "variance": 2.25}

TAKEN = [
    ({"type": "add"}, [(5, 4), (5, 4)], [(6, 4), (6, 4)]),
    ({"type": "add"}, [(6, 4), (4,)], [(4,), (4,)]),
    ({"type": "attention"}, [(5, 4), (6, 4)], [(3, 2), (2, 2)]),
    ({"type": "bidirectional", "layer": {"type": "lstm", "units": 3}}, [(5, 4)], [(6, 4)]),
    ({"type": "conv_lstm1d", **CONV}, [(5, 4, 2)], [(6, 4, 2)]),
    ({"type": "conv2d", **CONV, "padding": "same", "strides": 2}, [(5, 4, 2)], [(6, 6, 2)]),
    ({"type": "dense", "units": 3}, [(4,)], [(5, 4)]),
    ({"type": "group_normalization", "groups": 2}, [(5, 4)], [(6, 4)]),
    ({"type": "gru", "units": 3}, [(5, 4)], [(6, 4)]),
    ({"type": "layer_normalization"}, [(4,)], [(5, 4)]),
    ({"type": "time_distributed", "layer": {"type": "flatten"}}, [(5, 4, 2)], [(6, 3, 2)]),
    (EINSUM | {"equation": "...x,xy->...y"}, [(3, 4)], [(5, 4)]),
    (HEADS, [(5, 4), (6, 4)], [(3, 4), (2, 4)]),
    (NUMBERS, [(2,)], [(5, 2)]),
    (NUMBERS | {"axis": ()}, [(4,)], [(3, 5)]),
]


@pytest.mark.parametrize(("layer", "first", "second"), TAKEN, ids=str)
def test_shapes_that_fit(layer, first, second, float64):
    check(twice(layer, first, second))


REFUSED = [
    ({"type": "add"}, [(4,), (4,)], [(6, 4), (4,)]),
    ({"type": "batch_normalization"}, [(4,)], [(5, 4)]),
    ({"type": "conv_lstm1d", **CONV}, [(5, 4, 2)], [(5, 5, 2)]),
    ({"type": "group_normalization", "groups": 2}, [(4, 4)], [(6, 3, 4)]),
    ({"type": "layer_normalization", "axis": 1}, [(4,)], [(4, 3)]),
    ({"type": "sine_position_encoding"}, [(4, 4)], [(5, 4)]),
    (EINSUM | {"equation": "...x,xy->...y"}, [(4,)], [(5, 4)]),
    (EINSUM | {"equation": "abc,cd->abd", "output_shape": [-1, 3]}, [(5, 4)], [(6, 4)]),
    (HEADS, [(5, 4), (6, 4)], [(3, 2, 4), (3, 2, 4)]),
    (NUMBERS, [(4, 2)], [(4, 3)]),
]


@pytest.mark.parametrize(("layer", "first", "second"), REFUSED, ids=str)
def test_shapes_for_which_keras_does_not_build_it(layer, first, second):
    (mistake,) = samenet.validate(twice(layer, first, second))
    assert (mistake.code, mistake.path) == (Code.SHAPE, ("layers", 1))
    assert f"the shared {layer['type']} is built for inputs" in mistake.message


def blocks(layers: list[Table], first: str, second: str) -> Table:
    """A block of layers that is shared; the inputs `a` and `b` differ in their steps."""
    inputs: dict[str, Shape] = {"a": (5, 4), "b": (6, 4)}
    body = [
        {"type": "masking", "name": "masked_a", "inputs": "a"},
        {"type": "masking", "name": "masked_b", "inputs": "b"},
        {"block": "encoder", "name": "one", "inputs": first},
        {"share": "one", "name": "two", "inputs": second},
        {"type": "gru", "name": "three", "units": 2, "inputs": "masked_a"},
        {"type": "gru", "name": "four", "units": 2, "inputs": "masked_b"},
    ]
    ends = ["one", "two", "three", "four"]
    return network(inputs, body, ends, blocks={"encoder": {"layers": layers}})


def test_a_block_takes_inputs_of_one_shape():
    (mistake,) = samenet.validate(blocks([{"type": "gru", "units": 3}], "a", "b"))
    assert (mistake.code, mistake.path) == (Code.SHAPE, ("layers", 3))
    assert "(N, 5, 4) and cannot take (N, 6, 4)" in mistake.message


def test_a_block_that_uses_masks_takes_them_at_all_places():
    (mistake,) = samenet.validate(blocks([{"type": "gru", "units": 3}], "a", "masked_a"))
    assert (mistake.code, mistake.path) == (Code.SHAPE, ("layers", 3))
    assert "a mask comes with an input of the shared block" in mistake.message


@pytest.mark.filterwarnings("ignore:.*an input with a mask attached:UserWarning")
def test_a_block_that_uses_no_masks_takes_inputs_with_and_without(float64):
    layers = [{"type": "dense", "units": 3}, {"type": "flatten"}]
    check(blocks(layers, "a", "masked_a"))


@pytest.mark.xfail(strict=True, reason="Keras orders uses that do not depend on each other itself")
def test_statistics_that_are_moved_by_two_uses(float64):
    """Keras' functional models go by depth, the PyTorch program by the order of the spec."""
    check(twice({"type": "batch_normalization"}, [(4, 3)], [(5, 3)]))
