import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.diagnostics import Code
from tests.layers.harness import LayerCase, build, check_layer, spec_of

NORMALIZATION = {"type": "batch_normalization"}

CASES = [
    LayerCase(NORMALIZATION, (5,), (5,), 20),
    LayerCase(NORMALIZATION | {"momentum": 0.5, "epsilon": 0.1}, (5,), (5,), 20),
    LayerCase(NORMALIZATION | {"momentum": 0.0}, (5,), (5,), 20),
    LayerCase(NORMALIZATION | {"momentum": 1.0}, (5,), (5,), 20),
    LayerCase(NORMALIZATION | {"center": False}, (5,), (5,), 15),
    LayerCase(NORMALIZATION | {"scale": False}, (5,), (5,), 15),
    LayerCase(NORMALIZATION | {"center": False, "scale": False}, (5,), (5,), 10),
    LayerCase(NORMALIZATION, (5,), (5,), 20, batch=2),
    # The variance of one sample is 0: the output is beta.
    LayerCase(NORMALIZATION, (5,), (5,), 20, batch=1),
    LayerCase(NORMALIZATION | {"center": False, "scale": False}, (5,), (5,), 10, batch=1),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case} batch={case.batch}")
def test_batch_normalization(case, float64):
    check_layer(case)


@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_the_moving_variance_is_biased(backend, float64):
    """The law itself: the mean square deviation over n, weighed with 1 - momentum."""
    model = build(spec_of(NORMALIZATION | {"momentum": 0.75}, (3,)), backend)
    x = np.random.default_rng(1).normal(size=(4, 3))
    if backend == "keras":
        model(x, training=True)
    else:
        import torch

        model.train()(torch.from_numpy(x))
    weights = runtime.weights(model, backend)
    moved = weights["batch_normalization/moving_variance"]
    np.testing.assert_allclose(moved, 0.75 + 0.25 * x.var(axis=0), rtol=1e-14)
    moved = weights["batch_normalization/moving_mean"]
    np.testing.assert_allclose(moved, 0.25 * x.mean(axis=0), rtol=1e-13)


def test_images_are_refused_for_now():
    spec = {
        "version": 1,
        "input": {"shape": [28, 28]},
        "layers": [NORMALIZATION],
        "optimizer": {"type": "adam"},
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
    }
    (diagnostic,) = samenet.validate(spec)
    assert diagnostic.code is Code.SHAPE
    assert "(N, 28, 28)" in diagnostic.message
    assert "flatten" in diagnostic.hint
