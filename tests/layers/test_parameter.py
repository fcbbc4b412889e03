import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.lowering import BACKENDS
from tests.layers.harness import LayerCase, build, check_layer, spec_of

TOKEN = {"type": "parameter", "shape": [1, 5]}

CASES = [
    LayerCase(TOKEN, (4, 5), (1, 5), 5),
    LayerCase(TOKEN, (2, 3, 4), (1, 5), 5),
    LayerCase(TOKEN | {"shape": [7]}, (3,), (7,), 7),
    LayerCase(TOKEN | {"shape": [2, 3, 4]}, (5, 5, 2), (2, 3, 4), 24),
    LayerCase(TOKEN | {"regularizer": "l2", "constraint": "unit_norm"}, (4, 5), (1, 5), 5),
    LayerCase(TOKEN, (4, 5), (1, 5), 5, batch=1),
    # A class token before a sequence, and positions added to one
    LayerCase(
        {"type": "concatenate", "inputs": ["token", "a"], "axis": 1},
        (4, 5),
        (5, 5),
        5,
        before=[{**TOKEN, "name": "token", "inputs": "a"}],
    ),
    LayerCase(
        {"type": "add", "inputs": ["a", "positions"]},
        (4, 5),
        (4, 5),
        20,
        before=[{"type": "parameter", "name": "positions", "inputs": "a", "shape": [4, 5]}],
    ),
    LayerCase({"type": "scale"}, (5,), (5,), 5),
    LayerCase({"type": "scale"}, (4, 5), (4, 5), 5),
    LayerCase({"type": "scale"}, (3, 4, 5), (3, 4, 5), 5),
    LayerCase({"type": "scale", "regularizer": "l1"}, (2, 3, 4, 5), (2, 3, 4, 5), 5),
    # Behind a layer with its channels first in PyTorch
    LayerCase(
        {"type": "scale"},
        (3, 4, 5),
        (6, 8, 5),
        5,
        before=[{"type": "up_sampling2d"}],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.layer['type']} {case}")
def test_parameter(case, float64):
    check_layer(case)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("layer", "path", "expected"),
    [
        (
            {"type": "scale", "initializer": {"type": "constant", "value": 1e-6}},
            "scale/gamma",
            [1e-6] * 3,
        ),
        ({"type": "scale"}, "scale/gamma", [1.0] * 3),
        (
            {"type": "parameter", "shape": [1, 3], "initializer": "zeros"},
            "parameter/value",
            [[0.0] * 3],
        ),
    ],
    ids=str,
)
def test_start(backend, layer, path, expected):
    """The program's own numbers are those of the initializer."""
    weights = runtime.weights(build(spec_of(layer, (3,)), backend), backend)
    np.testing.assert_allclose(weights[path], expected, rtol=1e-7)


def test_parameters_start_at_random_numbers_that_are_the_same_in_both():
    spec = spec_of({"type": "parameter", "shape": [40, 50]}, (3,))
    first, second = (
        runtime.weights(build(spec, backend), backend)["parameter/value"] for backend in BACKENDS
    )
    np.testing.assert_array_equal(first, second)
    assert first.std() == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize(
    ("layer", "word"),
    [
        ({"type": "parameter"}, "shape"),
        ({"type": "parameter", "shape": []}, "shape"),
        ({"type": "parameter", "shape": [0]}, "shape"),
    ],
    ids=str,
)
def test_refused(layer, word):
    diagnostics = samenet.validate(
        {
            "version": 1,
            "input": {"shape": [3]},
            "layers": [layer],
            "optimizer": {"type": "adam"},
            "training": {"loss": "mean_squared_error"},
            "data": {"source": "arrays"},
        }
    )
    assert word in diagnostics[0].message
