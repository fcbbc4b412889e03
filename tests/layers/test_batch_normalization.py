import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.diagnostics import Code
from samenet.lowering import BACKENDS
from tests.layers.harness import LayerCase, build, check_layer, spec_of

NORMALIZATION = {"type": "batch_normalization"}

PLAIN = {"center": False, "scale": False}
MASK = [{"type": "masking"}]
EMBEDDING = [{"type": "embedding", "input_dim": 5, "output_dim": 3, "mask_zero": True}]


def with_gaps(random, shape):
    """Values of which some steps are all zero, so that a masking layer finds them."""
    return random.normal(size=shape) * (random.random(shape[:-1]) < 0.6)[..., None]


def all_masked(random, shape):
    """Nothing but zeros."""
    del random
    return np.zeros(shape)


CASES = [
    LayerCase(NORMALIZATION, (5,), (5,), 20),
    LayerCase(NORMALIZATION | {"momentum": 0.5, "epsilon": 0.1}, (5,), (5,), 20),
    LayerCase(NORMALIZATION | {"momentum": 0.0}, (5,), (5,), 20),
    LayerCase(NORMALIZATION | {"momentum": 1.0}, (5,), (5,), 20),
    LayerCase(NORMALIZATION | {"center": False}, (5,), (5,), 15),
    LayerCase(NORMALIZATION | {"scale": False}, (5,), (5,), 15),
    LayerCase(NORMALIZATION | PLAIN, (5,), (5,), 10),
    LayerCase(NORMALIZATION, (5,), (5,), 20, batch=2),
    # The variance of one sample is 0: the output is beta.
    LayerCase(NORMALIZATION, (5,), (5,), 20, batch=1),
    LayerCase(NORMALIZATION | PLAIN, (5,), (5,), 10, batch=1),
    LayerCase(NORMALIZATION | {"center": False}, (5,), (5,), 15, batch=1),
    # Sequences, images, volumes, and more axes than PyTorch has a class for.
    LayerCase(NORMALIZATION, (7, 3), (7, 3), 12),
    LayerCase(NORMALIZATION | {"center": False}, (7, 3), (7, 3), 9),
    LayerCase(NORMALIZATION, (4, 5, 3), (4, 5, 3), 12),
    LayerCase(NORMALIZATION, (4, 4, 1), (4, 4, 1), 4),
    LayerCase(NORMALIZATION | {"scale": False}, (4, 5, 3), (4, 5, 3), 9),
    LayerCase(NORMALIZATION | PLAIN, (4, 5, 3), (4, 5, 3), 6),
    LayerCase(NORMALIZATION | {"momentum": 0.8}, (3, 4, 2, 3), (3, 4, 2, 3), 12),
    LayerCase(NORMALIZATION | {"scale": False}, (3, 4, 2, 3), (3, 4, 2, 3), 9),
    LayerCase(NORMALIZATION, (2, 3, 2, 2, 3), (2, 3, 2, 2, 3), 12),
    LayerCase(NORMALIZATION, (4, 5, 3), (4, 5, 3), 12, batch=1),
    LayerCase(NORMALIZATION, (1, 3), (1, 3), 12, batch=1),
    LayerCase(NORMALIZATION, (1, 1, 3), (1, 1, 3), 12, batch=1),
    LayerCase(NORMALIZATION | {"scale": False}, (1, 1, 1, 3), (1, 1, 1, 3), 9, batch=1),
    # Channels in another axis.
    LayerCase(NORMALIZATION | {"axis": 1}, (5,), (5,), 20),
    LayerCase(NORMALIZATION | {"axis": 1}, (7, 3), (7, 3), 28),
    LayerCase(NORMALIZATION | {"axis": 2}, (7, 3), (7, 3), 12),
    LayerCase(NORMALIZATION | {"axis": 1}, (4, 5, 3), (4, 5, 3), 16),
    LayerCase(NORMALIZATION | {"axis": -2, "center": False}, (4, 5, 3), (4, 5, 3), 15),
    LayerCase(NORMALIZATION | {"axis": 3}, (4, 5, 3), (4, 5, 3), 12),
    LayerCase(NORMALIZATION | {"axis": 2}, (2, 4, 2, 3), (2, 4, 2, 3), 16),
    # Statistics of what is not masked.
    LayerCase(NORMALIZATION, (7, 3), (7, 3), 12, before=MASK, draw=with_gaps),
    LayerCase(NORMALIZATION | PLAIN, (7, 3), (7, 3), 6, before=MASK, draw=with_gaps),
    LayerCase(NORMALIZATION | {"scale": False}, (7, 3), (7, 3), 9, before=MASK, draw=with_gaps),
    LayerCase(NORMALIZATION | {"axis": 1}, (7, 3), (7, 3), 28, before=MASK, draw=with_gaps),
    LayerCase(NORMALIZATION, (4, 5, 3), (4, 5, 3), 12, before=MASK, draw=with_gaps),
    LayerCase(NORMALIZATION, (7, 1), (7, 1), 4, before=MASK, draw=with_gaps),
    LayerCase(NORMALIZATION, (7, 3), (7, 3), 12, before=MASK, draw=all_masked),
    LayerCase(NORMALIZATION, (7,), (7, 3), 27, before=EMBEDDING, integer_inputs=("a",)),
]


def identity(case: LayerCase) -> str:
    masked = case.draw.__name__ if case.before else ""
    return f"{case} batch={case.batch} {masked}"


@pytest.mark.parametrize("case", CASES, ids=identity)
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


PARTS = {
    "gamma_initializer": "random_normal",
    "beta_initializer": "random_uniform",
    "moving_mean_initializer": "random_normal",
    "moving_variance_initializer": "random_uniform",
    "gamma_regularizer": "l2",
    "beta_regularizer": {"type": "l1", "l1": 0.25},
    "gamma_constraint": "non_neg",
    "beta_constraint": "max_norm",
}


def test_what_is_said_of_weights_reaches_both_programs():
    models = {backend: build(spec_of(NORMALIZATION | PARTS, (3,)), backend) for backend in BACKENDS}
    keras, torch = (runtime.weights(models[backend], backend) for backend in BACKENDS)
    for name in ("gamma", "beta", "moving_mean", "moving_variance"):
        path = f"batch_normalization/{name}"
        assert 0 < np.abs(keras[path]).max() < 0.5, "neither zeros nor ones"
        np.testing.assert_array_equal(keras[path], torch[path])
    layer = models["keras"].layers[-1]
    assert type(layer.gamma_regularizer).__name__ == "L2"
    assert float(layer.beta_regularizer.l1) == 0.25
    assert type(layer.gamma_constraint).__name__ == "NonNeg"
    assert type(layer.beta_constraint).__name__ == "MaxNorm"


def test_an_axis_that_does_not_exist():
    spec = {
        "version": 1,
        "input": {"shape": [28, 28]},
        "layers": [NORMALIZATION | {"axis": 3}],
        "optimizer": {"type": "adam"},
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
    }
    (diagnostic,) = samenet.validate(spec)
    assert diagnostic.code is Code.SHAPE
    assert "axis 3" in diagnostic.message
    assert "(N, 28, 28)" in diagnostic.message
    assert "1 to 2" in diagnostic.hint
