import numpy as np
import pytest

from samenet.lowering import BACKENDS
from tests.layers.harness import LayerCase, check_layer
from tests.layers.single import count_up, outputs, refusal

T1D = {"type": "conv1d_transpose", "filters": 3, "kernel_size": 3}
T2D = {"type": "conv2d_transpose", "filters": 3, "kernel_size": 3}
T3D = {"type": "conv3d_transpose", "filters": 2, "kernel_size": 2}
SAME = {"padding": "same"}

CASES = [
    # 4 steps of 2 channels: 3 * 3 * 2 + 3 weights.
    LayerCase(T1D, (4, 2), (6, 3), 21),
    LayerCase(T1D, (1, 2), (3, 3), 21, batch=1),
    LayerCase(T1D | {"use_bias": False, "kernel_size": 1}, (4, 2), (4, 3), 6),
    LayerCase(T1D | {"strides": 2}, (4, 2), (9, 3), 21),
    LayerCase(T1D | {"strides": 3}, (4, 2), (12, 3), 21),
    LayerCase(T1D | {"strides": 5}, (4, 2), (20, 3), 21),
    LayerCase(T1D | {"strides": 2, "output_padding": 0}, (4, 2), (9, 3), 21),
    LayerCase(T1D | {"strides": 2, "output_padding": 1}, (4, 2), (10, 3), 21),
    LayerCase(T1D | {"strides": 5, "output_padding": 1}, (4, 2), (19, 3), 21),
    LayerCase(T1D | {"output_padding": 0}, (4, 2), (6, 3), 21),
    LayerCase(T1D | {"dilation_rate": 2}, (4, 2), (8, 3), 21),
    LayerCase(
        T1D | {"dilation_rate": 3, "output_padding": 0, "kernel_size": 2}, (4, 2), (7, 3), 15
    ),
    LayerCase(T1D | SAME, (4, 2), (4, 3), 21),
    LayerCase(T1D | SAME | {"kernel_size": 2}, (4, 2), (4, 3), 15),
    LayerCase(T1D | SAME | {"kernel_size": 5}, (2, 2), (2, 3), 33),
    LayerCase(T1D | SAME | {"strides": 2}, (4, 2), (8, 3), 21),
    LayerCase(T1D | SAME | {"strides": 2, "kernel_size": 4}, (4, 2), (8, 3), 27),
    LayerCase(T1D | SAME | {"strides": 2, "kernel_size": 5}, (4, 2), (8, 3), 33),
    LayerCase(T1D | SAME | {"strides": 3, "kernel_size": 2}, (4, 2), (12, 3), 15),
    LayerCase(T1D | SAME | {"strides": 4, "kernel_size": 1}, (4, 2), (16, 3), 9),
    LayerCase(T1D | SAME | {"strides": 2, "output_padding": 0}, (4, 2), (7, 3), 21),
    LayerCase(T1D | SAME | {"strides": 2, "output_padding": 1}, (4, 2), (8, 3), 21),
    LayerCase(T1D | SAME | {"strides": 3, "output_padding": 2}, (4, 2), (12, 3), 21),
    LayerCase(
        T1D | SAME | {"strides": 3, "output_padding": 1, "kernel_size": 2}, (4, 2), (10, 3), 15
    ),
    LayerCase(
        T1D | SAME | {"strides": 3, "output_padding": 1, "kernel_size": 4}, (4, 2), (10, 3), 27
    ),
    LayerCase(T1D | SAME | {"dilation_rate": 2}, (4, 2), (4, 3), 21),
    LayerCase(T1D | SAME | {"dilation_rate": 3, "kernel_size": 2}, (4, 2), (4, 3), 15),
    LayerCase(T1D | SAME | {"dilation_rate": 2, "output_padding": 0}, (4, 2), (4, 3), 21),
    # 4 x 5 positions of 2 channels: 9 * 3 * 2 + 3 weights.
    LayerCase(T2D, (4, 5, 2), (6, 7, 3), 57),
    LayerCase(T2D | {"filters": 1}, (4, 5, 1), (6, 7, 1), 10, batch=1),
    LayerCase(T2D | {"kernel_size": [2, 3], "use_bias": False}, (4, 5, 2), (5, 7, 3), 36),
    LayerCase(T2D | {"strides": 2}, (4, 5, 2), (9, 11, 3), 57),
    LayerCase(T2D | {"strides": [1, 4]}, (4, 5, 2), (6, 20, 3), 57),
    LayerCase(T2D | {"strides": [2, 4], "output_padding": [1, 3]}, (4, 5, 2), (10, 22, 3), 57),
    LayerCase(T2D | {"dilation_rate": [1, 2]}, (4, 5, 2), (6, 9, 3), 57),
    LayerCase(T2D | SAME, (4, 5, 2), (4, 5, 3), 57),
    LayerCase(T2D | SAME | {"kernel_size": [2, 3]}, (4, 5, 2), (4, 5, 3), 39),
    LayerCase(T2D | SAME | {"strides": 2}, (4, 5, 2), (8, 10, 3), 57),
    LayerCase(T2D | SAME | {"strides": 2, "kernel_size": 4}, (4, 5, 2), (8, 10, 3), 99),
    LayerCase(T2D | SAME | {"strides": [1, 2]}, (4, 5, 2), (4, 10, 3), 57),
    LayerCase(T2D | SAME | {"strides": [2, 1]}, (4, 5, 2), (8, 5, 3), 57),
    LayerCase(T2D | SAME | {"strides": [2, 3], "kernel_size": [5, 2]}, (4, 5, 2), (8, 15, 3), 63),
    LayerCase(T2D | SAME | {"strides": 2, "output_padding": [0, 1]}, (4, 5, 2), (7, 10, 3), 57),
    LayerCase(T2D | SAME | {"dilation_rate": 2}, (4, 5, 2), (4, 5, 3), 57),
    LayerCase(T2D | SAME | {"dilation_rate": [3, 1], "kernel_size": 2}, (4, 5, 2), (4, 5, 3), 27),
    LayerCase(T2D | {"activation": "tanh", "strides": 2}, (4, 5, 2), (9, 11, 3), 57),
    LayerCase(T2D | {"activation": "tanh", "dilation_rate": 2}, (4, 5, 2), (8, 9, 3), 57),
    # 2 x 3 x 4 positions of 2 channels: 8 * 2 * 2 + 2 weights.
    LayerCase(T3D, (2, 3, 4, 2), (3, 4, 5, 2), 34),
    LayerCase(T3D | {"strides": [1, 2, 3]}, (2, 3, 4, 2), (3, 6, 12, 2), 34),
    LayerCase(T3D | {"strides": 2, "output_padding": 1}, (2, 3, 4, 2), (5, 7, 9, 2), 34),
    LayerCase(T3D | {"dilation_rate": 2, "use_bias": False}, (2, 3, 4, 2), (4, 5, 6, 2), 32),
    LayerCase(T3D | SAME, (2, 3, 4, 2), (2, 3, 4, 2), 34),
    LayerCase(T3D | SAME | {"strides": 2, "kernel_size": 3}, (2, 3, 4, 2), (4, 6, 8, 2), 110),
    LayerCase(T3D | SAME | {"dilation_rate": [1, 2, 3]}, (2, 3, 4, 2), (2, 3, 4, 2), 34),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_conv_transpose(case, float64):
    check_layer(case)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        # Inputs 1, 2 and the kernel 1, 2, 3, two steps apart: 1 2 3 + . . 2 4 6
        ("valid", [1, 2, 5, 4, 6]),
        ("same", [1, 2, 5, 4]),
    ],
)
def test_what_is_kept_of_the_windows(padding, expected, backend):
    layer = {"type": "conv1d_transpose", "filters": 1, "kernel_size": 3, "strides": 2}
    x, kernel = (count_up(*shape).astype(np.float32) for shape in [(1, 2, 1), (3, 1, 1)])
    weights = {"kernel": kernel, "bias": np.zeros(1, np.float32)}
    found = outputs(layer | {"padding": padding}, x, weights, backend)
    np.testing.assert_array_equal(found.ravel(), expected)


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (T2D, (7, 7), ["conv2d_transpose", "(N, height, width, channels)", "(N, 7, 7)"]),
        (T1D | {"strides": 2, "dilation_rate": 2}, (7, 2), ["strides (2,)", "dilation_rate (2,)"]),
        (
            T2D | {"strides": [2, 1], "output_padding": 1},
            (7, 7, 2),
            ["output_padding below", "strides (2, 1)", "(1, 1)", "leave it out"],
        ),
        (
            T1D | SAME | {"kernel_size": 4, "strides": 2, "output_padding": 0},
            (7, 2),
            ["even kernel_size (4,)", "at least 1", "(0,)", "leave output_padding out"],
        ),
    ],
)
def test_what_a_transposed_convolution_cannot_take(layer, shape, words):
    text = refusal(layer, shape)
    assert [word for word in words if word not in text] == [], text
