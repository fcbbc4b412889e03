"""Augmentation: inference, transformations given the same random numbers, the distributions."""

import dataclasses
import importlib

import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.compiler import compile_spec
from samenet.diagnostics import Code
from tests.layers.harness import LayerCase, build, check_layer, spec_of

FILL_MODES = ["reflect", "wrap", "constant", "nearest"]


def case(kind, inputs, output=None, **options):
    return LayerCase({"type": kind, **options}, inputs, output or inputs, training=False)


RESIZED = "TensorFlow resizes images in single precision"


def resized(*arguments, **options):
    found = case("random_crop", *arguments, **options)
    return dataclasses.replace(found, tolerance=3e-6, why=RESIZED)


INFERENCE = [
    *(
        case("random_flip", (4, 5, 3), mode=mode)
        for mode in ("horizontal", "vertical", "horizontal_and_vertical")
    ),
    case("random_flip", (4, 5, 3)),
    case("random_contrast", (4, 5, 3), factor=0.3),
    case("random_contrast", (4, 5, 3), factor=[0.1, 0.4], value_range=[0.0, 1.0]),
    case("random_zoom", (4, 5, 3), height_factor=0.2),
    case("random_zoom", (4, 5, 3), height_factor=[-0.4, -0.5], width_factor=[0.2, 0.3]),
    resized((8, 16, 3), (8, 16, 3), height=8, width=16),
    resized((8, 16, 3), (8, 8, 3), height=8, width=8),
    resized((8, 8, 3), (6, 6, 3), height=6, width=6),
    resized((8, 16, 3), (10, 8, 3), height=10, width=8),
    resized((8, 16, 3), (8, 18, 3), height=8, width=18),
    resized((5, 5, 1), (3, 4, 1), height=3, width=4),
]


ROTATIONS = [
    case("random_rotation", (4, 5, 3), factor=0.2),
    case("random_rotation", (4, 5, 1), factor=[-0.2, 0.4], fill_mode="wrap"),
]


@pytest.mark.parametrize("case", INFERENCE, ids=lambda c: f"{c.layer['type']} {c}")
def test_inference(case, float64):
    check_layer(case)


@pytest.mark.parametrize("case", ROTATIONS, ids=str)
def test_rotations_in_inference(case):
    """In single precision: Keras cannot rotate in double precision."""
    spec = spec_of(case.layer, case.inputs)
    x = images(case.inputs)
    np.testing.assert_array_equal(build(spec, "keras")(x, training=False), x)
    np.testing.assert_array_equal(build(spec, "torch").eval()(as_tensor(x)), x)


@pytest.mark.parametrize("case", INFERENCE + ROTATIONS, ids=lambda c: f"{c.layer['type']} {c}")
def test_shapes_in_training(case):
    spec = spec_of(case.layer, case.inputs)
    x = images(case.inputs)
    assert build(spec, "keras")(x, training=True).shape == (len(x), *case.outputs)
    assert build(spec, "torch").train()(as_tensor(x)).shape == (len(x), *case.outputs)


def images(shape, count=5):
    return np.random.default_rng(5).normal(size=(count, *shape)).astype(np.float32)


def as_tensor(values):
    import torch

    return torch.from_numpy(np.array(values))


def channels_first(values):
    return as_tensor(values).permute(0, 3, 1, 2)


def both(layer, shape):
    """The Keras layer and the PyTorch module of a spec."""
    spec = spec_of(layer, shape)
    kind = layer["type"]
    keras_layer = build(spec, "keras").get_layer(kind)
    return keras_layer, getattr(build(spec, "torch"), kind)


WARPS = [
    ({"type": kind, **options, "fill_mode": fill_mode, "interpolation": reading}, shape)
    for kind, options in [
        ("random_rotation", {"factor": 1.0}),
        ("random_zoom", {"height_factor": 0.9}),
        ("random_zoom", {"height_factor": [-0.5, 1.0], "width_factor": [-0.9, 0.3]}),
    ]
    for fill_mode in FILL_MODES
    for reading in ("bilinear", "nearest")
    for shape in ((7, 4, 2), (1, 6, 1), (16, 16, 3))
]

TRANSFORMATIONS = [
    *WARPS,
    (WARPS[4][0] | {"fill_mode": "constant", "fill_value": 0.7}, (6, 5, 2)),
    *(
        ({"type": "random_flip", "mode": mode}, (4, 5, 3))
        for mode in ("horizontal", "vertical", "horizontal_and_vertical")
    ),
    ({"type": "random_contrast", "factor": 0.9, "value_range": [-1.0, 1.5]}, (4, 5, 3)),
    ({"type": "random_contrast", "factor": [1.0, 0.5]}, (4, 5, 3)),
    ({"type": "random_crop", "height": 3, "width": 4}, (7, 9, 3)),
    ({"type": "random_crop", "height": 7, "width": 4}, (7, 9, 3)),
    ({"type": "random_crop", "height": 10, "width": 8}, (8, 16, 3)),
    ({"type": "random_crop", "height": 9, "width": 9}, (4, 4, 3)),
]


def numbers(kind, drawn):
    """What Keras drew, as the arguments of the PyTorch class."""
    match kind:
        case "random_flip":
            return (as_tensor(drawn["flips"]),)
        case "random_contrast":
            return (as_tensor(drawn["contrast_factor"]),)
        case "random_crop":
            return tuple(int(value) for value in drawn)
        case "random_rotation":
            return (as_tensor(drawn["angle"])[:, None, None],)
        case _:
            factors = (drawn["height_zoom"], drawn["width_zoom"])
            return tuple(as_tensor(factor)[..., None] for factor in factors)


@pytest.mark.parametrize(("layer", "shape"), TRANSFORMATIONS, ids=str)
def test_the_same_numbers_make_the_same_images(layer, shape):
    keras_layer, module = both(layer, shape)
    x = images(shape)
    for _ in range(4):
        drawn = keras_layer.get_random_transformation(x, training=True)
        expected = np.asarray(keras_layer.transform_images(x, drawn, training=True))
        found = module.transform(channels_first(x), *numbers(layer["type"], drawn))
        # Positions are computed in single precision, in another order.
        np.testing.assert_allclose(found.permute(0, 2, 3, 1).numpy(), expected, atol=3e-5)


def draws(layer, shape, count):
    """What both frameworks draw for so many images: arrays of numbers, by their place."""
    import torch

    torch.manual_seed(3)
    keras_layer, module = both(layer, shape)
    x = np.zeros((count, *shape), np.float32)
    drawn = keras_layer.get_random_transformation(x, training=True)
    expected = [value.numpy().ravel() for value in numbers(layer["type"], drawn)]
    found = module.draw(channels_first(x))
    found = found if isinstance(found, tuple) else (found,)
    return expected, [value.numpy().ravel() for value in found]


def distance(first, second):
    """The largest distance of two empirical distributions (Kolmogorov and Smirnov)."""
    places = np.concatenate([first, second])
    below = [np.searchsorted(np.sort(values), places, "right") for values in (first, second)]
    return np.abs(below[0] / len(first) - below[1] / len(second)).max()


DISTRIBUTIONS = [
    # (layer, the smallest and the largest number of each draw)
    ({"type": "random_flip"}, [(0, 1)]),
    ({"type": "random_contrast", "factor": 0.3}, [(1.0, 1.3)]),  # measured: not 0.7 to 1.3
    ({"type": "random_contrast", "factor": [0.2, 0.4]}, [(0.8, 1.4)]),
    ({"type": "random_contrast", "factor": [0.4, 0.2]}, [(0.8, 1.4)]),
    ({"type": "random_rotation", "factor": 0.1}, [(-36.0, 36.0)]),
    ({"type": "random_rotation", "factor": -0.1}, [(-36.0, 36.0)]),
    ({"type": "random_rotation", "factor": [-0.5, 0.25]}, [(-180.0, 90.0)]),
    ({"type": "random_rotation", "factor": [0.25, -0.5]}, [(-180.0, 90.0)]),
    ({"type": "random_zoom", "height_factor": 0.3}, [(0.7, 1.3), (0.7, 1.3)]),
    (
        {"type": "random_zoom", "height_factor": [0.2, 0.3], "width_factor": [-0.3, -0.2]},
        [(1.2, 1.3), (0.7, 0.8)],
    ),
]


@pytest.mark.parametrize(("layer", "bounds"), DISTRIBUTIONS, ids=str)
def test_distributions(layer, bounds):
    """20,000 numbers of each: beyond 0.02 lies less than one pair of samples in 1,000."""
    expected, found = draws(layer, (2, 2, 1), 20_000)
    for keras_numbers, torch_numbers, (lower, upper) in zip(expected, found, bounds, strict=True):
        assert distance(keras_numbers, torch_numbers) < 0.02
        for values in (keras_numbers, torch_numbers):
            margin = (upper - lower) / 1000
            assert lower - 1e-5 <= values.min() < lower + margin
            assert upper - margin < values.max() <= upper + 1e-5


@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_height_and_width_zoom_alike_unless_a_width_is_given(backend):
    which = 0 if backend == "keras" else 1
    height, width = draws({"type": "random_zoom", "height_factor": 0.3}, (2, 2, 1), 50)[which]
    np.testing.assert_array_equal(height, width)
    layer = {"type": "random_zoom", "height_factor": 0.3, "width_factor": 0.3}
    height, width = draws(layer, (2, 2, 1), 50)[which]
    assert (height != width).all()


def test_crops_are_distributed_evenly():
    import torch

    torch.manual_seed(0)
    keras_layer, module = both({"type": "random_crop", "height": 2, "width": 3}, (4, 4, 1))
    x = np.zeros((1, 4, 4, 1), np.float32)
    expected = [keras_layer.get_random_transformation(x, training=True) for _ in range(600)]
    found = [module.draw(channels_first(x)) for _ in range(600)]
    for drawn in (expected, found):
        pairs = [(int(top), int(left)) for top, left in drawn]
        counts = {pair: pairs.count(pair) for pair in set(pairs)}
        assert set(counts) == {(top, left) for top in range(3) for left in range(2)}
        assert all(60 < count < 140 for count in counts.values())  # 100 expected, 4 deviations


FIVE = np.arange(25, dtype=np.float32).reshape(1, 5, 5, 1)

# From Keras' own tests of RandomRotation and RandomZoom
PUBLISHED = [
    ({"type": "random_rotation", "factor": [0.5, 0.5]}, FIVE[0, ::-1, ::-1, 0]),
    (
        {
            "type": "random_zoom", "height_factor": [0.5, 0.5], "width_factor": [0.8, 0.8],
            "fill_mode": "constant",
        },
        [
            [0, 0, 0, 0, 0],
            [0, 2.7, 4.5, 6.3, 0],
            [0, 10.2, 12.0, 13.8, 0],
            [0, 17.7, 19.5, 21.3, 0],
            [0, 0, 0, 0, 0],
        ],
    ),
    (
        {
            "type": "random_zoom", "height_factor": [-0.5, -0.5], "width_factor": [-0.5, -0.5],
            "fill_mode": "constant",
        },
        [
            [6.0, 6.5, 7.0, 7.5, 8.0],
            [8.5, 9.0, 9.5, 10.0, 10.5],
            [11.0, 11.5, 12.0, 12.5, 13.0],
            [13.5, 14.0, 14.5, 15.0, 15.5],
            [16.0, 16.5, 17.0, 17.5, 18.0],
        ],
    ),
    (
        {
            "type": "random_zoom", "height_factor": [0.5, 0.5], "width_factor": [0.8, 0.8],
            "fill_mode": "constant", "interpolation": "nearest",
        },
        [
            [0, 0, 0, 0, 0],
            [0, 5, 7, 9, 0],
            [0, 10, 12, 14, 0],
            [0, 20, 22, 24, 0],
            [0, 0, 0, 0, 0],
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "expected"), PUBLISHED, ids=str)
def test_published_images(layer, expected):
    spec = spec_of(layer, (5, 5, 1))
    for found in (
        build(spec, "keras")(FIVE, training=True).numpy(),
        build(spec, "torch").train()(as_tensor(FIVE)).numpy(),
    ):
        np.testing.assert_allclose(found[0, ..., 0], expected, atol=2e-5)


def test_a_batch_is_cropped_in_one_place_and_flipped_image_by_image():
    import torch

    torch.manual_seed(1)
    x = np.broadcast_to(images((6, 6, 1), 1), (40, 6, 6, 1))
    crop = build(spec_of({"type": "random_crop", "height": 3, "width": 3}, (6, 6, 1)), "torch")
    cropped = crop.train()(as_tensor(x)).numpy()
    assert (cropped == cropped[0]).all()
    flipped = build(spec_of({"type": "random_flip"}, (6, 6, 1)), "torch").train()(as_tensor(x))
    same = (flipped.numpy() == x).all(axis=(1, 2, 3))
    assert 0 < same.sum() < 40
    assert (flipped.numpy()[~same] == x[0, ::-1, ::-1]).all()


def test_programs_can_be_repeated():
    """Each layer of a Keras program has a seed of its own, made from the spec's."""
    spec = spec_of({"type": "random_rotation", "factor": 0.5}, (5, 5, 1))
    x = images((5, 5, 1))
    program = compile_spec(spec, "keras")
    first, second = (
        runtime.execute(program).build_model()(x, training=True).numpy() for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)
    assert (first != x).any()


REFUSED = [
    ({"type": "random_flip"}, (4, 5), Code.SHAPE, ("(N, height, width, channels)", "(N, 4, 5)")),
    ({"type": "random_flip", "mode": "diagonal"}, (4, 5, 1), Code.UNKNOWN_VALUE, ("diagonal",)),
    ({"type": "random_contrast", "factor": 1.5}, (4, 5, 1), Code.OUT_OF_RANGE, ("1.5",)),
    ({"type": "random_contrast", "factor": [-0.1, 1.0]}, (4, 5, 1), Code.OUT_OF_RANGE, ("-0.1",)),
    ({"type": "random_rotation", "factor": 1.5}, (4, 5, 1), Code.OUT_OF_RANGE, ("1.5",)),
    ({"type": "random_rotation"}, (4, 5, 1), Code.MISSING_KEY, ("factor",)),
    ({"type": "random_zoom", "height_factor": -1.0}, (4, 5, 1), Code.OUT_OF_RANGE, ("-1",)),
    (
        {"type": "random_rotation", "factor": 0.1, "fill_mode": "mirror"},
        (4, 5, 1),
        Code.UNKNOWN_VALUE,
        ("mirror", "reflect"),
    ),
    ({"type": "random_crop", "height": 0, "width": 1}, (4, 5, 1), Code.OUT_OF_RANGE, ("height",)),
]


@pytest.mark.parametrize(("layer", "shape", "code", "words"), REFUSED, ids=str)
def test_refused(layer, shape, code, words):
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
    assert {d.code for d in diagnostics} == {code}
    for word in words:
        assert word in diagnostics[0].message, diagnostics[0].message


@pytest.mark.parametrize("kind", ["Zoom", "Rotation"])
def test_the_gradient_of_tensorflow_is_not_that_of_the_map(kind):
    """Why these layers are refused behind weights: the map is linear, so ones show its gradient."""
    keras = importlib.import_module("keras")
    tf = importlib.import_module("tensorflow")
    bounds = {"Zoom": (0.3, 0.3), "Rotation": (0.1, 0.1)}[kind]
    layer = getattr(keras.layers, f"Random{kind}")(bounds, fill_mode="constant")
    random = np.random.default_rng(0)
    cotangent = random.normal(size=(1, 5, 5, 1)).astype("float32")
    x = tf.Variable(random.normal(size=(1, 5, 5, 1)).astype("float32"))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(x, training=True) * cotangent)
    found = tape.gradient(loss, x).numpy().ravel()
    ones = np.eye(25, dtype="float32").reshape(25, 1, 5, 5, 1)
    exact = [float(np.sum(layer(one, training=True).numpy() * cotangent)) for one in ones]
    off = np.abs(found - exact).max() / np.abs(exact).max()
    assert off > 0.01, off  # rounding is 1e-6
