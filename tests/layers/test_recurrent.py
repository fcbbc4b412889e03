"""SimpleRNN, GRU and LSTM: the native kernels and the loops of the PyTorch program."""

import numpy as np
import pytest

from samenet import runtime
from samenet.compiler import graph_of
from samenet.graph.resolve import LocatedShapeError
from tests.layers.harness import LayerCase, build, check_layer, spec_of
from tests.layers.test_masking import padded

RNN = {"type": "simple_rnn", "units": 3}
GRU = {"type": "gru", "units": 3}
LSTM = {"type": "lstm", "units": 3}

# In a saturated gate a mistake would not show.
SMALL = {"weights": (-1.0, 1.0)}

# Of those that are handed to a loop as a function.
ACTIVATIONS = (
    "relu",
    "linear",
    "hard_sigmoid",
    "softmax",
    "leaky_relu",
    "hard_tanh",
    "log_softmax",
)

ROUNDED = {"hard_sigmoid": {"tolerance": 1e-7, "why": "TensorFlow holds its sixth in 32 bits"}}

BEFORE = [{"type": "masking", "inputs": ["a"]}]

# Weights for 2 features: 2 * 3 + 3 * 3 for each gate, and the bias or biases.
PARAMETERS = {"simple_rnn": 18, "gru": 63, "lstm": 72}


def cases(layer):
    """What every recurrent layer can do."""
    count = PARAMETERS[layer["type"]]
    states = 2 if layer["type"] == "lstm" else 1
    bias = {"simple_rnn": 3, "gru": 18, "lstm": 12}[layer["type"]]
    sequences, state = {"return_sequences": True}, {"return_state": True}
    yield LayerCase(layer, (5, 2), (3,), count, **SMALL)
    yield LayerCase(layer, (5, 2), (3,), count, **SMALL, batch=1)
    yield LayerCase(layer, (1, 2), (3,), count, **SMALL)
    yield LayerCase(layer | sequences, (5, 2), (5, 3), count, **SMALL)
    yield LayerCase(layer | {"use_bias": False}, (5, 2), (3,), count - bias, **SMALL)
    yield LayerCase(layer | {"go_backwards": True}, (5, 2), (3,), count, **SMALL)
    yield LayerCase(layer | sequences | {"go_backwards": True}, (4, 2), (4, 3), count, **SMALL)
    yield LayerCase(layer | {"unroll": True}, (5, 2), (3,), count, **SMALL)
    yield LayerCase(layer | state, (5, 2), ((3,),) * (1 + states), count, **SMALL)
    yield LayerCase(layer | state | sequences, (5, 2), ((5, 3), *((3,),) * states), count, **SMALL)
    given = {"inputs": ["a"], "initial_state": ["b", "c"][:states]}
    shapes = ((5, 2), *((3,),) * states)
    yield LayerCase(layer | given, shapes, (3,), count, **SMALL)
    yield LayerCase(layer | given | sequences, shapes, (5, 3), count, **SMALL)
    yield LayerCase(layer | given | {"go_backwards": True}, shapes, (3,), count, **SMALL)
    for activation in ACTIVATIONS:
        options = {**SMALL, **ROUNDED.get(activation, {})}
        yield LayerCase(layer | {"activation": activation}, (4, 2), (3,), count, **options)
    yield LayerCase(layer | {"activation": "relu", "use_bias": False}, (4, 2), (3,), count - bias)
    yield from masked_cases(layer, count, states)
    for rate in ({"dropout": 0.5}, {"recurrent_dropout": 0.5}):
        yield LayerCase(layer | rate, (5, 2), (3,), count, **SMALL, training=False)
    both = {"dropout": 0.25, "recurrent_dropout": 0.5}
    yield LayerCase(layer | both, (5, 2), (3,), count, **SMALL, training=False)
    yield LayerCase(layer | {"kernel_regularizer": "l2"}, (4, 2), (3,), count, **SMALL)
    yield LayerCase(layer | {"recurrent_constraint": "max_norm"}, (4, 2), (3,), count, **SMALL)


def masked_cases(layer, count, states):
    """Padding at the beginning, at the end and between."""
    options = {**SMALL, "before": BEFORE, "draw": padded(0.0)}
    sequences, state = {"return_sequences": True}, {"return_state": True}
    yield LayerCase(layer, (6, 2), (3,), count, **options)
    yield LayerCase(layer | sequences, (6, 2), (6, 3), count, **options)
    yield LayerCase(layer | {"go_backwards": True}, (6, 2), (3,), count, **options)
    yield LayerCase(layer | sequences | {"go_backwards": True}, (6, 2), (6, 3), count, **options)
    yield LayerCase(
        layer | sequences | state, (6, 2), ((6, 3), *((3,),) * states), count, **options
    )
    yield LayerCase(layer | {"unroll": True}, (6, 2), (3,), count, **options)
    yield LayerCase(layer | {"dropout": 0.5}, (6, 2), (3,), count, **options, training=False)
    zero = {"zero_output_for_mask": True}
    yield LayerCase(layer | zero, (6, 2), (3,), count, **options)
    yield LayerCase(layer | zero | sequences, (6, 2), (6, 3), count, **options)
    yield LayerCase(layer | zero | {"go_backwards": True}, (6, 2), (3,), count, **options)
    yield LayerCase(
        layer | zero | state | sequences, (6, 2), ((6, 3), *((3,),) * states), count, **options
    )
    yield LayerCase(layer | zero | state, (6, 2), ((3,),) * (1 + states), count, **options)
    yield LayerCase(layer | zero | sequences, (6, 2), (6, 3), count, **SMALL)
    # A sample that is all padding gives zeros.
    yield LayerCase(layer, (3, 2), (3,), count, **SMALL, before=BEFORE, draw=mostly_padding)
    # With initial states Keras does not look at the mask.
    given = {"initial_state": ["b", "c"][:states]}
    shapes = ((3, 2), *((3,),) * states)
    options["draw"] = mostly_padding
    yield LayerCase(layer | given, shapes, (3,), count, **options)
    yield LayerCase(layer | given | sequences, shapes, (3, 3), count, **options)


def mostly_padding(random, shape):
    """Sequences of which the first sample has no valid step."""
    x = random.normal(size=shape)
    if len(shape) == 3:  # not a state
        x[0] = 0.0
        x[1, 1:] = 0.0
        x[2, :2] = 0.0
    return x


GATED = [
    *cases(GRU),
    *cases(LSTM),
    *(
        LayerCase(
            layer | {"recurrent_activation": name},
            (4, 2),
            (3,),
            count,
            **SMALL,
            **ROUNDED.get(name, {}),
        )
        for layer, count in ((GRU, 63), (LSTM, 72))
        for name in ("hard_sigmoid", "sparse_sigmoid", "softmax", "linear", "tanh")
    ),
]

BEFORE_PRODUCT = GRU | {"reset_after": False}

RESET_BEFORE = [
    LayerCase(BEFORE_PRODUCT, (5, 2), (3,), 54, **SMALL),
    LayerCase(BEFORE_PRODUCT | {"use_bias": False}, (5, 2), (3,), 45, **SMALL),
    LayerCase(BEFORE_PRODUCT | {"return_sequences": True}, (5, 2), (5, 3), 54, **SMALL),
    LayerCase(BEFORE_PRODUCT | {"recurrent_activation": "tanh"}, (5, 2), (3,), 54, **SMALL),
    LayerCase(
        BEFORE_PRODUCT | {"recurrent_dropout": 0.5}, (5, 2), (3,), 54, **SMALL, training=False
    ),
    LayerCase(BEFORE_PRODUCT, (6, 2), (3,), 54, **SMALL, before=BEFORE, draw=padded(0.0)),
]


@pytest.mark.parametrize(
    "case",
    [
        *cases(RNN),
        *GATED,
        *RESET_BEFORE,
        LayerCase(LSTM | {"unit_forget_bias": False}, (4, 2), (3,), 72, **SMALL),
    ],
    ids=lambda case: f"{case.layer['type']} {case}",
)
def test_recurrent(case, float64):
    check_layer(case)


CONSTANT = {
    "kernel_initializer": {"type": "constant", "value": 0.01},
    "recurrent_initializer": {"type": "constant", "value": 0.02},
    "bias_initializer": {"type": "constant", "value": 0.03},
}

# From the tests of Keras 3.15 (lstm_test.py, gru_test.py): each unit has the same output.
PUBLISHED = [
    (LSTM, (0.6288687, 0.86899155, 0.9460773)),
    (LSTM | {"go_backwards": True}, (0.35622165, 0.74789524, 0.8872726)),
    (LSTM | {"unroll": True}, (0.6288687, 0.86899155, 0.9460773)),
    (LSTM | {"unit_forget_bias": False}, (0.57019705, 0.8661914, 0.9459622)),
    (LSTM | {"use_bias": False}, (0.54986924, 0.86226785, 0.9443936)),
    (GRU, (0.5217289, 0.6371659, 0.39384964)),
    (GRU | {"go_backwards": True}, (0.24406259, 0.611516, 0.3928808)),
    (GRU | {"reset_after": False}, (0.51447755, 0.6426879, 0.40208298)),
    (GRU | {"use_bias": False}, (0.49988455, 0.64701194, 0.4103359)),
]


@pytest.mark.parametrize("backend", ["keras", "torch"])
@pytest.mark.parametrize(("layer", "expected"), PUBLISHED, ids=str)
def test_published_numbers(backend, layer, expected):
    import torch

    model = build(spec_of(layer | CONSTANT, (6, 4)), backend)
    x = np.arange(72, dtype=np.float32).reshape(3, 6, 4)
    y = model(x) if backend == "keras" else model.eval()(torch.from_numpy(x)).detach()
    np.testing.assert_allclose(y, np.tile(expected, (3, 1)).T, atol=1e-5)


@pytest.mark.parametrize("layer", [RNN, GRU, BEFORE_PRODUCT, LSTM], ids=str)
@pytest.mark.parametrize(
    "rates",
    [{"dropout": 0.5}, {"recurrent_dropout": 0.5}, {"dropout": 0.25, "recurrent_dropout": 0.5}],
)
def test_dropout_with_the_same_masks(layer, rates, float64, monkeypatch):
    """Both frameworks get the same masks in the same order: one for all steps, or for each gate."""
    import keras
    import torch

    spec = spec_of(layer | rates, (5, 3))
    models = {backend: build(spec, backend) for backend in ("keras", "torch")}
    random = np.random.default_rng(3)
    weights = runtime.weights(models["keras"], "keras")
    weights = {path: random.uniform(-1.0, 1.0, w.shape) for path, w in weights.items()}
    for backend, model in models.items():
        runtime.set_weights(model, backend, weights)
    count = iter(range(100))

    def mask(shape, rate):
        values = np.random.default_rng(next(count)).uniform(size=int(np.prod(shape)))
        return (values >= rate).reshape(shape) / (1.0 - rate)

    monkeypatch.setattr(
        "keras.src.backend.random.dropout",
        lambda x, rate, seed: x * keras.ops.convert_to_tensor(mask(x.shape, rate)),
    )
    monkeypatch.setattr(
        "torch.nn.functional.dropout",
        lambda x, rate, training=True: x * torch.from_numpy(mask(x.shape, rate)) if training else x,
    )
    x = random.normal(size=(4, 5, 3))
    expected = np.array(models["keras"](x, training=True))
    drawn = next(count)
    count = iter(range(100))
    found = models["torch"].train()(torch.from_numpy(x)).detach().numpy()
    assert next(count) == drawn > 0
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


REFUSED = [
    (LSTM, (3,), "(N, 3)"),
    (GRU, (4, 3, 2), "(N, 4, 3, 2)"),
    (LSTM | {"inputs": ["a"], "initial_state": ["b"]}, ((4, 2), (3,)), "2 states (h, c)"),
    (GRU | {"inputs": ["a"], "initial_state": ["b"]}, ((4, 2), (5,)), "found (N, 5)"),
]


@pytest.mark.parametrize(("layer", "shapes", "words"), REFUSED, ids=str)
def test_refused(layer, shapes, words):
    with pytest.raises(LocatedShapeError) as caught:
        graph_of(spec_of(layer, shapes))
    assert words in caught.value.error.message
    assert layer["type"] in caught.value.error.message
