import numpy as np
import pytest

from samenet.lowering import BACKENDS
from tests.layers.harness import LayerCase, check_layer
from tests.layers.single import outputs, refusal

SHAPES = {
    "global_average_pooling1d": (5, 3),
    "global_average_pooling2d": (4, 5, 3),
    "global_average_pooling3d": (4, 5, 2, 3),
    "global_max_pooling1d": (5, 3),
    "global_max_pooling2d": (4, 5, 3),
    "global_max_pooling3d": (4, 5, 2, 3),
}
CONV2D = {"type": "conv2d", "filters": 2, "kernel_size": 1, "name": "before"}

CASES = [
    LayerCase({"type": kind} | options, shape, (*ones[: len(shape) - 1], 3), batch=batch)
    for kind, shape in SHAPES.items()
    for options, ones in [({}, ()), ({"keepdims": True}, (1, 1, 1))]
    for batch in (6, 1)
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.layer['type']} {case}")
def test_global_pooling(case, float64):
    check_layer(case)


@pytest.mark.parametrize("kind", ["global_average_pooling2d", "global_max_pooling2d"])
@pytest.mark.parametrize(("options", "output"), [({}, (2,)), ({"keepdims": True}, (1, 1, 2))])
def test_behind_a_convolution(kind, options, output, float64):
    """Whose outputs have channels first in PyTorch."""
    layer = {"type": kind} | options
    check_layer(LayerCase(layer, (4, 5, 3), output, 8, before=[CONV2D]))


def zeros_at_some_steps(random, shape):
    x = random.normal(size=shape)
    x[:, 1] = 0
    x[0, 3:] = 0
    return x


@pytest.mark.parametrize("options", [{}, {"keepdims": True}])
def test_the_mean_leaves_masked_steps_out(options, float64):
    layer = {"type": "global_average_pooling1d"} | options
    check_layer(
        LayerCase(
            layer,
            (5, 3),
            (1, 3) if options else (3,),
            before=[{"type": "masking"}],
            draw=zeros_at_some_steps,
        )
    )


@pytest.mark.filterwarnings("ignore:.*does not support masking:UserWarning")
def test_the_maximum_does_not_look_at_the_mask(float64):
    masking, layer = {"type": "masking"}, {"type": "global_max_pooling1d"}
    check_layer(LayerCase(layer, (5, 3), (3,), before=[masking], draw=zeros_at_some_steps))


def test_ties_share_the_gradient(float64):
    """All zero, as behind a relu: each of the 20 positions gets a 20th."""
    layer = {"type": "global_max_pooling2d"}
    check_layer(LayerCase(layer, (4, 5, 3), (3,), draw=lambda random, shape: np.zeros(shape)))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("kind", "expected"), [("average", [3, 4]), ("max", [5, 6])])
def test_numbers(kind, expected, backend):
    x = np.array([[[1, 2], [3, 4], [5, 6]]], np.float32)
    found = outputs({"type": f"global_{kind}_pooling1d"}, x, {}, backend)
    np.testing.assert_array_equal(found, [expected])


@pytest.mark.parametrize("kind", ["average", "max"])
def test_another_rank_is_refused(kind):
    text = refusal({"type": f"global_{kind}_pooling2d"}, (7, 3))
    assert "takes shape (N, height, width, channels), found (N, 7, 3)" in text
