import numpy as np
import pytest

from samenet.lowering import BACKENDS
from tests import frameworks
from tests.layers.harness import LayerCase, check_layer
from tests.layers.single import count_up, outputs, refusal

SAME = {"padding": "same"}
KINDS = {
    1: ("max_pooling1d", "average_pooling1d"),
    2: ("max_pooling2d", "average_pooling2d"),
    3: ("max_pooling3d", "average_pooling3d"),
}


def pool(size, **options):
    """What the table of a pooling says beside its type."""
    return {"pool_size": size, **options}


# Number of axes, options, shape of the input, shape of the output.
SEQUENCES = [
    (1, pool(2), (6, 3), (3, 3)),
    (1, pool(2), (7, 3), (3, 3)),
    (1, pool(1), (7, 3), (7, 3)),
    (1, pool([3]), (7, 1), (2, 1)),
    (1, pool(3, strides=1), (7, 3), (5, 3)),
    (1, pool(2, strides=3), (7, 3), (2, 3)),
    (1, pool(7), (7, 3), (1, 3)),
    (1, pool(2, **SAME), (7, 3), (4, 3)),
    (1, pool(2, **SAME), (6, 3), (3, 3)),
    (1, pool(2, **SAME, strides=1), (7, 3), (7, 3)),
    (1, pool(3, **SAME, strides=1), (7, 3), (7, 3)),
    (1, pool(4, **SAME, strides=1), (2, 3), (2, 3)),
    (1, pool(3, **SAME, strides=2), (7, 3), (4, 3)),
    (1, pool(3, **SAME, strides=2), (8, 3), (4, 3)),
    (1, pool(2, **SAME, strides=5), (8, 3), (2, 3)),
    (1, pool(5, **SAME), (3, 3), (1, 3)),
]
IMAGES = [
    (2, pool(2), (6, 8, 3), (3, 4, 3)),
    (2, pool(2), (7, 5, 3), (3, 2, 3)),
    (2, pool([3, 2]), (7, 5, 3), (2, 2, 3)),
    (2, pool(3, strides=2), (7, 6, 3), (3, 2, 3)),
    (2, pool(2, strides=[2, 2]), (6, 8, 1), (3, 4, 1)),
    (2, pool(2, strides=[1, 3]), (7, 6, 3), (6, 2, 3)),
    (2, pool(2, **SAME), (7, 6, 3), (4, 3, 3)),
    (2, pool(3, **SAME), (7, 8, 3), (3, 3, 3)),
    (2, pool(3, **SAME, strides=2), (7, 6, 3), (4, 3, 3)),
    (2, pool(3, **SAME, strides=1), (7, 6, 3), (7, 6, 3)),
    (2, pool(2, **SAME, strides=1), (7, 6, 3), (7, 6, 3)),
    (2, pool([2, 3], **SAME, strides=1), (7, 6, 3), (7, 6, 3)),
    (2, pool([3, 2], **SAME, strides=1), (7, 6, 3), (7, 6, 3)),
    (2, pool(2, **SAME, strides=[2, 1]), (7, 6, 3), (4, 6, 3)),
    (2, pool(4, **SAME, strides=[1, 3]), (7, 8, 3), (7, 3, 3)),
    (2, pool([1, 4], **SAME, strides=[3, 2]), (8, 7, 3), (3, 4, 3)),
]
VOLUMES = [
    (3, pool(2), (4, 5, 6, 2), (2, 2, 3, 2)),
    (3, pool([1, 2, 3], strides=1), (4, 5, 6, 2), (4, 4, 4, 2)),
    (3, pool(2, **SAME), (4, 5, 3, 2), (2, 3, 2, 2)),
    (3, pool(3, **SAME, strides=[1, 2, 2]), (4, 5, 6, 2), (4, 3, 3, 2)),
    (3, pool(2, **SAME, strides=1), (3, 2, 3, 2), (3, 2, 3, 2)),
    (3, pool([2, 3, 2], **SAME, strides=[1, 2, 3]), (4, 5, 4, 2), (4, 3, 2, 2)),
]
# Found in TensorFlow: "Could not find device for node" for these in float64.
SINGLE = {"tolerance": 1e-6, "why": "TensorFlow has no 3-D pooling in double precision on CPUs"}


def cases(table, **more):
    """A case for both kinds of each row."""
    return [
        LayerCase({"type": kind} | options, *shapes, **more)
        for axes, options, *shapes in table
        for kind in KINDS[axes]
    ]


def ids(case):
    return f"{case.layer['type']} {case}"


@pytest.mark.parametrize("case", [*cases(SEQUENCES), *cases(IMAGES)], ids=ids)
def test_pooling(case, float64):
    check_layer(case)


@pytest.mark.parametrize("case", cases(IMAGES[:1], batch=1), ids=ids)
def test_pooling_of_one_sample(case, float64):
    check_layer(case)


@pytest.fixture
def float32():
    frameworks.set_float_type("float32")


def normal32(random, shape):
    return random.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("case", cases(VOLUMES, draw=normal32, **SINGLE), ids=ids)
def test_pooling_of_volumes(case, float32):
    check_layer(case)


@pytest.mark.parametrize("size", [2, None])
@pytest.mark.parametrize(
    ("axes", "shape", "expected"), [(1, (7, 3), (3, 3)), (2, (7, 6, 3), (3, 3, 3))]
)
def test_the_default_size_of_max_pooling_is_2(size, axes, shape, expected, float64):
    layer = {"type": f"max_pooling{axes}d"} | ({} if size is None else {"pool_size": size})
    check_layer(LayerCase(layer, shape, expected))


# Of TensorFlow's pooling_ops_test.py, or worked out by hand: inputs count up from 1.
PUBLISHED = [
    ("max", {"pool_size": 2}, (3, 3, 3), [13, 14, 15]),
    ("max", {"pool_size": 2, "padding": "same"}, (2, 3, 3), [13, 14, 15, 16, 17, 18]),
    ("max", {"pool_size": 2, "strides": [1, 2]}, (2, 4, 1), [6, 8]),
    ("average", {"pool_size": 2}, (3, 3, 3), [7, 8, 9]),
    ("average", {"pool_size": 2, "padding": "same"}, (2, 4, 3), [8.5, 9.5, 10.5, 14.5, 15.5, 16.5]),
    ("average", {"pool_size": 2, "padding": "same"}, (2, 3, 3), [7, 8, 9, 11.5, 12.5, 13.5]),
    ("average", {"pool_size": 2, "strides": 1, "padding": "same"}, (2, 2, 1), [2.5, 3, 3.5, 4]),
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("kind", "options", "shape", "expected"), PUBLISHED)
def test_published_numbers(kind, options, shape, expected, backend):
    x = count_up(1, *shape).astype(np.float32)
    found = outputs({"type": f"{kind}_pooling2d"} | options, x, {}, backend)
    np.testing.assert_array_equal(found.ravel(), expected)


@pytest.mark.parametrize("backend", BACKENDS)
def test_padding_is_not_the_largest_of_negative_numbers(backend):
    layer = {"type": "max_pooling1d", "pool_size": 3, "strides": 2, "padding": "same"}
    x = -count_up(1, 5, 1).astype(np.float32)
    np.testing.assert_array_equal(outputs(layer, x, {}, backend).ravel(), [-1, -2, -4])


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        ({"type": "max_pooling2d"}, (7, 7), ["max_pooling2d", "(N, 7, 7)", "(N, 7, 7, 1)"]),
        (
            {"type": "max_pooling1d"},
            (1, 7),
            ["pool_size (2,)", "at least 2", "(N, 1, 7)", '"same"'],
        ),
        (
            {"type": "average_pooling3d", "pool_size": [1, 2, 3]},
            (4, 4, 2, 1),
            ["average_pooling3d", "1 x 2 x 3", "(N, 4, 4, 2, 1)", "smaller pool_size"],
        ),
    ],
)
def test_what_a_pooling_cannot_take(layer, shape, words):
    text = refusal(layer, shape)
    assert [word for word in words if word not in text] == [], text
