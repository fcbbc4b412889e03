"""The layer as a layer; what it adds to the loss is in `tests/equivalence`."""

import numpy as np
import pytest

from tests.layers.harness import LayerCase, build, check_layer, spec_of

LAYER = {"type": "activity_regularization"}

CASES = [
    LayerCase(LAYER, (5,), (5,)),
    LayerCase(LAYER | {"l1": 0.5}, (4, 3), (4, 3)),
    LayerCase(LAYER | {"l1": 0.5, "l2": 0.25}, (4, 3, 2), (4, 3, 2), batch=1),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_input_passes(case, float64):
    check_layer(case)


def test_the_penalty_is_over_the_batch_size(float64):
    """l1 * sum |x| + l2 * sum x^2 over the number of samples, whatever the other axes."""
    x = np.array([[[1.0, -2.0], [3.0, 0.0]]] * 3)
    model = build(spec_of(LAYER | {"l1": 0.5, "l2": 0.25}, (2, 2)), "keras")
    model(x, training=True)
    expected = 0.5 * 6 + 0.25 * 14
    np.testing.assert_allclose([float(loss) for loss in model.losses], [expected], rtol=1e-12)

    import torch

    module = build(spec_of(LAYER | {"l1": 0.5, "l2": 0.25}, (2, 2)), "torch")
    (layer,) = (m for m in module.modules() if hasattr(m, "penalties"))
    layer.penalties = []
    module(torch.from_numpy(x))
    np.testing.assert_allclose([loss.item() for loss in layer.penalties], [expected], rtol=1e-12)
