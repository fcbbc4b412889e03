"""Up-sampling, resizing and cropping of images."""

import dataclasses

import numpy as np
import pytest

import samenet
from samenet.diagnostics import Code
from tests.layers.harness import LayerCase, build, check_layer, spec_of

SINGLE = "TensorFlow resizes images in single precision"


def case(kind, inputs, output, **options):
    return LayerCase({"type": kind, **options}, inputs, output)


def single(kind, inputs, output, **options):
    found = case(kind, inputs, output, **options)
    return dataclasses.replace(found, tolerance=3e-6, why=SINGLE)


EXACT = [
    case("up_sampling1d", (5, 3), (10, 3)),
    case("up_sampling1d", (5, 3), (15, 3), size=3),
    case("up_sampling1d", (1, 1), (1, 1), size=1),
    case("up_sampling2d", (3, 4, 2), (6, 8, 2)),
    case("up_sampling2d", (3, 4, 2), (9, 4, 2), size=[3, 1]),
    case("up_sampling2d", (2, 1, 3), (82, 47, 3), size=[41, 47]),
    case("up_sampling3d", (2, 1, 3, 2), (4, 2, 6, 2)),
    case("up_sampling3d", (2, 1, 3, 2), (2, 3, 6, 2), size=[1, 3, 2]),
    case("center_crop", (7, 8, 3), (3, 4, 3), height=3, width=4),
    case("center_crop", (7, 8, 3), (4, 3, 3), height=4, width=3),
    case("center_crop", (7, 8, 3), (7, 8, 3), height=7, width=8),
    case("center_crop", (7, 8, 3), (6, 8, 3), height=6, width=8),
]

INTERPOLATED = [
    single("up_sampling2d", (3, 4, 2), (6, 8, 2), interpolation="bilinear"),
    single("up_sampling2d", (3, 5, 2), (9, 10, 2), size=[3, 2], interpolation="bilinear"),
    single("up_sampling2d", (3, 5, 2), (6, 10, 2), interpolation="bicubic"),
    single("up_sampling2d", (3, 5, 2), (12, 5, 2), size=[4, 1], interpolation="bicubic"),
    single("resizing", (4, 5, 3), (8, 10, 3), height=8, width=10),
    single("resizing", (7, 9, 3), (3, 4, 3), height=3, width=4),
    single("resizing", (5, 7, 3), (11, 13, 3), height=11, width=13),
    single("resizing", (5, 7, 3), (1, 1, 3), height=1, width=1),
    single("resizing", (1, 1, 3), (4, 2, 3), height=4, width=2),
    single("resizing", (6, 6, 3), (6, 6, 3), height=6, width=6),
    single("resizing", (5, 7, 3), (11, 3, 3), height=11, width=3, interpolation="nearest"),
    single(
        "resizing", (5, 7, 3), (11, 3, 3), height=11, width=3, interpolation="nearest",
        antialias=True,
    ),
    single("resizing", (4, 5, 3), (8, 10, 3), height=8, width=10, interpolation="bicubic"),
    single("resizing", (8, 6, 3), (4, 8, 3), height=4, width=8, crop_to_aspect_ratio=True),
    single("resizing", (7, 5, 3), (9, 3, 3), height=9, width=3, crop_to_aspect_ratio=True),
    single("resizing", (5, 9, 3), (4, 4, 3), height=4, width=4, crop_to_aspect_ratio=True),
    single("resizing", (8, 6, 3), (4, 8, 3), height=4, width=8, pad_to_aspect_ratio=True),
    single(
        "resizing", (5, 8, 3), (6, 6, 3), height=6, width=6, pad_to_aspect_ratio=True,
        fill_value=-0.5,
    ),
    single(
        "resizing", (8, 5, 3), (6, 6, 3), height=6, width=6, pad_to_aspect_ratio=True,
        interpolation="nearest", fill_value=2.0,
    ),
    single("resizing", (4, 4, 3), (6, 6, 3), height=6, width=6, pad_to_aspect_ratio=True),
    single("center_crop", (4, 8, 3), (6, 6, 3), height=6, width=6),
    single("center_crop", (4, 5, 3), (8, 3, 3), height=8, width=3),
    single("center_crop", (3, 3, 2), (6, 9, 2), height=6, width=9),
]  # fmt: skip


@pytest.mark.parametrize("case", EXACT + INTERPOLATED, ids=lambda c: f"{c.layer['type']} {c}")
@pytest.mark.parametrize("batch", [1, 3])
def test_resizing(case, batch, float64):
    check_layer(dataclasses.replace(case, batch=batch))


ANTIALIASED = [
    single("resizing", (7, 9, 3), (3, 4, 3), height=3, width=4, antialias=True),
    single("resizing", (5, 7, 3), (11, 13, 3), height=11, width=13, antialias=True),
    *(
        single(
            "resizing", (7, 9, 3), size, height=size[0], width=size[1], antialias=True,
            interpolation="bicubic",
        )
        for size in ((3, 4, 3), (11, 13, 3), (14, 27, 3), (5, 20, 3))
    ),
]  # fmt: skip


def single_precision(random, shape):
    return random.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("case", ANTIALIASED, ids=str)
def test_antialiased(case):
    """In single precision: TensorFlow has no gradient of it in double precision."""
    check_float32(case)


def check_float32(case):
    case = dataclasses.replace(case, draw=single_precision)
    spec = spec_of(case.layer, case.inputs)
    x = single_precision(np.random.default_rng(3), (4, *case.inputs))
    expected, wanted = keras_run(build(spec, "keras"), x)
    found, gradient = torch_run(build(spec, "torch"), x)
    assert expected.shape == (4, *case.outputs)
    np.testing.assert_allclose(found, expected, atol=5e-6)
    np.testing.assert_allclose(gradient, wanted, atol=2e-5)


def keras_run(model, x):
    """The output, and the gradient of the sum of its squares."""
    import tensorflow as tf

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = model(x)
        loss = tf.reduce_sum(y**2)
    return y.numpy(), tape.gradient(loss, x).numpy()


def torch_run(model, x):
    import torch

    x = torch.from_numpy(x).requires_grad_()
    y = model(x)
    (y**2).sum().backward()
    return y.detach().numpy(), x.grad.numpy()


REFUSED = [
    ({"type": "up_sampling1d"}, (4,), ("(N, steps, channels)", "(N, 4)")),
    ({"type": "up_sampling2d"}, (4, 5), ("(N, height, width, channels)", "(N, 4, 5)")),
    ({"type": "up_sampling2d", "size": 3, "interpolation": "bicubic"}, (4, 5, 1), ("[3, 3]",)),
    ({"type": "up_sampling2d", "interpolation": "lanczos3"}, (4, 5, 1), ("lanczos3",)),
    ({"type": "up_sampling2d", "size": 0}, (4, 5, 1), ("size",)),
    ({"type": "resizing", "height": 3, "width": 3}, (4, 5), ("(N, 4, 5)",)),
    (
        {"type": "resizing", "height": 3, "width": 3, "interpolation": "bicubic"},
        (4, 5, 1),
        ("bicubic", "3 by 3", "(N, 4, 5, 1)"),
    ),
    (
        {
            "type": "resizing", "height": 3, "width": 3,
            "crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True,
        },
        (4, 5, 1),
        ("both",),
    ),
    ({"type": "center_crop", "height": 3, "width": 3}, (4,), ("(N, 4)",)),
]  # fmt: skip


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
    assert {d.code for d in diagnostics} <= {Code.SHAPE, Code.OUT_OF_RANGE, Code.UNKNOWN_VALUE}
    for word in words:
        assert word in diagnostics[0].message, diagnostics[0].message
