"""Layers with fixed numbers: normalization and rescaling."""

import numpy as np
import pytest

import samenet
from samenet.diagnostics import Code
from tests.layers.harness import LayerCase, check_layer
from tests.layers.test_activation import outputs

GIVEN = {"type": "normalization", "mean": 3.0, "variance": 2.0}
RESCALING = {"type": "rescaling"}


def given(mean, variance, **more):
    return {"type": "normalization", "mean": mean, "variance": variance, **more}


COLUMNS = [[0.5, -1.5, 2.5], [0.1, 0.2, 0.3]]
SQUARES = [[1.5, 2.5, 0.25], [0.5, 0.7, 4.0]]

CASES = [
    LayerCase(GIVEN, (4,), (4,)),
    LayerCase(GIVEN | {"invert": True}, (4,), (4,)),
    LayerCase(GIVEN, (4, 3, 2), (4, 3, 2)),
    LayerCase(GIVEN | {"axis": []}, (4, 3), (4, 3)),
    LayerCase(given([0.1, 0.2, 0.3], [1.5, 0.0, 0.3]), (3,), (3,), gradients=False),
    LayerCase(given([0.1, 0.2, 0.3], [1.5, 2.5, 0.3]), (4, 3), (4, 3)),
    LayerCase(given([0.1, 0.2, 0.3], [1.5, 2.5, 0.3], invert=True), (2, 4, 3), (2, 4, 3)),
    LayerCase(given([0.1], [0.3]), (2, 3), (2, 3)),
    LayerCase(given([0.1, 0.2], [1.5, 0.3], axis=1), (2, 3), (2, 3)),
    LayerCase(given([0.1, 0.2], [1.5, 0.3], axis=-2), (4, 2, 3), (4, 2, 3)),
    LayerCase(given(COLUMNS, SQUARES, axis=[1, 2]), (2, 3), (2, 3)),
    LayerCase(given(COLUMNS, SQUARES, axis=[1, -1]), (2, 5, 3), (2, 5, 3)),
    LayerCase(given(COLUMNS, SQUARES, axis=[3, 1]), (2, 5, 3), (2, 5, 3)),
    LayerCase(given(COLUMNS[0], SQUARES[0], axis=[1, 3]), (2, 5, 3), (2, 5, 3)),
    LayerCase(given([[0.5], [0.1]], [[1.5], [0.7]], axis=[1, 2]), (2, 3), (2, 3)),
    LayerCase(GIVEN, (4,), (4,), integer_inputs=("a",), gradients=False),
    LayerCase(GIVEN, (4, 3), (4, 3), before=[{"type": "masking"}]),
    LayerCase(RESCALING | {"scale": 1 / 255}, (4, 3, 1), (4, 3, 1)),
    LayerCase(RESCALING | {"scale": 1 / 127.5, "offset": -1.0}, (5,), (5,)),
    LayerCase(RESCALING | {"scale": 0.1, "offset": 0.3}, (2, 3, 2, 2), (2, 3, 2, 2)),
    LayerCase(RESCALING | {"scale": [0.1, 0.2, 0.3]}, (4, 3), (4, 3)),
    LayerCase(RESCALING | {"scale": 2.0, "offset": [0.1, 0.2, 0.3]}, (4, 2, 3), (4, 2, 3)),
    LayerCase(
        RESCALING | {"scale": 1 / 255}, (4, 3), (4, 3), integer_inputs=("a",), gradients=False
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.layer['type']} {case}")
def test_normalization(case, float64):
    check_layer(case)


@pytest.mark.parametrize(
    ("layer", "x", "expected"),
    [
        # The examples of Keras' documentation.
        (GIVEN, [1.0, 2.0, 3.0], [-1.4142135, -0.70710677, 0]),
        (given([1.0, 8.0, 5.0], [1.0, 1.0, 1.0]), [0.0, 7.0, 4.0], [-1, -1, -1]),
        (given([1.0, 8.0, 5.0], [1.0, 1.0, 1.0], invert=True), [1.0, 2.0, 3.0], [2, 10, 8]),
        (RESCALING | {"scale": 1 / 127.5, "offset": -1.0}, [0.0, 127.5, 255.0], [-1, 0, 1]),
    ],
    ids=str,
)
def test_known_values(layer, x, expected, float64):
    for backend, found in outputs(layer, x).items():
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7, err_msg=backend)


@pytest.mark.parametrize(
    ("layer", "message", "hint"),
    [
        (given([1.0, 2.0], [1.0, 2.0]), "mean of normalization has the shape (2,)", "(3,)"),
        (given(1.0, [1.0, 2.0, 3.0]), "mean of the shape () and a variance of", "same shape"),
        (given([[1.0], [1.0, 2.0]], 2.0, axis=[1, 2]), "uneven rows", "(4, 3)"),
        (given([[1.0]], [[1.0]]), "the shape (1, 1)", "(3,)"),
        (given(0.0, -1.0), "negative", "0"),
        (GIVEN | {"axis": 3}, "axis 3", "1 to 2"),
        (RESCALING | {"scale": [1.0, 2.0]}, "2 numbers as scale", "array of 3"),
        (RESCALING | {"scale": 1.0, "offset": [1.0, 2.0]}, "2 numbers as offset", "array of 3"),
    ],
    ids=str,
)
def test_numbers_that_do_not_fit(layer, message, hint):
    spec = {
        "version": 1,
        "input": {"shape": [4, 3]},
        "layers": [layer],
        "optimizer": {"type": "adam"},
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
    }
    (diagnostic,) = samenet.validate(spec)
    assert diagnostic.code is Code.SHAPE
    assert message in diagnostic.message
    assert hint in diagnostic.hint
