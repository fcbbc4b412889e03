"""Layers that move numbers and compute nothing: both frameworks agree exactly."""

import numpy as np
import pytest

import samenet
from samenet.diagnostics import Code
from tests.layers.harness import LayerCase, build, check_layer, spec_of


def case(kind, inputs, output, **options):
    return LayerCase({"type": kind, **options}, inputs, output)


# A layer with its channels first in PyTorch, so that what follows finds them there.
FIRST = {"type": "zero_padding2d", "name": "before", "padding": 1}

CASES = [
    case("reshape", (12,), (3, 4), target_shape=[3, 4]),
    case("reshape", (12,), (2, 2, 3), target_shape=[2, -1, 3]),
    case("reshape", (3, 4), (12,), target_shape=[-1]),
    case("reshape", (3, 4), (4, 3), target_shape=[4, 3]),
    case("reshape", (1, 8), (8, 1), target_shape=[8, 1]),
    case("reshape", (2, 3, 4), (6, 4), target_shape=[6, 4]),
    case("reshape", (2, 3, 4), (1, 2, 1, 12), target_shape=[1, 2, 1, -1]),
    case("reshape", (1,), (1,), target_shape=[1]),
    case("permute", (3, 4), (4, 3), dims=[2, 1]),
    case("permute", (3,), (3,), dims=[1]),
    case("permute", (2, 3, 4), (4, 2, 3), dims=[3, 1, 2]),
    case("permute", (2, 3, 4), (2, 3, 4), dims=[1, 2, 3]),
    case("permute", (2, 3, 4, 5), (3, 5, 2, 4), dims=[2, 4, 1, 3]),
    case("repeat_vector", (4,), (3, 4), n=3),
    case("repeat_vector", (4,), (1, 4), n=1),
    case("flatten", (2, 3, 4), (24,)),
    case("zero_padding1d", (5, 3), (7, 3)),
    case("zero_padding1d", (5, 3), (9, 3), padding=2),
    case("zero_padding1d", (5, 3), (8, 3), padding=[1, 2]),
    case("zero_padding1d", (5, 3), (7, 3), padding=[[0, 2]]),
    case("zero_padding1d", (5, 3), (5, 3), padding=0),
    case("zero_padding2d", (4, 5, 2), (6, 7, 2)),
    case("zero_padding2d", (4, 5, 2), (8, 9, 2), padding=2),
    case("zero_padding2d", (4, 5, 2), (6, 9, 2), padding=[1, 2]),
    case("zero_padding2d", (2, 3, 4), (5, 10, 4), padding=[[1, 2], [3, 4]]),
    case("zero_padding2d", (4, 5, 2), (5, 7, 2), padding=[[0, 1], 1]),
    case("zero_padding3d", (2, 3, 2, 3), (4, 5, 4, 3)),
    case("zero_padding3d", (2, 3, 2, 3), (4, 7, 8, 3), padding=[1, 2, 3]),
    case("zero_padding3d", (2, 3, 4, 5), (5, 10, 6, 5), padding=[[1, 2], [3, 4], [0, 2]]),
    case("cropping1d", (5, 3), (3, 3)),
    case("cropping1d", (5, 7), (2, 7), cropping=[1, 2]),
    case("cropping1d", (5, 7), (4, 7), cropping=[0, 1]),
    case("cropping1d", (5, 7), (4, 7), cropping=[1, 0]),
    case("cropping1d", (5, 7), (1, 7), cropping=2),
    case("cropping2d", (7, 9, 5), (7, 9, 5)),
    case("cropping2d", (7, 9, 5), (4, 2, 5), cropping=[[1, 2], [3, 4]]),
    case("cropping2d", (7, 9, 5), (3, 5, 5), cropping=2),
    case("cropping2d", (7, 9, 5), (5, 5, 5), cropping=[1, 2]),
    case("cropping2d", (7, 9, 5), (5, 5, 5), cropping=[[0, 2], [0, 4]]),
    case("cropping2d", (7, 9, 5), (6, 6, 5), cropping=[[1, 0], [3, 0]]),
    case("cropping3d", (4, 5, 6, 2), (2, 3, 4, 2)),
    case("cropping3d", (4, 5, 6, 2), (3, 2, 5, 2), cropping=[[0, 1], [3, 0], [1, 0]]),
    case("slice", (5, 3), (3,), index=0),
    case("slice", (5, 3), (3,), index=-1),
    case("slice", (5, 3), (5,), axis=2, index=1),
    case("slice", (4, 5, 3), (4, 5), axis=-1, index=-2),
    case("slice", (5, 3), (3, 3), start=1, stop=4),
    case("slice", (5, 3), (4, 3), stop=-1),
    case("slice", (5, 3), (2, 3), start=-2),
    case("slice", (5, 3), (3, 3), step=2),
    case("slice", (5, 3), (2, 3), start=1, step=2),
    case("slice", (5, 3), (5, 3), stop=100),
    case("slice", (4, 5, 6), (4, 5, 2), axis=-1, start=2, stop=4),
    case("slice", (4, 5, 6), (4, 2, 6), axis=2, start=1, stop=-1, step=2),
    case("slice", (2, 3, 4, 5), (2, 3, 2, 5), axis=3, step=2),
    case("slice", (7,), (4,), start=3),
    case("depth_to_space", (2, 3, 12), (4, 6, 3), block_size=2),
    case("depth_to_space", (1, 2, 9), (3, 6, 1), block_size=3),
    case("space_to_depth", (4, 6, 3), (2, 3, 12), block_size=2),
    case("space_to_depth", (3, 6, 2), (1, 2, 18), block_size=3),
    # Channels first before it
    *(
        LayerCase({"type": kind, **options}, (4, 5, 3), output, before=[FIRST])
        for kind, output, options in [
            ("zero_padding2d", (7, 10, 3), {"padding": [[1, 0], [2, 1]]}),
            ("cropping2d", (5, 4, 3), {"cropping": [[1, 0], [2, 1]]}),
            ("slice", (6, 2, 3), {"axis": 2, "start": 1, "stop": 3}),
            ("slice", (7, 3), {"index": 1}),
            ("slice", (6, 7, 1), {"axis": -1, "start": -1}),
            ("permute", (7, 3, 6), {"dims": [2, 3, 1]}),
            ("reshape", (42, 3), {"target_shape": [-1, 3]}),
        ]
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.layer['type']} {len(c.before)} {c}")
@pytest.mark.parametrize("batch", [1, 3])
def test_reshaping(case, batch, float64):
    import dataclasses

    check_layer(dataclasses.replace(case, batch=batch, tolerance=0.0, why="nothing is computed"))


WHOLE = ["reshape", "permute", "flatten", "repeat_vector", "slice", "zero_padding1d", "cropping1d"]
OPTIONS = {
    "reshape": {"target_shape": [2, 2]},
    "permute": {"dims": [2, 1]},
    "repeat_vector": {"n": 2},
    "slice": {"index": 0},
}


@pytest.mark.parametrize("kind", WHOLE)
def test_whole_numbers_stay_whole(kind, float64):
    """So that an embedding can follow."""
    shape = (4,) if kind == "repeat_vector" else (4, 1)
    layer = {"type": kind, "name": "moved", "inputs": "a", **OPTIONS.get(kind, {})}
    spec = spec_of(
        {"type": "embedding", "input_dim": 5, "output_dim": 2, "inputs": "moved"},
        shape,
        before=[layer],
        integer_inputs=["a"],
    )
    x = np.int32([[1, 2, 3, 4]]).reshape(1, *shape)
    model = build(spec, "torch")
    import torch

    assert model(torch.from_numpy(x)).shape == tuple(build(spec, "keras")(x).shape)


@pytest.mark.parametrize("backend", ["keras", "torch"])
@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        # TensorFlow's documentation of depth_to_space: [[[[1, 2, 3, 4]]]] gives a 2 by 2 image.
        ({"type": "depth_to_space", "block_size": 2}, (1, 1, 4), [[[1], [2]], [[3], [4]]]),
        (
            {"type": "depth_to_space", "block_size": 2},
            (1, 1, 12),
            [[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]],
        ),
        ({"type": "space_to_depth", "block_size": 2}, (2, 2, 1), [[[1, 2, 3, 4]]]),
        (
            {"type": "space_to_depth", "block_size": 2},
            (4, 4, 1),
            [
                [[1, 2, 5, 6], [3, 4, 7, 8]],
                [[9, 10, 13, 14], [11, 12, 15, 16]],
            ],
        ),
        ({"type": "permute", "dims": [2, 1]}, (2, 3), [[1, 4], [2, 5], [3, 6]]),
        ({"type": "reshape", "target_shape": [3, 2]}, (2, 3), [[1, 2], [3, 4], [5, 6]]),
        ({"type": "repeat_vector", "n": 2}, (3,), [[1, 2, 3], [1, 2, 3]]),
    ],
    ids=str,
)
def test_published_values(backend, layer, shape, expected):
    x = np.arange(1, 1 + np.prod(shape), dtype=np.float32).reshape(1, *shape)
    model = build(spec_of(layer, shape), backend)
    if backend == "keras":
        found = np.asarray(model(x))
    else:
        import torch

        found = model(torch.from_numpy(x)).numpy()
    np.testing.assert_array_equal(found[0], expected)


REFUSED = [
    ({"type": "reshape", "target_shape": [5, 3]}, (12,), ("(N, 5, 3)", "12 numbers", "(N, 12)")),
    ({"type": "reshape", "target_shape": [5, -1]}, (12,), ("(N, 5, -1)", "12 numbers")),
    ({"type": "reshape", "target_shape": [-1, -1]}, (12,), ("[-1, -1]",)),
    ({"type": "reshape", "target_shape": [0, 12]}, (12,), ("[0, 12]",)),
    ({"type": "permute", "dims": [1, 1]}, (3, 4), ("[1, 1]", "(N, 3, 4)")),
    ({"type": "permute", "dims": [2, 1]}, (3,), ("[2, 1]", "(N, 3)")),
    ({"type": "repeat_vector", "n": 2}, (3, 4), ("(N, features)", "(N, 3, 4)")),
    ({"type": "zero_padding1d"}, (3,), ("(N, steps, channels)", "(N, 3)")),
    ({"type": "zero_padding2d"}, (3, 4), ("(N, height, width, channels)", "(N, 3, 4)")),
    ({"type": "cropping2d", "cropping": [2, 2]}, (4, 5, 3), ("[[2, 2], [2, 2]]", "(N, 4, 5, 3)")),
    ({"type": "slice", "axis": 0, "index": 0}, (4, 5), ("axis = 0",)),
    ({"type": "slice", "axis": 3, "index": 0}, (4, 5), ("axis = 3", "(N, 4, 5)")),
    ({"type": "slice", "index": 4}, (4, 5), ("index = 4", "4 places")),
    ({"type": "slice", "index": 1, "start": 0}, (4, 5), ("both",)),
    ({"type": "slice", "start": 3, "stop": 2}, (4, 5), ("nothing of axis 1",)),
    ({"type": "depth_to_space", "block_size": 2}, (4, 5, 6), ("multiple of 4", "(N, 4, 5, 6)")),
    ({"type": "space_to_depth", "block_size": 2}, (4, 5, 6), ("block_size = 2", "(N, 4, 5, 6)")),
    ({"type": "zero_padding2d", "padding": -1}, (4, 5, 6), ("padding", "0")),
    ({"type": "repeat_vector", "n": 0}, (4,), ("n must be", "found 0")),
]


@pytest.mark.parametrize(("layer", "shape", "words"), REFUSED, ids=str)
def test_refused(layer, shape, words):
    diagnostics = samenet.validate(
        {
            "version": 1,
            "input": {"shape": shape},
            "layers": [layer],
            "optimizer": {"type": "adam"},
            "training": {"loss": "mean_squared_error"},
            "data": {"source": "arrays"},
        }
    )
    assert {d.code for d in diagnostics} <= {Code.SHAPE, Code.OUT_OF_RANGE}
    for word in words:
        assert word in diagnostics[0].message, diagnostics[0].message
