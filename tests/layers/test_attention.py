"""Attention without projections, by products and by sums."""

import numpy as np
import pytest

from samenet.compiler import graph_of
from samenet.graph.resolve import LocatedShapeError
from tests.layers.harness import LayerCase, build, check_layer, spec_of
from tests.layers.test_multi_head_attention import masking
from tests.layers.test_recurrent import mostly_padding

DOT = {"type": "attention"}
CONCAT = {"type": "attention", "score_mode": "concat"}
ADDITIVE = {"type": "additive_attention"}

# Each layer with the number of its weights for vectors of length 3.
KINDS = [
    (DOT, 0),
    (DOT | {"use_scale": True}, 1),
    (CONCAT, 1),
    (CONCAT | {"use_scale": True}, 2),
    (ADDITIVE, 3),
    (ADDITIVE | {"use_scale": False}, 0),
]


def cases(layer, count):
    """Lengths, causality, masks of queries and values."""
    causal = layer | {"use_causal_mask": True}
    yield LayerCase(layer, ((5, 3), (4, 3)), (5, 3), count)
    yield LayerCase(layer, ((1, 3), (2, 3)), (1, 3), count, batch=1)
    yield LayerCase(layer, ((5, 3), (4, 2), (4, 3)), (5, 2), count)
    yield LayerCase(causal, ((5, 3), (4, 3)), (5, 3), count)
    yield LayerCase(causal, ((3, 3), (5, 3)), (3, 3), count)
    yield LayerCase(causal, ((5, 3), (4, 2), (4, 3)), (5, 2), count)
    for option in (layer, causal):
        for which in ("a", "b", "ab"):
            words = [f"masked_{x}" if x in which else x for x in "ab"]
            yield LayerCase(
                option | {"inputs": words},
                ((5, 3), (4, 3)),
                (5, 3),
                count,
                before=masking(*which),
                draw=mostly_padding,
            )
    # The mask of a key plays no part.
    yield LayerCase(
        layer | {"inputs": ["a", "b", "masked_c"]},
        ((5, 3), (4, 2), (4, 3)),
        (5, 2),
        count,
        before=masking("c"),
        draw=mostly_padding,
    )
    yield LayerCase(layer | {"dropout": 0.5}, ((5, 3), (4, 3)), (5, 3), count, training=False)


@pytest.mark.parametrize(
    "case",
    [case for kind in KINDS for case in cases(*kind)],
    ids=lambda case: f"{case.layer['type']} {case}",
)
def test_attention(case, float64):
    check_layer(case)


# From the tests of Keras 3.15 (attention_test.py, additive_attention_test.py).
QUERY = [[[1.0, 0.0], [0.0, 1.0]]]
KEY = [[[0.0, 1.0], [1.0, 0.0]]]
VALUE = [[[1.0, 2.0], [3.0, 4.0]]]
SUMS = [[[1.727, 2.727], [2.272, 3.272]]]
PUBLISHED = [
    (DOT, [[[2.462, 3.462], [1.538, 2.538]]]),
    (CONCAT, SUMS),
    (ADDITIVE | {"use_scale": False}, SUMS),
]


@pytest.mark.parametrize("backend", ["keras", "torch"])
@pytest.mark.parametrize(("layer", "expected"), PUBLISHED, ids=["dot", "concat", "additive"])
def test_published_numbers(backend, layer, expected):
    import torch

    model = build(spec_of(layer, ((2, 2),) * 3), backend)
    inputs = {"a": QUERY, "b": VALUE, "c": KEY}
    x = {name: np.array(values, np.float32) for name, values in inputs.items()}
    if backend == "torch":
        y = model.eval()({name: torch.from_numpy(values) for name, values in x.items()}).detach()
    else:
        y = model(x)
    np.testing.assert_allclose(y, expected, atol=1e-3)


REFUSED = [
    (DOT, ((5, 3), (4, 2)), "queries (N, 5, 3) with keys (N, 4, 2)"),
    (DOT, ((5, 3), (4, 2), (5, 3)), "each value (N, 4, 2)"),
    (ADDITIVE, ((5, 3), (3,)), "found (N, 3)"),
]


@pytest.mark.parametrize(("layer", "shapes", "words"), REFUSED, ids=str)
def test_refused(layer, shapes, words):
    with pytest.raises(LocatedShapeError) as caught:
        graph_of(spec_of(layer, shapes))
    assert words in caught.value.error.message
