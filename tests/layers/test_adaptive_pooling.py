import numpy as np
import pytest

from samenet.lowering import BACKENDS
from tests import frameworks
from tests.layers.harness import LayerCase, check_layer
from tests.layers.single import count_up, outputs, refusal

KINDS = {
    1: ("adaptive_average_pooling1d", "adaptive_max_pooling1d"),
    2: ("adaptive_average_pooling2d", "adaptive_max_pooling2d"),
    3: ("adaptive_average_pooling3d", "adaptive_max_pooling3d"),
}

# Number of axes, size, shape of the input, shape of the output.
TABLE = [
    (1, 2, (6, 3), (2, 3)),
    (1, [4], (7, 3), (4, 3)),
    (1, 7, (7, 3), (7, 3)),
    (1, 5, (3, 3), (5, 3)),
    (1, 1, (7, 3), (1, 3)),
    (1, 1, (1, 3), (1, 3)),
    (1, 3, (1, 2), (3, 2)),
    (2, 2, (6, 8, 3), (2, 2, 3)),
    (2, 3, (7, 5, 3), (3, 3, 3)),
    (2, [2, 4], (7, 5, 1), (2, 4, 1)),
    (2, [5, 7], (7, 5, 3), (5, 7, 3)),
    (2, 1, (7, 5, 3), (1, 1, 3)),
    (2, [1, 5], (7, 5, 3), (1, 5, 3)),
    (2, [1, 3], (7, 5, 3), (1, 3, 3)),
    (2, [3, 1], (1, 5, 3), (3, 1, 3)),
]
VOLUMES = [
    (3, 2, (4, 5, 3, 2), (2, 2, 2, 2)),
    (3, [3, 2, 4], (4, 5, 3, 2), (3, 2, 4, 2)),
    (3, 1, (4, 5, 3, 2), (1, 1, 1, 2)),
    (3, [2, 1, 2], (4, 5, 3, 2), (2, 1, 2, 2)),
]


def cases(table, **more):
    """A case for both kinds of each row."""
    return [
        LayerCase({"type": kind, "output_size": size}, *shapes, **more)
        for axes, size, *shapes in table
        for kind in KINDS[axes]
    ]


def ids(case):
    return f"{case.layer['type']} {case}"


@pytest.mark.parametrize("case", [*cases(TABLE), *cases(TABLE[8:9], batch=1)], ids=ids)
def test_adaptive_pooling(case, float64):
    check_layer(case)


@pytest.fixture
def float32():
    frameworks.set_float_type("float32")


def normal32(random, shape):
    return random.normal(size=shape).astype(np.float32)


SINGLE = {"tolerance": 1e-6, "why": "TensorFlow has no 3-D pooling in double precision on CPUs"}


@pytest.mark.parametrize("case", cases(VOLUMES, draw=normal32, **SINGLE), ids=ids)
def test_adaptive_pooling_of_volumes(case, float32):
    check_layer(case)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("kind", "size", "expected"),
    [
        # Windows of 1 2 3 4 5: (1 2) (2 3 4) (4 5), and (1 2 3) (3 4 5).
        ("average", 3, [1.5, 3, 4.5]),
        ("max", 3, [2, 4, 5]),
        ("average", 2, [2, 4]),
        ("max", 2, [3, 5]),
        ("average", 1, [3]),
    ],
)
def test_numbers(kind, size, expected, backend):
    layer = {"type": f"adaptive_{kind}_pooling1d", "output_size": size}
    found = outputs(layer, count_up(1, 5, 1).astype(np.float32), {}, backend)
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-6)


@pytest.mark.parametrize("kind", ["average", "max"])
def test_another_rank_is_refused(kind):
    text = refusal({"type": f"adaptive_{kind}_pooling2d", "output_size": 2}, (7, 3))
    assert "takes shape (N, height, width, channels), found (N, 7, 3)" in text
