import numpy as np
import pytest

import samenet
from samenet.diagnostics import Code
from tests.layers.harness import LayerCase, check_layer
from tests.layers.test_activation import outputs

LAYER = {"type": "layer_normalization"}
RMS = {"type": "rms_normalization"}
UNIT = {"type": "unit_normalization"}
PLAIN = {"center": False, "scale": False}
IMAGE, VOLUME = (4, 5, 3), (2, 4, 3, 2)
MASK = [{"type": "masking"}]

CASES = [
    LayerCase(LAYER, (5,), (5,), 10),
    LayerCase(LAYER, (5,), (5,), 10, batch=1),
    LayerCase(LAYER, (1,), (1,), 2),
    LayerCase(LAYER, (4, 3), (4, 3), 6),
    LayerCase(LAYER, IMAGE, IMAGE, 6),
    LayerCase(LAYER | {"epsilon": 0.1}, (5,), (5,), 10),
    LayerCase(LAYER | {"center": False}, (4, 3), (4, 3), 3),
    LayerCase(LAYER | {"scale": False}, (4, 3), (4, 3), 3),
    LayerCase(LAYER | PLAIN, (4, 3), (4, 3), 0),
    LayerCase(LAYER | {"axis": 3}, IMAGE, IMAGE, 6),
    LayerCase(LAYER | {"axis": [-1]}, IMAGE, IMAGE, 6),
    LayerCase(LAYER | {"axis": [1, 2, 3]}, IMAGE, IMAGE, 120),
    LayerCase(LAYER | {"axis": [-2, -1]}, IMAGE, IMAGE, 30),
    LayerCase(LAYER | {"axis": [2, 3], "center": False}, IMAGE, IMAGE, 15),
    LayerCase(LAYER | {"axis": [3, 1, 2], "scale": False}, IMAGE, IMAGE, 60),
    # Axes that are not the last ones.
    LayerCase(LAYER | {"axis": 1}, (4, 3), (4, 3), 8),
    LayerCase(LAYER | {"axis": 1}, IMAGE, IMAGE, 8),
    LayerCase(LAYER | {"axis": -2}, IMAGE, IMAGE, 10),
    LayerCase(LAYER | {"axis": [1, 2]}, IMAGE, IMAGE, 40),
    LayerCase(LAYER | {"axis": [1, 3]}, IMAGE, IMAGE, 24),
    LayerCase(LAYER | {"axis": [1, -1], "center": False}, IMAGE, IMAGE, 12),
    LayerCase(LAYER | {"axis": [2, 4], "scale": False}, VOLUME, VOLUME, 8),
    LayerCase(LAYER | {"axis": [1, 3]} | PLAIN, VOLUME, VOLUME, 0),
    LayerCase(LAYER, (7, 3), (7, 3), 6, before=MASK),
    LayerCase(RMS, (5,), (5,), 5),
    LayerCase(RMS, (5,), (5,), 5, batch=1),
    LayerCase(RMS, IMAGE, IMAGE, 3),
    LayerCase(RMS | {"epsilon": 0.5}, (4, 3), (4, 3), 3),
    LayerCase(RMS | {"axis": [1, 2, 3]}, IMAGE, IMAGE, 60),
    LayerCase(RMS | {"axis": [-1, -2]}, IMAGE, IMAGE, 15),
    LayerCase(RMS | {"axis": 2}, (4, 3), (4, 3), 3),
    LayerCase(UNIT, (5,), (5,)),
    LayerCase(UNIT, (5,), (5,), batch=1),
    LayerCase(UNIT, IMAGE, IMAGE),
    LayerCase(UNIT | {"axis": 1}, (4, 3), (4, 3)),
    LayerCase(UNIT | {"axis": 1}, IMAGE, IMAGE),
    LayerCase(UNIT | {"axis": [-2, -1]}, IMAGE, IMAGE),
    LayerCase(UNIT | {"axis": [1, 2, 3]}, IMAGE, IMAGE),
    LayerCase(UNIT | {"axis": [1, 4]}, VOLUME, VOLUME),
    LayerCase(UNIT, (7, 3), (7, 3), before=MASK),
    # Behind a layer that takes channels first, where the axes of the programs differ.
    LayerCase(UNIT | {"axis": 1}, IMAGE, IMAGE, 12, before=[{"type": "batch_normalization"}]),
    LayerCase(UNIT | {"axis": [1, 3]}, IMAGE, IMAGE, 12, before=[{"type": "batch_normalization"}]),
    LayerCase(LAYER, IMAGE, IMAGE, 18, before=[{"type": "batch_normalization"}]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.layer['type']} {case}")
def test_layer_normalization(case, float64):
    check_layer(case)


@pytest.mark.parametrize(
    ("layer", "x", "expected"),
    [
        # Mean 3 and variance 4.
        (LAYER | {"epsilon": 5.0}, [1.0, 5.0], [-2 / 3, 2 / 3]),
        (RMS | {"epsilon": 4.0}, [1.0, 3.0], [1 / 3, 1.0]),
        (UNIT, [3.0, -4.0], [0.6, -0.8]),
        (UNIT, [0.0, 0.0], [0.0, 0.0]),
    ],
    ids=str,
)
def test_known_values(layer, x, expected, float64):
    for backend, found in outputs(layer, x).items():
        np.testing.assert_allclose(found, expected, rtol=1e-12, err_msg=backend)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (LAYER | {"axis": 3}, "layer_normalization with axis 3 cannot take shape (N, 4, 3)"),
        (LAYER | {"axis": [0, 1]}, "layer_normalization with axis 0"),
        (LAYER | {"axis": [2, -1]}, "layer_normalization has one axis of (N, 4, 3) twice: [2, -1]"),
        (RMS | {"axis": -3}, "rms_normalization with axis -3"),
        (RMS | {"axis": 1}, "rms_normalization takes the last axes, found axis 1 of (N, 4, 3)"),
        (UNIT | {"axis": 4}, "unit_normalization with axis 4"),
    ],
    ids=str,
)
def test_axes_that_do_not_exist(layer, message):
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
    assert diagnostic.hint
