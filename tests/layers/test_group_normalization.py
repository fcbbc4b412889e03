import numpy as np
import pytest

import samenet
from samenet.diagnostics import Code
from tests.layers.harness import LayerCase, check_layer
from tests.layers.test_activation import outputs

LAYER = {"type": "group_normalization"}
PLAIN = {"center": False, "scale": False}
IMAGE, VOLUME = (4, 5, 6), (2, 3, 2, 4)

CASES = [
    LayerCase(LAYER, (64,), (64,), 128),
    LayerCase(LAYER | {"groups": 2}, (6,), (6,), 12),
    LayerCase(LAYER | {"groups": 1}, (6,), (6,), 12),
    LayerCase(LAYER | {"groups": 6}, (6,), (6,), 12),
    LayerCase(LAYER | {"groups": -1}, (6,), (6,), 12, batch=1),
    LayerCase(LAYER | {"groups": -1} | PLAIN, (6,), (6,), 0, batch=1),
    LayerCase(LAYER | {"groups": 1}, (1,), (1,), 2, batch=1),
    LayerCase(LAYER | {"groups": 3}, (4, 6), (4, 6), 12),
    LayerCase(LAYER | {"groups": 3}, IMAGE, IMAGE, 12),
    LayerCase(LAYER | {"groups": 3}, IMAGE, IMAGE, 12, batch=1),
    LayerCase(LAYER | {"groups": -1}, IMAGE, IMAGE, 12),
    LayerCase(LAYER | {"groups": -1}, (1, 1, 6), (1, 1, 6), 12, batch=1),
    LayerCase(LAYER | {"groups": 2, "epsilon": 0.1}, IMAGE, IMAGE, 12),
    LayerCase(LAYER | {"groups": 2, "center": False}, IMAGE, IMAGE, 6),
    LayerCase(LAYER | {"groups": 2, "scale": False}, IMAGE, IMAGE, 6),
    LayerCase(LAYER | {"groups": 2} | PLAIN, IMAGE, IMAGE, 0),
    LayerCase(LAYER | {"groups": 2}, VOLUME, VOLUME, 8),
    LayerCase(LAYER | {"groups": 2}, (2, 1, 2, 2, 4), (2, 1, 2, 2, 4), 8),
    LayerCase(LAYER | {"groups": 2, "axis": 3}, IMAGE, IMAGE, 12),
    # Channels in another axis.
    LayerCase(LAYER | {"groups": 2, "axis": 1}, (4, 6), (4, 6), 8),
    LayerCase(LAYER | {"groups": 2, "axis": 1}, IMAGE, IMAGE, 8),
    LayerCase(LAYER | {"groups": -1, "axis": -2}, IMAGE, IMAGE, 10),
    LayerCase(LAYER | {"groups": 3, "axis": -3, "scale": False}, VOLUME, VOLUME, 3),
    LayerCase(LAYER | {"groups": 2}, (7, 6), (7, 6), 12, before=[{"type": "masking"}]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case} batch={case.batch}")
def test_group_normalization(case, float64):
    check_layer(case)


def test_known_values(float64):
    """Groups (1, 5) and (0, 6): means 3 and 3, variances 4 and 9."""
    layer = LAYER | {"groups": 2, "epsilon": 1e-12}
    for found in outputs(layer, [1.0, 5.0, 0.0, 6.0]).values():
        np.testing.assert_allclose(found, [-1, 1, -1, 1], rtol=1e-11)


@pytest.mark.parametrize(
    ("layer", "message", "hint"),
    [
        (LAYER, "cannot part 6 channels of shape (N, 4, 6) into 32 groups", "groups = 6"),
        (LAYER | {"groups": 4}, "cannot part 6 channels", "groups = 3"),
        (LAYER | {"groups": 3, "axis": 1}, "cannot part 4 channels", "groups = 2"),
        (LAYER | {"groups": 2, "axis": 3}, "axis 3 cannot take shape (N, 4, 6)", "1 to 2"),
    ],
    ids=str,
)
def test_channels_that_cannot_be_grouped(layer, message, hint):
    (diagnostic,) = samenet.validate(spec([4, 6], layer))
    assert diagnostic.code is Code.SHAPE
    assert message in diagnostic.message
    assert hint in diagnostic.hint


@pytest.mark.parametrize("groups", [0, -2])
def test_groups_are_counted(groups):
    found = samenet.validate(spec([4, 6], LAYER | {"groups": groups}))
    assert found
    assert all(item.path[:3] == ("layers", 0, "groups") for item in found)


def spec(shape, layer):
    return {
        "version": 1,
        "input": {"shape": shape},
        "layers": [layer],
        "optimizer": {"type": "adam"},
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
    }
