"""Layers shared by inputs with a mask and inputs without one."""

import pytest

from tests.layers.harness import LayerCase, check_layer
from tests.layers.test_masking import padded
from tests.layers.test_recurrent import SMALL

ADD = {"type": "add", "inputs": ["first", "second"]}
MASKING = {"type": "masking", "name": "masked", "inputs": ["b"]}
LSTM = {"type": "lstm", "units": 3}

SHARED = [
    ({"type": "simple_rnn", "units": 3}, 18),
    ({"type": "gru", "units": 3}, 63),
    (LSTM, 72),
    ({"type": "bidirectional", "layer": LSTM, "merge_mode": "sum"}, 144),
]


def twice(layer, first, second):
    """A layer, and the same one again, on inputs of choice."""
    return [
        MASKING,
        layer | {"name": "first", "inputs": first},
        {"type": "share", "share": "first", "name": "second", "inputs": second},
    ]


@pytest.mark.parametrize("masks", [("masked", "a"), ("a", "masked"), ("masked", "masked")], ids=str)
@pytest.mark.parametrize(("layer", "count"), SHARED, ids=str)
def test_recurrent_layers(layer, count, masks, float64):
    first, second = masks
    before = twice(layer, [first], [second])
    if "a" not in masks:  # else nothing reads it
        before += [{"type": "flatten", "name": "f", "inputs": ["a"]}]
        before += [{"type": "dense", "units": 3, "name": "d"}]
    words = ["first", "second", "d"][: 2 + ("a" not in masks)]
    count += (4 * 2 + 1) * 3 * (len(words) == 3)
    shapes = ((4, 2), (5, 2))
    options = {**SMALL, "before": before, "draw": padded(0.0)}
    check_layer(LayerCase(ADD | {"inputs": words}, shapes, (3,), count, **options))


def test_attention(float64):
    """The first has no mask, so that it would need no module."""
    before = twice({"type": "attention"}, ["a", "a"], ["a", "masked"])
    check_layer(LayerCase(ADD, ((4, 2), (5, 2)), (4, 2), before=before, draw=padded(0.0)))


@pytest.mark.parametrize(("layer", "count"), SHARED, ids=str)
def test_states_are_not_shared(layer, count, float64):
    """The second use begins with zeros."""
    states = {"lstm": 2, "bidirectional": 4}.get(layer["type"], 1)
    names = ["c", "d", "e", "f"][:states]
    before = twice(layer | {"initial_state": names}, ["a"], ["masked"])
    shapes = ((4, 2), (5, 2), *((3,),) * states)
    options = {**SMALL, "before": before, "draw": padded(0.0)}
    check_layer(LayerCase(ADD, shapes, (3,), count, **options))
