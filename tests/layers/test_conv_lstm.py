import numpy as np
import pytest

from samenet import runtime
from samenet.compiler import graph_of
from samenet.graph.resolve import LocatedShapeError
from tests.layers.harness import LayerCase, build, check_layer, spec_of
from tests.layers.test_masking import padded
from tests.layers.test_recurrent import SMALL

ONE = {"type": "conv_lstm1d", "filters": 3, "kernel_size": 2}
TWO = {"type": "conv_lstm2d", "filters": 3, "kernel_size": 2}
THREE = {"type": "conv_lstm3d", "filters": 3, "kernel_size": 2}

SEQUENCES = {"return_sequences": True}
STATE = {"return_state": True}
SAME = {"padding": "same"}
BACK = {"go_backwards": True}
ZERO = SEQUENCES | {"zero_output_for_mask": True}

# Channels 2, filters 3: four gates with 2 * 3 and 3 * 3 numbers for each position, and the bias.
COUNT1 = 2 * 60 + 12
COUNT2 = 4 * 60 + 12
COUNT3 = 8 * 60 + 12

CASES = [
    LayerCase(ONE, (3, 5, 2), (4, 3), COUNT1, **SMALL),
    LayerCase(ONE | SEQUENCES, (3, 5, 2), (3, 4, 3), COUNT1, **SMALL),
    LayerCase(ONE | SAME | {"kernel_size": 3}, (3, 5, 2), (5, 3), 3 * 60 + 12, **SMALL),
    LayerCase(ONE | {"dilation_rate": 2}, (3, 5, 2), (3, 3), COUNT1, **SMALL),
    LayerCase(ONE | SAME | {"strides": 2}, (3, 5, 2), (3, 3), COUNT1, **SMALL),
    LayerCase(TWO, (3, 4, 5, 2), (3, 4, 3), COUNT2, **SMALL),
    LayerCase(TWO, (1, 3, 3, 2), (2, 2, 3), COUNT2, **SMALL, batch=1),
    LayerCase(TWO | SEQUENCES, (3, 4, 5, 2), (3, 3, 4, 3), COUNT2, **SMALL),
    LayerCase(TWO | SAME, (3, 4, 5, 2), (4, 5, 3), COUNT2, **SMALL),
    LayerCase(TWO | SAME | {"strides": 2}, (3, 4, 5, 2), (2, 3, 3), COUNT2, **SMALL),
    LayerCase(TWO | {"strides": [1, 2]}, (3, 4, 5, 2), (3, 2, 3), COUNT2, **SMALL),
    LayerCase(TWO | {"kernel_size": [1, 3]}, (3, 4, 5, 2), (4, 3, 3), 3 * 60 + 12, **SMALL),
    LayerCase(TWO | SAME | {"dilation_rate": 2}, (3, 4, 5, 2), (4, 5, 3), COUNT2, **SMALL),
    LayerCase(TWO | {"dilation_rate": [2, 1]}, (3, 4, 5, 2), (2, 4, 3), COUNT2, **SMALL),
    LayerCase(TWO | {"use_bias": False}, (3, 3, 3, 2), (2, 2, 3), COUNT2 - 12, **SMALL),
    LayerCase(TWO | {"unit_forget_bias": False}, (3, 3, 3, 2), (2, 2, 3), COUNT2, **SMALL),
    LayerCase(
        TWO | {"go_backwards": True} | SEQUENCES, (3, 3, 3, 2), (3, 2, 2, 3), COUNT2, **SMALL
    ),
    LayerCase(TWO | {"activation": "relu"}, (3, 3, 3, 2), (2, 2, 3), COUNT2, **SMALL),
    LayerCase(TWO | {"recurrent_activation": "tanh"}, (3, 3, 3, 2), (2, 2, 3), COUNT2, **SMALL),
    LayerCase(TWO | STATE, (3, 3, 3, 2), ((2, 2, 3),) * 3, COUNT2, **SMALL),
    LayerCase(
        TWO | STATE | SEQUENCES, (3, 3, 3, 2), ((3, 2, 2, 3), (2, 2, 3), (2, 2, 3)), COUNT2, **SMALL
    ),
    LayerCase(
        TWO | {"inputs": ["a"], "initial_state": ["b", "c"]},
        ((3, 3, 3, 2), (2, 2, 3), (2, 2, 3)),
        (2, 2, 3),
        COUNT2,
        **SMALL,
    ),
    LayerCase(TWO | {"dropout": 0.5}, (3, 3, 3, 2), (2, 2, 3), COUNT2, **SMALL, training=False),
    LayerCase(
        TWO | {"recurrent_dropout": 0.5}, (3, 3, 3, 2), (2, 2, 3), COUNT2, **SMALL, training=False
    ),
    LayerCase(TWO | {"kernel_regularizer": "l2"}, (3, 3, 3, 2), (2, 2, 3), COUNT2, **SMALL),
    LayerCase(THREE, (2, 3, 3, 3, 2), (2, 2, 2, 3), COUNT3, **SMALL),
    LayerCase(THREE | SAME | SEQUENCES, (2, 3, 2, 4, 2), (2, 3, 2, 4, 3), COUNT3, **SMALL),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.layer['type']} {case}")
def test_conv_lstm(case, float64):
    check_layer(case)


@pytest.mark.parametrize("option", [{}, SEQUENCES, BACK, ZERO], ids=str)
def test_masks_of_steps(option, float64):
    """Steps of images that are all zero are skipped; a layer before makes them images."""
    before = [
        {"type": "masking", "inputs": ["a"]},
        {"type": "time_distributed", "layer": {"type": "reshape", "target_shape": [3, 3, 2]}},
    ]
    outputs = (4, 2, 2, 3) if "return_sequences" in option else (2, 2, 3)
    options = {**SMALL, "before": before, "draw": padded(0.0)}
    check_layer(LayerCase(TWO | option, (4, 18), outputs, COUNT2, **options))


@pytest.mark.parametrize("rates", [{"dropout": 0.5}, {"recurrent_dropout": 0.5}], ids=str)
@pytest.mark.parametrize("option", [{}, {"use_bias": False}, SAME], ids=str)
def test_dropout_with_the_same_masks(option, rates, float64, monkeypatch):
    """Both frameworks drop the same samples in the same order, for each gate others."""
    import keras
    import torch

    spec = spec_of(TWO | option | rates, (3, 3, 4, 2))
    models = {backend: build(spec, backend) for backend in ("keras", "torch")}
    random = np.random.default_rng(3)
    weights = runtime.weights(models["keras"], "keras")
    weights = {path: random.uniform(-1.0, 1.0, w.shape) for path, w in weights.items()}
    for backend, model in models.items():
        runtime.set_weights(model, backend, weights)
    count = iter(range(100))

    def mask(shape):
        """Factors of whole samples, which do not depend on the layout."""
        values = np.random.default_rng(next(count)).uniform(0.0, 2.0, size=shape[0])
        return values.reshape(-1, 1, 1, 1)

    monkeypatch.setattr(
        "keras.src.backend.random.dropout",
        lambda x, rate, seed: x * keras.ops.convert_to_tensor(mask(x.shape)),
    )
    monkeypatch.setattr(
        "torch.nn.functional.dropout", lambda x, rate: x * torch.from_numpy(mask(x.shape))
    )
    x = random.normal(size=(5, 3, 3, 4, 2))
    expected = np.array(models["keras"](x, training=True))
    drawn = next(count)
    count = iter(range(100))
    found = models["torch"].train()(torch.from_numpy(x)).detach().numpy()
    assert next(count) == drawn == 4
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


REFUSED = [
    (TWO, (4, 5, 2), "(N, steps, height, width, channels), found (N, 4, 5, 2)"),
    (ONE, (4, 5, 5, 2), "conv_lstm1d takes shape (N, steps, length, channels)"),
    (TWO | {"kernel_size": 5}, (3, 4, 4, 2), "needs at least 5 x 5 positions"),
    (TWO | {"strides": 2, "dilation_rate": 2}, (3, 4, 4, 2), "cannot have strides"),
]


@pytest.mark.parametrize(("layer", "shape", "words"), REFUSED, ids=str)
def test_refused(layer, shape, words):
    with pytest.raises(LocatedShapeError) as caught:
        graph_of(spec_of(layer, shape))
    assert words in caught.value.error.message
