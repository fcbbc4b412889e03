import numpy as np
import pytest

import samenet
from samenet.diagnostics import Code
from tests.layers.harness import LayerCase, build, check_layer, spec_of

RANDOM = [
    ({"type": "dropout", "rate": 0.5}, (5,)),
    ({"type": "dropout", "rate": 0.3}, (2, 3)),
    ({"type": "dropout", "rate": 0.3, "noise_shape": [1, 3]}, (2, 3)),
    ({"type": "dropout", "rate": 0.3, "noise_shape": [1, 2, 3]}, (2, 3)),
    ({"type": "alpha_dropout", "rate": 0.5}, (5,)),
    ({"type": "alpha_dropout", "rate": 0.2, "noise_shape": [1, 1, 4]}, (3, 2, 4)),
    ({"type": "spatial_dropout1d", "rate": 0.5}, (4, 3)),
    ({"type": "spatial_dropout2d", "rate": 0.5}, (4, 2, 3)),
    ({"type": "spatial_dropout3d", "rate": 0.5}, (4, 2, 3, 2)),
    ({"type": "gaussian_dropout", "rate": 0.4}, (4, 3)),
    ({"type": "gaussian_noise", "stddev": 0.4}, (4, 3)),
]
NOTHING = [
    ({"type": "dropout", "rate": 0.0}, (5,)),
    ({"type": "alpha_dropout", "rate": 0.0}, (3, 2, 4)),
    ({"type": "spatial_dropout1d", "rate": 0.0}, (4, 3)),
    ({"type": "spatial_dropout2d", "rate": 0.0}, (4, 2, 3)),
    ({"type": "spatial_dropout3d", "rate": 0.0}, (4, 2, 3, 2)),
    ({"type": "gaussian_dropout", "rate": 0.0}, (4, 3)),
    ({"type": "gaussian_noise", "stddev": 0.0}, (4, 3)),
]
CASES = [LayerCase(layer, shape, shape, training=False) for layer, shape in RANDOM]
CASES += [LayerCase(layer, shape, shape) for layer, shape in NOTHING]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.layer['type']} {case}")
def test_dropout(case, float64):
    check_layer(case)


def trained(layer: dict, x: np.ndarray, backend: str) -> np.ndarray:
    """The outputs in training."""
    model = build(spec_of(layer, x.shape[1:]), backend)
    if backend == "keras":
        return np.asarray(model(x, training=True))
    import torch

    torch.manual_seed(0)
    return model.train()(torch.from_numpy(x)).numpy()


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_a_fraction_is_dropped_and_the_rest_scaled(backend, rate, float64):
    y = trained({"type": "dropout", "rate": rate}, np.ones((200, 1000)), backend)
    kept = y != 0
    np.testing.assert_allclose(y[kept], 1 / (1 - rate), rtol=1e-7)
    deviation = np.sqrt(rate * (1 - rate) / y.size)
    assert abs(kept.mean() - (1 - rate)) < 5 * deviation


SHARED = [
    # The layer, the shape of a sample, and the axes (with the batch) along which draws are shared.
    ({"type": "dropout", "noise_shape": [1, 1, 1]}, (5, 4, 3), (1, 2, 3)),
    ({"type": "dropout", "noise_shape": [1, 4, 1]}, (5, 4, 3), (1, 3)),
    ({"type": "dropout", "noise_shape": [1, 40]}, (40,), (0,)),
    ({"type": "dropout", "noise_shape": [1, 1, 4, 3]}, (5, 4, 3), (0, 1)),
    ({"type": "spatial_dropout1d"}, (5, 3), (1,)),
    ({"type": "spatial_dropout2d"}, (5, 4, 3), (1, 2)),
    ({"type": "spatial_dropout3d"}, (5, 4, 2, 3), (1, 2, 3)),
]


@pytest.mark.parametrize(("layer", "shape", "axes"), SHARED, ids=str)
@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_draws_are_shared_along_axes_and_no_others(backend, layer, shape, axes, float64):
    rate, count = 0.4, 2000
    y = trained({**layer, "rate": rate}, np.ones((count, *shape)), backend)
    assert set(np.round(np.unique(y), 6)) == {0, np.round(1 / (1 - rate), 6)}
    first = y[tuple(slice(0, 1) if axis in axes else slice(None) for axis in range(y.ndim))]
    np.testing.assert_array_equal(y, np.broadcast_to(first, y.shape))
    deviation = np.sqrt(rate * (1 - rate) / first.size)
    assert abs((first != 0).mean() - (1 - rate)) < 5 * deviation
    for axis in set(range(y.ndim)) - set(axes):
        if y.shape[axis] > 1:
            one, two = np.take(first, 0, axis), np.take(first, 1, axis)
            assert (one != two).any() or one.size < 10, f"axis {axis} has draws of its own"


@pytest.mark.parametrize("noise_shape", [None, [1, 500], [500, 1]])
@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_alpha_dropout_puts_saturation_in_the_place_of_zero(backend, noise_shape, float64):
    """Klambauer et al. (2017), equations 33 to 36: a * x + b, x is -1.7581 where dropped."""
    rate = 0.3
    layer = {"type": "alpha_dropout", "rate": rate}
    layer |= {"noise_shape": noise_shape} if noise_shape else {}
    y = trained(layer, np.zeros((40, 500, 500)), backend)
    saturation = -1.7580993408473766
    scale = ((1 - rate) * (1 + rate * saturation**2)) ** -0.5
    kept = -scale * saturation * rate
    dropped = scale * saturation + kept
    found = np.unique(np.round(y, 9))
    np.testing.assert_allclose(found, [dropped, kept], rtol=1e-6)
    draws = y.size // (500 if noise_shape else 1)
    fraction = np.isclose(y, dropped, rtol=1e-6).mean()
    assert abs(fraction - rate) < 5 * np.sqrt(rate * (1 - rate) / draws)


@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_alpha_dropout_keeps_mean_and_variance(backend, float64):
    x = np.random.default_rng(3).normal(size=(400, 2000))
    y = trained({"type": "alpha_dropout", "rate": 0.3}, x, backend)
    assert abs(y.mean()) < 0.01
    assert abs(y.var() - 1) < 0.02


@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_gaussian_noise_has_its_deviation(backend, float64):
    x = np.full((400, 500), 3.0)
    y = trained({"type": "gaussian_noise", "stddev": 0.25}, x, backend)
    check_normal(y - 3.0, 0.25)


@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_gaussian_dropout_multiplies(backend, float64):
    """The deviation is that of dropout: sqrt(rate / (1 - rate)), 1/2 for a rate of 1/5."""
    x = np.full((400, 500), 3.0)
    y = trained({"type": "gaussian_dropout", "rate": 0.2}, x, backend)
    check_normal(y / 3.0 - 1.0, 0.5)


def check_normal(values: np.ndarray, stddev: float) -> None:
    """Assert the moments of normal values around 0; five standard errors."""
    n = values.size
    assert abs(values.mean()) < 5 * stddev / np.sqrt(n)
    assert abs(values.std() - stddev) < 5 * stddev / np.sqrt(2 * n)
    assert abs((values**4).mean() / stddev**4 - 3) < 5 * np.sqrt(96 / n)


@pytest.mark.parametrize(
    ("layer", "shape", "found", "hint"),
    [
        ({"type": "dropout", "rate": 0.5, "noise_shape": [3]}, [4, 5], "[3]", "[1, 5]"),
        ({"type": "dropout", "rate": 0.5, "noise_shape": [2, 5]}, [4, 5], "[2, 5]", "[1, 5]"),
        ({"type": "alpha_dropout", "rate": 0.5, "noise_shape": [7, 1, 1]}, [4, 5], "[7, ", "1"),
        ({"type": "spatial_dropout1d", "rate": 0.5}, [4, 5, 6], "(N, 4, 5, 6)", "dropout2d"),
        ({"type": "spatial_dropout2d", "rate": 0.5}, [4, 5], "(N, 4, 5)", "spatial_dropout1d"),
        ({"type": "spatial_dropout3d", "rate": 0.5}, [4], "(N, 4)", "dropout"),
    ],
    ids=str,
)  # fmt: skip
def test_shapes_that_do_not_fit(layer, shape, found, hint):
    spec = {
        "version": 1,
        "input": {"shape": shape},
        "layers": [layer],
        "optimizer": {"type": "adam"},
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
    }
    (diagnostic,) = samenet.validate(spec)
    assert diagnostic.code is Code.SHAPE
    assert layer["type"] in diagnostic.message
    assert found in diagnostic.message
    assert hint in diagnostic.hint
