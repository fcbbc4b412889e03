"""Vectors and waves for the positions of a sequence."""

import numpy as np
import pytest

from samenet.compiler import graph_of
from samenet.graph.resolve import LocatedShapeError
from tests.layers.harness import LayerCase, build, check_layer, spec_of

EMBEDDING = {"type": "position_embedding", "sequence_length": 5}
WAVES = {"type": "sine_position_encoding"}

CASES = [
    LayerCase(EMBEDDING, (5, 3), (5, 3), 15),
    LayerCase(EMBEDDING, (4, 3), (4, 3), 15),
    LayerCase(EMBEDDING, (1, 2), (1, 2), 10, batch=1),
    LayerCase(EMBEDDING, (2, 5, 3), (2, 5, 3), 15),
    LayerCase(WAVES, (5, 4), (5, 4), gradients=False),
    LayerCase(WAVES, (5, 3), (5, 3), gradients=False),
    LayerCase(WAVES, (1, 1), (1, 1), batch=1, gradients=False),
    LayerCase(WAVES, (2, 5, 4), (2, 5, 4), gradients=False),
    LayerCase(WAVES | {"max_wavelength": 10.0}, (7, 6), (7, 6), gradients=False),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.layer['type']} {case}")
def test_positions(case, float64):
    check_layer(case)


@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_waves_of_three_positions(backend):
    """Worked out by hand for four features: the frequencies are 1 and 1 / 100."""
    model = build(spec_of(WAVES, (3, 4)), backend)
    x = np.zeros((1, 3, 4), np.float32)
    y = np.array(model(x)) if backend == "keras" else torch_outputs(model, x)
    position = np.arange(3)
    expected = np.stack(
        [np.sin(position), np.cos(position), np.sin(position / 100), np.cos(position / 100)], axis=1
    )
    np.testing.assert_allclose(y, expected[None], atol=1e-7)


def torch_outputs(model, x):
    import torch

    return model(torch.from_numpy(x)).numpy()


@pytest.mark.parametrize("layer", [EMBEDDING, WAVES], ids=str)
def test_padding_is_forgotten(layer, float64):
    """Positions are those of all steps, and a recurrent layer behind them skips none."""
    before = [{"type": "masking", "inputs": ["a"]}, layer]
    rnn = {"type": "simple_rnn", "units": 2}

    def padded(random, shape):
        x = random.normal(size=shape)
        x[:, 2:] = 0.0
        return x

    count = 12 + (15 if layer is EMBEDDING else 0)
    check_layer(LayerCase(rnn, (4, 3), (2,), count, before=before, draw=padded))


REFUSED = [
    (EMBEDDING, (6, 3), "vectors for 5 positions"),
    (EMBEDDING, (3,), "(N, 3)"),
    (WAVES, (3,), "(N, 3)"),
]


@pytest.mark.parametrize(("layer", "shape", "words"), REFUSED, ids=str)
def test_refused(layer, shape, words):
    with pytest.raises(LocatedShapeError) as caught:
        graph_of(spec_of(layer, shape))
    assert words in caught.value.error.message
