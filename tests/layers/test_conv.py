import numpy as np
import pytest

from samenet.lowering import BACKENDS
from tests.layers.harness import LayerCase, check_layer
from tests.layers.single import count_up, outputs, refusal

CONV1D = {"type": "conv1d", "filters": 4, "kernel_size": 3}
CONV2D = {"type": "conv2d", "filters": 4, "kernel_size": 3}
CONV3D = {"type": "conv3d", "filters": 2, "kernel_size": 2}
SAME = {"padding": "same"}

CASES = [
    # A sequence of 7 or 8 steps and 2 channels: 3 * 2 * 4 + 4 weights.
    LayerCase(CONV1D, (7, 2), (5, 4), 28),
    LayerCase(CONV1D, (7, 2), (5, 4), 28, batch=1),
    LayerCase(CONV1D, (3, 2), (1, 4), 28),
    LayerCase(CONV1D | {"use_bias": False}, (7, 2), (5, 4), 24),
    LayerCase(CONV1D | {"kernel_size": [3]}, (7, 2), (5, 4), 28),
    LayerCase(CONV1D | {"kernel_size": 1}, (7, 2), (7, 4), 12),
    LayerCase(CONV1D | {"strides": 2}, (7, 2), (3, 4), 28),
    LayerCase(CONV1D | {"strides": 2}, (8, 2), (3, 4), 28),
    LayerCase(CONV1D | {"strides": 5}, (7, 2), (1, 4), 28),
    LayerCase(CONV1D | {"dilation_rate": 2}, (7, 2), (3, 4), 28),
    LayerCase(CONV1D | SAME, (7, 2), (7, 4), 28),
    LayerCase(CONV1D | SAME | {"kernel_size": 2}, (7, 2), (7, 4), 20),
    LayerCase(CONV1D | SAME | {"kernel_size": 9}, (4, 2), (4, 4), 76),
    LayerCase(CONV1D | SAME | {"strides": 2}, (7, 2), (4, 4), 28),
    LayerCase(CONV1D | SAME | {"strides": 2}, (8, 2), (4, 4), 28),
    LayerCase(CONV1D | SAME | {"strides": 3, "kernel_size": 4}, (8, 2), (3, 4), 36),
    LayerCase(CONV1D | SAME | {"strides": 3, "kernel_size": 2}, (9, 2), (3, 4), 20),
    LayerCase(CONV1D | SAME | {"strides": 4, "kernel_size": 1}, (9, 2), (3, 4), 12),
    LayerCase(CONV1D | SAME | {"dilation_rate": 2}, (7, 2), (7, 4), 28),
    LayerCase(CONV1D | SAME | {"dilation_rate": 3, "kernel_size": 2}, (7, 2), (7, 4), 20),
    LayerCase(CONV1D | {"padding": "causal"}, (7, 2), (7, 4), 28),
    LayerCase(CONV1D | {"padding": "causal", "dilation_rate": 3}, (7, 2), (7, 4), 28),
    LayerCase(CONV1D | {"padding": "causal", "strides": 2}, (7, 2), (4, 4), 28),
    LayerCase(CONV1D | {"padding": "causal", "strides": 2}, (8, 2), (4, 4), 28),
    LayerCase(CONV1D | {"padding": "causal", "kernel_size": 1}, (7, 2), (7, 4), 12),
    LayerCase(CONV1D | {"groups": 2}, (7, 6), (5, 4), 40),
    LayerCase(CONV1D | {"groups": 4, "padding": "causal"}, (7, 4), (7, 4), 16),
    # An image: 3 * 3 * 2 * 4 + 4 weights.
    LayerCase(CONV2D, (6, 7, 2), (4, 5, 4), 76),
    LayerCase(CONV2D, (6, 7, 1), (4, 5, 4), 40, batch=1),
    LayerCase(CONV2D | {"filters": 1}, (6, 7, 2), (4, 5, 1), 19),
    LayerCase(CONV2D | {"kernel_size": [3, 2]}, (6, 7, 2), (4, 6, 4), 52),
    LayerCase(CONV2D | {"kernel_size": 1}, (6, 7, 2), (6, 7, 4), 12),
    LayerCase(CONV2D | {"strides": 2}, (6, 7, 2), (2, 3, 4), 76),
    LayerCase(CONV2D | {"strides": [1, 3]}, (6, 7, 2), (4, 2, 4), 76),
    LayerCase(CONV2D | {"dilation_rate": 2}, (6, 7, 2), (2, 3, 4), 76),
    LayerCase(CONV2D | {"dilation_rate": [1, 2]}, (6, 7, 2), (4, 3, 4), 76),
    LayerCase(CONV2D | SAME, (6, 7, 2), (6, 7, 4), 76),
    LayerCase(CONV2D | SAME | {"kernel_size": 2}, (6, 7, 2), (6, 7, 4), 36),
    LayerCase(CONV2D | SAME | {"kernel_size": [5, 2]}, (6, 7, 2), (6, 7, 4), 84),
    LayerCase(CONV2D | SAME | {"kernel_size": [5, 4]}, (2, 3, 2), (2, 3, 4), 164),
    LayerCase(CONV2D | SAME | {"strides": 2}, (6, 7, 2), (3, 4, 4), 76),
    LayerCase(CONV2D | SAME | {"strides": 2}, (6, 8, 2), (3, 4, 4), 76),
    LayerCase(CONV2D | SAME | {"strides": 2}, (5, 7, 2), (3, 4, 4), 76),
    LayerCase(CONV2D | SAME | {"strides": 2, "kernel_size": 7}, (8, 9, 2), (4, 5, 4), 396),
    LayerCase(CONV2D | SAME | {"strides": [2, 1]}, (6, 7, 2), (3, 7, 4), 76),
    LayerCase(CONV2D | SAME | {"strides": 2, "kernel_size": 1}, (6, 7, 2), (3, 4, 4), 12),
    LayerCase(CONV2D | SAME | {"strides": 3, "kernel_size": [4, 2]}, (6, 7, 2), (2, 3, 4), 68),
    LayerCase(CONV2D | SAME | {"dilation_rate": 2}, (6, 7, 2), (6, 7, 4), 76),
    LayerCase(
        CONV2D | SAME | {"dilation_rate": [3, 1], "kernel_size": 2}, (6, 7, 2), (6, 7, 4), 36
    ),
    LayerCase(CONV2D | {"groups": 2}, (6, 7, 4), (4, 5, 4), 76),
    LayerCase(CONV2D | SAME | {"groups": 3, "filters": 6, "strides": 2}, (6, 7, 3), (3, 4, 6), 60),
    LayerCase(CONV2D | {"activation": "relu"}, (6, 7, 2), (4, 5, 4), 76),
    LayerCase(CONV2D | {"activation": "softmax"}, (6, 7, 2), (4, 5, 4), 76),
    LayerCase(
        CONV2D | {"name": "my.own-name", "kernel_initializer": "he_normal"},
        (6, 7, 2),
        (4, 5, 4),
        76,
    ),
    # A volume: 2 * 2 * 2 * 2 * 2 + 2 weights.
    LayerCase(CONV3D, (4, 5, 3, 2), (3, 4, 2, 2), 34),
    LayerCase(CONV3D | {"kernel_size": [1, 2, 3]}, (4, 5, 3, 2), (4, 4, 1, 2), 26),
    LayerCase(CONV3D | {"strides": 2}, (4, 5, 3, 2), (2, 2, 1, 2), 34),
    LayerCase(
        CONV3D | {"dilation_rate": [1, 2, 2], "use_bias": False}, (4, 5, 3, 2), (3, 3, 1, 2), 32
    ),
    LayerCase(CONV3D | SAME, (4, 5, 3, 2), (4, 5, 3, 2), 34),
    LayerCase(CONV3D | SAME | {"kernel_size": 3}, (4, 5, 3, 2), (4, 5, 3, 2), 110),
    LayerCase(
        CONV3D | SAME | {"strides": [2, 1, 2], "kernel_size": 3}, (4, 5, 3, 2), (2, 5, 2, 2), 110
    ),
    LayerCase(CONV3D | SAME | {"groups": 2}, (4, 3, 3, 2), (4, 3, 3, 2), 18),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_conv(case, float64):
    check_layer(case)


# Numbers of TensorFlow's own tests (conv_ops_test.py): filters, kernel_size, options, input shape,
# outputs; inputs and kernels count up from 1.
PUBLISHED = [
    (3, 1, {}, (2, 3, 3), [30, 36, 42, 66, 81, 96, 102, 126, 150,
                           138, 171, 204, 174, 216, 258, 210, 261, 312]),
    (3, 2, {}, (2, 3, 3), [2271, 2367, 2463, 2901, 3033, 3165]),
    (3, 2, {"strides": 2}, (2, 3, 3), [2271, 2367, 2463]),
    (3, 2, {"strides": 2, "padding": "same"}, (2, 3, 3), [2271, 2367, 2463, 1230, 1305, 1380]),
    (3, [1, 2], {}, (2, 3, 3), [231, 252, 273, 384, 423, 462,
                                690, 765, 840, 843, 936, 1029]),
    (1, 1, {"strides": 2, "padding": "same"}, (3, 3, 1), [1, 3, 7, 9]),
    (1, 1, {"strides": 2, "padding": "same"}, (4, 4, 1), [1, 3, 9, 11]),
    (1, 2, {"strides": 3, "padding": "same"}, (4, 4, 1), [44, 28, 41, 16]),
]  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("filters", "kernel_size", "options", "shape", "expected"), PUBLISHED)
def test_published_numbers(filters, kernel_size, options, shape, expected, backend):
    layer = {"type": "conv2d", "filters": filters, "kernel_size": kernel_size, "use_bias": False}
    sizes = [kernel_size] * 2 if isinstance(kernel_size, int) else kernel_size
    kernel = count_up(*sizes, shape[-1], filters).astype(np.float32)
    x = count_up(1, *shape).astype(np.float32)
    found = outputs(layer | options, x, {"kernel": kernel}, backend)
    np.testing.assert_array_equal(found.ravel(), expected)


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (
            CONV2D,
            (28, 28),
            ["conv2d", "(N, height, width, channels)", "(N, 28, 28)", "(N, 28, 28, 1)"],
        ),
        (CONV1D, (28, 28, 3), ["conv1d", "(N, steps, channels)", "(N, 28, 28, 3)", "reshape"]),
        (CONV3D, (7,), ["conv3d", "(N, depth, height, width, channels)", "(N, 7)", "reshape"]),
        (CONV2D, (2, 28, 3), ["conv2d", "3 x 3", "(N, 2, 28, 3)", '"same"']),
        (CONV1D | {"dilation_rate": 4}, (8, 3), ["conv1d", "at least 9", "(N, 8, 3)", '"same"']),
        (
            CONV2D | {"strides": [1, 2], "dilation_rate": 2},
            (28, 28, 3),
            ["conv2d", "strides (1, 2)", "dilation_rate (2, 2)", "leave one of them at 1"],
        ),
        (CONV2D | {"groups": 3}, (28, 28, 3), ["multiple of 3 as filters", "4", "filters = 6"]),
        (
            CONV2D | {"groups": 2},
            (28, 28, 3),
            ["multiple of 2 channels", "(N, 28, 28, 3)", "divide 3"],
        ),
    ],
)
def test_what_a_convolution_cannot_take(layer, shape, words):
    text = refusal(layer, shape)
    assert [word for word in words if word not in text] == [], text
