import numpy as np
import pytest

from samenet.lowering import BACKENDS
from tests.layers.harness import LayerCase, build, check_layer, spec_of
from tests.layers.single import count_up, outputs, refusal

D1D = {"type": "depthwise_conv1d", "kernel_size": 3}
D2D = {"type": "depthwise_conv2d", "kernel_size": 3}
S1D = {"type": "separable_conv1d", "filters": 4, "kernel_size": 3}
S2D = {"type": "separable_conv2d", "filters": 4, "kernel_size": 3}
SAME = {"padding": "same"}
TWICE = {"depth_multiplier": 2}

DEPTHWISE = [
    # 3 channels: 3 * 3 + 3 weights, with a multiplier of 2 twice as many.
    LayerCase(D1D, (7, 3), (5, 3), 12),
    LayerCase(D1D, (7, 1), (5, 1), 4, batch=1),
    LayerCase(D1D | {"use_bias": False}, (7, 3), (5, 3), 9),
    LayerCase(D1D | TWICE, (7, 3), (5, 6), 24),
    LayerCase(D1D | TWICE, (7, 1), (5, 2), 8),
    LayerCase(D1D | {"strides": 2}, (7, 3), (3, 3), 12),
    LayerCase(D1D | {"dilation_rate": 2}, (7, 3), (3, 3), 12),
    LayerCase(D1D | {"dilation_rate": 2, "strides": 2}, (8, 3), (2, 3), 12),
    LayerCase(D1D | SAME, (7, 3), (7, 3), 12),
    LayerCase(D1D | SAME | {"kernel_size": 2}, (7, 3), (7, 3), 9),
    LayerCase(D1D | SAME | {"strides": 2}, (8, 3), (4, 3), 12),
    LayerCase(D1D | SAME | {"strides": 2} | TWICE, (7, 3), (4, 6), 24),
    LayerCase(D1D | SAME | {"strides": 3, "kernel_size": 1}, (8, 3), (3, 3), 6),
    LayerCase(D1D | SAME | {"dilation_rate": 2}, (7, 3), (7, 3), 12),
    LayerCase(D1D | SAME | {"dilation_rate": 2, "strides": 2}, (8, 3), (4, 3), 12),
    # 3 * 3 * 3 + 3 weights.
    LayerCase(D2D, (6, 7, 3), (4, 5, 3), 30),
    LayerCase(D2D, (6, 7, 1), (4, 5, 1), 10, batch=1),
    LayerCase(D2D | {"use_bias": False} | TWICE, (6, 7, 3), (4, 5, 6), 54),
    LayerCase(D2D | TWICE, (6, 7, 1), (4, 5, 2), 20),
    LayerCase(D2D | {"depth_multiplier": 5}, (6, 7, 2), (4, 5, 10), 100),
    LayerCase(D2D | {"kernel_size": [1, 4]}, (6, 7, 3), (6, 4, 3), 15),
    LayerCase(D2D | {"strides": 2}, (6, 7, 3), (2, 3, 3), 30),
    LayerCase(D2D | {"strides": [1, 2]}, (6, 7, 3), (4, 3, 3), 30),
    LayerCase(D2D | {"strides": [3, 2]} | TWICE, (6, 7, 3), (2, 3, 6), 60),
    LayerCase(D2D | {"strides": [1, 2]} | TWICE, (6, 7, 1), (4, 3, 2), 20),
    LayerCase(D2D | {"dilation_rate": 2}, (6, 7, 3), (2, 3, 3), 30),
    LayerCase(D2D | {"dilation_rate": [2, 1]}, (6, 7, 3), (2, 5, 3), 30),
    LayerCase(D2D | {"dilation_rate": 2, "strides": 2}, (6, 7, 3), (1, 2, 3), 30),
    LayerCase(D2D | {"dilation_rate": [1, 2], "strides": [2, 1]}, (6, 7, 3), (2, 3, 3), 30),
    LayerCase(D2D | SAME, (6, 7, 3), (6, 7, 3), 30),
    LayerCase(D2D | SAME | {"kernel_size": [2, 5]}, (6, 7, 3), (6, 7, 3), 33),
    LayerCase(D2D | SAME | {"strides": 2}, (6, 7, 3), (3, 4, 3), 30),
    LayerCase(D2D | SAME | {"strides": 2} | TWICE, (6, 8, 3), (3, 4, 6), 60),
    LayerCase(D2D | SAME | {"strides": [2, 1]}, (6, 7, 3), (3, 7, 3), 30),
    LayerCase(D2D | SAME | {"strides": [2, 3], "use_bias": False}, (6, 7, 3), (3, 3, 3), 27),
    LayerCase(D2D | SAME | {"dilation_rate": [2, 1]}, (6, 7, 3), (6, 7, 3), 30),
    LayerCase(D2D | SAME | {"dilation_rate": 2, "strides": 2} | TWICE, (6, 7, 3), (3, 4, 6), 60),
    LayerCase(D2D | {"activation": "tanh"}, (6, 7, 3), (4, 5, 3), 30),
    LayerCase(D2D | {"activation": "tanh", "strides": [2, 1]}, (6, 7, 3), (2, 5, 3), 30),
]

SEPARABLE = [
    # 3 channels: 3 * 3 + 3 * 4 + 4 weights.
    LayerCase(S1D, (7, 3), (5, 4), 25),
    LayerCase(S1D, (7, 1), (5, 4), 11, batch=1),
    LayerCase(S1D | {"use_bias": False}, (7, 3), (5, 4), 21),
    LayerCase(S1D | TWICE, (7, 3), (5, 4), 46),
    LayerCase(S1D | TWICE, (7, 1), (5, 4), 18),
    LayerCase(S1D | {"strides": 2}, (7, 3), (3, 4), 25),
    LayerCase(S1D | {"dilation_rate": 2}, (7, 3), (3, 4), 25),
    LayerCase(S1D | {"dilation_rate": 2, "strides": 2}, (8, 3), (2, 4), 25),
    LayerCase(S1D | SAME | {"kernel_size": 2}, (7, 3), (7, 4), 22),
    LayerCase(S1D | SAME | {"strides": 2}, (8, 3), (4, 4), 25),
    LayerCase(S1D | SAME | {"dilation_rate": 3}, (7, 3), (7, 4), 25),
    # 3 * 3 * 3 + 3 * 4 + 4 weights.
    LayerCase(S2D, (6, 7, 3), (4, 5, 4), 43),
    LayerCase(S2D | {"filters": 1}, (6, 7, 3), (4, 5, 1), 31, batch=1),
    LayerCase(S2D | {"use_bias": False} | TWICE, (6, 7, 3), (4, 5, 4), 78),
    LayerCase(S2D | {"kernel_size": [1, 4]}, (6, 7, 3), (6, 4, 4), 28),
    LayerCase(S2D | {"strides": 2}, (6, 7, 3), (2, 3, 4), 43),
    LayerCase(S2D | {"strides": [1, 2]}, (6, 7, 3), (4, 3, 4), 43),
    LayerCase(S2D | {"dilation_rate": [1, 2]}, (6, 7, 3), (4, 3, 4), 43),
    LayerCase(S2D | {"dilation_rate": 2, "strides": 2}, (6, 7, 3), (1, 2, 4), 43),
    LayerCase(S2D | SAME, (6, 7, 3), (6, 7, 4), 43),
    LayerCase(S2D | SAME | {"kernel_size": [2, 5]}, (6, 7, 3), (6, 7, 4), 46),
    LayerCase(S2D | SAME | {"strides": 2} | TWICE, (6, 7, 3), (3, 4, 4), 82),
    LayerCase(S2D | SAME | {"strides": [2, 1], "use_bias": False}, (6, 7, 3), (3, 7, 4), 39),
    LayerCase(S2D | SAME | {"dilation_rate": 2}, (6, 7, 3), (6, 7, 4), 43),
    LayerCase(S2D | SAME | {"dilation_rate": [2, 1], "strides": [1, 2]}, (6, 7, 3), (6, 4, 4), 43),
    LayerCase(S2D | {"activation": "tanh"}, (6, 7, 3), (4, 5, 4), 43),
]


@pytest.mark.parametrize("case", DEPTHWISE, ids=str)
def test_depthwise_conv(case, float64):
    check_layer(case)


@pytest.mark.parametrize("case", SEPARABLE, ids=str)
def test_separable_conv(case, float64):
    check_layer(case)


@pytest.mark.parametrize("backend", BACKENDS)
def test_published_numbers(backend):
    """`testConv2D2x2Filter` of TensorFlow's depthwise_conv_op_test.py, worked out there."""
    layer = {"type": "depthwise_conv2d", "kernel_size": 2, "depth_multiplier": 2, "use_bias": False}
    x, kernel = (count_up(*shape).astype(np.float32) for shape in [(1, 2, 3, 2), (2, 2, 2, 2)])
    found = outputs(layer, x, {"kernel": kernel}, backend)
    np.testing.assert_array_equal(found.ravel(), [196, 216, 272, 296, 252, 280, 344, 376])


def test_each_kernel_is_held_to_its_own_rules():
    rules = {
        "depthwise_regularizer": "l1",
        "pointwise_regularizer": "l2",
        "bias_constraint": "non_neg",
    }
    layer = build(spec_of(S2D | rules, (6, 7, 3)), "keras").layers[-1]
    assert type(layer.depthwise_regularizer).__name__ == "L1"
    assert type(layer.pointwise_regularizer).__name__ == "L2"
    assert type(layer.bias_constraint).__name__ == "NonNeg"
    assert layer.bias_regularizer is None


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (D2D, (7, 7), ["depthwise_conv2d", "(N, height, width, channels)", "(N, 7, 7, 1)"]),
        (D1D, (2, 3), ["depthwise_conv1d", "kernel_size (3,)", "at least 3", "(N, 2, 3)"]),
        (S2D, (7,), ["separable_conv2d", "(N, height, width, channels)", "(N, 7)", "reshape"]),
        (S1D | {"dilation_rate": 2}, (4, 3), ["separable_conv1d", "at least 5", '"same"']),
    ],
)
def test_what_they_cannot_take(layer, shape, words):
    text = refusal(layer, shape)
    assert [word for word in words if word not in text] == [], text
