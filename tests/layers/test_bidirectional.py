import numpy as np
import pytest

from samenet.compiler import graph_of
from samenet.graph.resolve import LocatedShapeError
from tests.layers.harness import LayerCase, build, check_layer, spec_of
from tests.layers.test_masking import padded
from tests.layers.test_recurrent import BEFORE, CONSTANT, SMALL, mostly_padding

RNN = {"type": "simple_rnn", "units": 3}
GRU = {"type": "gru", "units": 3}
LSTM = {"type": "lstm", "units": 3}

# Weights for 2 features, of both directions.
PARAMETERS = {"simple_rnn": 2 * 18, "gru": 2 * 63, "lstm": 2 * 72}


def around(layer, **options):
    """A bidirectional layer."""
    return {"type": "bidirectional", "layer": layer, **options}


def cases(layer):
    """What every recurrent layer can do in two directions."""
    count = PARAMETERS[layer["type"]]
    states = 4 if layer["type"] == "lstm" else 2
    sequences, state = {"return_sequences": True}, {"return_state": True}
    yield LayerCase(around(layer), (5, 2), (6,), count, **SMALL)
    yield LayerCase(around(layer), (1, 2), (6,), count, **SMALL, batch=1)
    yield LayerCase(around(layer | sequences), (5, 2), (5, 6), count, **SMALL)
    for mode in ("sum", "mul", "ave"):
        yield LayerCase(around(layer, merge_mode=mode), (5, 2), (3,), count, **SMALL)
    apart = around(layer, merge_mode="none")
    yield LayerCase(apart, (5, 2), ((3,), (3,)), count, **SMALL)
    yield LayerCase(apart, (5, 2), ((3,), (3,)), count, **SMALL, before=BEFORE, draw=padded(0.0))
    apart = around(layer | sequences, merge_mode="none")
    yield LayerCase(apart, (4, 2), ((4, 3), (4, 3)), count, **SMALL)
    apart = around(layer | state, merge_mode="none")
    yield LayerCase(apart, (4, 2), ((3,),) * (2 + states), count, **SMALL)
    mean = around(layer | sequences, merge_mode="ave")
    yield LayerCase(mean, (4, 2), (4, 3), count, **SMALL)
    yield LayerCase(around(layer | state), (5, 2), ((6,), *((3,),) * states), count, **SMALL)
    both = around(layer | sequences | state)
    yield LayerCase(both, (5, 2), ((5, 6), *((3,),) * states), count, **SMALL)
    given = {"inputs": ["a"], "initial_state": ["b", "c", "d", "e"][:states]}
    shapes = ((5, 2), *((3,),) * states)
    yield LayerCase(around(layer, **given), shapes, (6,), count, **SMALL)
    yield LayerCase(around(layer | sequences, **given), shapes, (5, 6), count, **SMALL)
    options = {**SMALL, "before": BEFORE}
    for draw in (padded(0.0), mostly_padding):
        yield LayerCase(around(layer), (5, 2), (6,), count, **options, draw=draw)
        yield LayerCase(around(layer | sequences), (5, 2), (5, 6), count, **options, draw=draw)
    product = around(layer | sequences, merge_mode="mul")
    yield LayerCase(product, (5, 2), (5, 3), count, **options, draw=padded(0.0))
    yield LayerCase(both, (5, 2), ((5, 6), *((3,),) * states), count, **options, draw=padded(0.0))
    del given["inputs"]
    yield LayerCase(around(layer, **given), shapes, (6,), count, **options, draw=mostly_padding)
    yield LayerCase(around(layer | {"activation": "relu"}), (4, 2), (6,), count, **SMALL)
    yield LayerCase(around(layer | {"dropout": 0.5}), (4, 2), (6,), count, **SMALL, training=False)
    yield LayerCase(
        around(layer | {"recurrent_dropout": 0.5}), (4, 2), (6,), count, **SMALL, training=False
    )
    yield LayerCase(around(layer | {"kernel_regularizer": "l2"}), (4, 2), (6,), count, **SMALL)


BACK = {"go_backwards": True}
SEQUENCES = {"return_sequences": True}

OWN_BACKWARD = [
    LayerCase(around(LSTM, backward_layer=GRU | BACK), (5, 2), (6,), 72 + 63, **SMALL),
    LayerCase(around(GRU, backward_layer=RNN | BACK), (5, 2), (6,), 63 + 18, **SMALL),
    LayerCase(around(LSTM | BACK, backward_layer=LSTM), (5, 2), (6,), 144, **SMALL),
    LayerCase(
        around(LSTM | SEQUENCES, backward_layer=GRU | BACK | SEQUENCES),
        (5, 2),
        (5, 6),
        72 + 63,
        **SMALL,
        before=BEFORE,
        draw=padded(0.0),
    ),
    LayerCase(
        around(LSTM | BACK | SEQUENCES, backward_layer=LSTM | SEQUENCES),
        (5, 2),
        (5, 6),
        144,
        **SMALL,
        before=BEFORE,
        draw=padded(0.0),
    ),
    LayerCase(around(GRU | {"reset_after": False}), (5, 2), (6,), 2 * 54, **SMALL),
    LayerCase(around(GRU | {"use_bias": False}), (5, 2), (6,), 2 * 45, **SMALL),
]


@pytest.mark.parametrize("case", [*cases(RNN), *cases(GRU), *cases(LSTM), *OWN_BACKWARD], ids=str)
def test_bidirectional(case, float64):
    check_layer(case)


REFUSED = [
    (around(LSTM | BACK), "same direction"),
    (around(LSTM, backward_layer=LSTM), "same direction"),
    (around(LSTM, backward_layer=LSTM | BACK | {"units": 4}), "units: 3 and 4"),
    (around(LSTM, backward_layer=LSTM | BACK | SEQUENCES), "return_sequences"),
    (around(LSTM | {"name": "mine"}), "takes no name"),
    (around(LSTM | {"inputs": ["a"]}), "takes no inputs"),
    (around(LSTM | {"initial_state": ["a", "a"]}), "takes no initial_state"),
    (around(LSTM | SEQUENCES, merge_mode="none"), "cannot hand on a mask"),
    (around(LSTM, initial_state=["b"], inputs=["a"]), "4 states (h, c, h, c)"),
]


@pytest.mark.parametrize(("layer", "words"), REFUSED, ids=str)
def test_refused(layer, words):
    shapes = ((4, 2), (3,)) if "initial_state" in layer else (4, 2)
    with pytest.raises(LocatedShapeError) as caught:
        graph_of(spec_of(layer, shapes, BEFORE if "merge_mode" in layer else ()))
    assert words in caught.value.error.message


# From the tests of Keras 3.15 (bidirectional_test.py).
OTHER = CONSTANT | {
    "kernel_initializer": {"type": "constant", "value": 0.03},
    "bias_initializer": {"type": "constant", "value": 0.01},
}
TWO = {"type": "simple_rnn", "units": 2} | CONSTANT
PUBLISHED = [
    (
        around(TWO),
        [
            [0.39687276, 0.39687276, 0.10004295, 0.10004295],
            [0.7237238, 0.7237238, 0.53391594, 0.53391594],
        ],
    ),
    (around(TWO, merge_mode="ave"), [[0.24845785] * 2, [0.6288199] * 2]),
    (
        around(TWO, backward_layer=TWO | OTHER | BACK, merge_mode="mul"),
        [[0.08374989] * 2, [0.6740834] * 2],
    ),
    (
        around({"type": "gru", "units": 2} | CONSTANT | SEQUENCES, merge_mode="sum"),
        [
            [[0.20937867] * 2, [0.34462988] * 2, [0.40290534] * 2],
            [[0.59829646] * 2, [0.6734641] * 2, [0.6479671] * 2],
        ],
    ),
]


@pytest.mark.parametrize("backend", ["keras", "torch"])
@pytest.mark.parametrize(("layer", "expected"), PUBLISHED, ids=["concat", "ave", "mul", "sum"])
def test_published_numbers(backend, layer, expected):
    import torch

    model = build(spec_of(layer, (3, 4)), backend)
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    y = model(x) if backend == "keras" else model.eval()(torch.from_numpy(x)).detach()
    np.testing.assert_allclose(y, expected, atol=1e-5)
