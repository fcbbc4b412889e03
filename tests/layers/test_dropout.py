import numpy as np
import pytest

from tests.layers.harness import LayerCase, build, check_layer, spec_of

CASES = [
    LayerCase({"type": "dropout", "rate": 0.0}, (5,), (5,)),
    LayerCase({"type": "dropout", "rate": 0.5}, (5,), (5,), training=False),
    LayerCase({"type": "dropout", "rate": 0.3}, (2, 3), (2, 3), training=False),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_dropout(case, float64):
    check_layer(case)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_a_fraction_is_dropped_and_the_rest_scaled(backend, rate, float64):
    model = build(spec_of({"type": "dropout", "rate": rate}, (1000,)), backend)
    x = np.ones((200, 1000))
    if backend == "keras":
        y = np.asarray(model(x, training=True))
    else:
        import torch

        torch.manual_seed(0)
        y = model.train()(torch.from_numpy(x)).numpy()
    kept = y != 0
    np.testing.assert_allclose(y[kept], 1 / (1 - rate), rtol=1e-7)
    deviation = np.sqrt(rate * (1 - rate) / x.size)
    assert abs(kept.mean() - (1 - rate)) < 5 * deviation
