import numpy as np
import pytest

from samenet import runtime
from samenet.compiler import graph_of
from samenet.graph.resolve import LocatedShapeError
from tests.layers.harness import LayerCase, build, check_layer, spec_of
from tests.layers.test_masking import padded
from tests.layers.test_recurrent import SMALL, mostly_padding

ATTENTION = {"type": "multi_head_attention", "num_heads": 2, "key_dim": 4}

# Keys of size 1 stand only where no axis is as long as there are heads: there Keras 3.15 adds the
# bias along that axis instead of the heads'.

# The scale 1 / sqrt(key_dim), which TensorFlow rounds to 32 bits, is exact for 1, 4, 16.
ROUNDED = {"tolerance": 1e-7, "why": "the scale in 32 bits"}

# Features 6, two heads of 4: 3 * (6 * 8 + 8) for the heads and 8 * 6 + 6 for the output.
COUNT = 3 * 56 + 54

SELF = [
    LayerCase(ATTENTION, (5, 6), (5, 6), COUNT, **SMALL),
    LayerCase(ATTENTION, (5, 6), (5, 6), COUNT, **SMALL, batch=1),
    LayerCase(ATTENTION, (1, 6), (1, 6), COUNT, **SMALL),
    LayerCase(ATTENTION | {"num_heads": 1}, (5, 6), (5, 6), 3 * 28 + 30, **SMALL),
    LayerCase(ATTENTION | {"num_heads": 3, "key_dim": 1}, (5, 6), (5, 6), 3 * 21 + 24, **SMALL),
    LayerCase(ATTENTION | {"key_dim": 3}, (5, 6), (5, 6), 3 * 42 + 42, **SMALL, **ROUNDED),
    LayerCase(ATTENTION | {"value_dim": 5}, (5, 6), (5, 6), 2 * 56 + 70 + 66, **SMALL),
    LayerCase(ATTENTION | {"value_dim": 4}, (5, 6), (5, 6), COUNT, **SMALL),
    LayerCase(ATTENTION | {"use_bias": False}, (5, 6), (5, 6), 4 * 48, **SMALL),
    LayerCase(ATTENTION | {"output_shape": 3}, (5, 6), (5, 3), 3 * 56 + 27, **SMALL),
    LayerCase(ATTENTION | {"output_shape": [3, 2]}, (5, 6), (5, 3, 2), COUNT, **SMALL),
    LayerCase(ATTENTION | {"output_shape": [2, 5]}, (5, 6), (5, 2, 5), 3 * 56 + 90, **SMALL),
    LayerCase(ATTENTION | {"use_gate": True}, (5, 6), (5, 6), COUNT + 56, **SMALL),
    LayerCase(
        ATTENTION | {"use_gate": True, "value_dim": 3}, (5, 6), (5, 6), 2 * 56 + 3 * 42, **SMALL
    ),
    LayerCase(ATTENTION | {"use_causal_mask": True}, (5, 6), (5, 6), COUNT, **SMALL),
    LayerCase(ATTENTION | {"sliding_window": 1}, (5, 6), (5, 6), COUNT, **SMALL),
    LayerCase(ATTENTION | {"sliding_window": 3}, (5, 6), (5, 6), COUNT, **SMALL),
    LayerCase(
        ATTENTION | {"sliding_window": 2, "use_causal_mask": True}, (5, 6), (5, 6), COUNT, **SMALL
    ),
    LayerCase(ATTENTION | {"dropout": 0.5}, (5, 6), (5, 6), COUNT, **SMALL, training=False),
    LayerCase(
        ATTENTION | {"dropout": 0.5, "use_causal_mask": True},
        (5, 6),
        (5, 6),
        COUNT,
        **SMALL,
        training=False,
    ),
    LayerCase(ATTENTION | {"kernel_regularizer": "l2"}, (5, 6), (5, 6), COUNT, **SMALL),
]

TWO = ATTENTION | {"inputs": ["a", "b"]}
THREE = ATTENTION | {"inputs": ["a", "b", "c"]}

CROSS = [
    LayerCase(TWO, ((5, 6), (3, 6)), (5, 6), COUNT, **SMALL),
    LayerCase(TWO, ((5, 6), (7, 2)), (5, 6), 56 + 2 * 24 + 54, **SMALL),
    LayerCase(TWO | {"use_causal_mask": True}, ((5, 6), (3, 6)), (5, 6), COUNT, **SMALL),
    LayerCase(TWO | {"use_causal_mask": True}, ((3, 6), (5, 6)), (3, 6), COUNT, **SMALL),
    LayerCase(TWO | {"sliding_window": 2}, ((3, 6), (5, 6)), (3, 6), COUNT, **SMALL),
    LayerCase(TWO | {"sliding_window": 2}, ((5, 6), (3, 6)), (5, 6), COUNT, **SMALL),
    LayerCase(THREE, ((5, 6), (3, 6), (3, 6)), (5, 6), COUNT, **SMALL),
    LayerCase(THREE, ((5, 6), (3, 2), (3, 4)), (5, 6), 56 + 24 + 40 + 54, **SMALL),
]


def zeros_and_ones(random, shape):
    """Inputs, and an attention mask, of which each query may look somewhere."""
    if shape[-1] == 6:
        return random.normal(size=shape)
    mask = (random.uniform(size=shape) < 0.5).astype(float)
    mask[..., 0] = 1.0
    return mask


def nowhere(random, shape):
    """As before, but some queries may look nowhere."""
    values = zeros_and_ones(random, shape)
    if shape[-1] != 6:
        values[::2] = 0.0
    return values


def given(**options):
    return ATTENTION | {"inputs": ["a"], "attention_mask": ["b"], **options}


MASK = {**SMALL, "draw": zeros_and_ones}
GIVEN = [
    LayerCase(given(), ((5, 6), (5, 5)), (5, 6), COUNT, **MASK),
    LayerCase(given(), ((5, 6), (1, 5)), (5, 6), COUNT, **MASK),
    LayerCase(given(), ((5, 6), (2, 5, 5)), (5, 6), COUNT, **MASK),
    LayerCase(given(), ((5, 6), (1, 1, 5)), (5, 6), COUNT, **MASK),
    LayerCase(given(use_causal_mask=True), ((5, 6), (5, 5)), (5, 6), COUNT, **MASK),
    LayerCase(given(use_causal_mask=True), ((5, 6), (2, 5, 5)), (5, 6), COUNT, **MASK),
    LayerCase(given(sliding_window=2), ((5, 6), (5, 5)), (5, 6), COUNT, **MASK),
    LayerCase(given(), ((5, 6), (5, 5)), (5, 6), COUNT, **MASK, integer_inputs=("b",)),
    LayerCase(given(), ((5, 6), (5, 5)), (5, 6), COUNT, **SMALL, draw=nowhere),
    LayerCase(
        given(dropout=0.5), ((5, 6), (5, 5)), (5, 6), COUNT, **SMALL, draw=nowhere, training=False
    ),
    LayerCase(
        given(inputs=["a", "b"], attention_mask=["c"]),
        ((5, 6), (3, 6), (5, 3)),
        (5, 6),
        COUNT,
        **MASK,
    ),
]


def masking(*inputs):
    """Layers that mask the inputs, called masked_a, ..."""
    return [{"type": "masking", "name": f"masked_{x}", "inputs": [x]} for x in inputs]


def masked(case, *inputs, **options):
    """The case with masks of some inputs."""
    words = [f"masked_{x}" if x in inputs else x for x in case["inputs"]]
    return {
        "layer": case | {"inputs": words} | options,
        "before": masking(*inputs),
        **SMALL,
    }


ONE = ATTENTION | {"inputs": ["a"]}
PADDED = [
    LayerCase(**masked(ONE, "a"), inputs=(5, 6), outputs=(5, 6), parameters=COUNT, draw=draw)
    for draw in (padded(0.0), mostly_padding)
] + [
    LayerCase(
        **masked(ONE, "a", use_causal_mask=True),
        inputs=(5, 6),
        outputs=(5, 6),
        parameters=COUNT,
        draw=padded(0.0),
    ),
    LayerCase(
        **masked(ONE, "a", dropout=0.5),
        inputs=(5, 6),
        outputs=(5, 6),
        parameters=COUNT,
        draw=mostly_padding,
        training=False,
    ),
    *(
        LayerCase(
            **masked(TWO, *which),
            inputs=((5, 6), (3, 6)),
            outputs=(5, 6),
            parameters=COUNT,
            draw=mostly_padding,
        )
        for which in ("a", "b", "ab")
    ),
    *(
        LayerCase(
            **masked(THREE, *which),
            inputs=((5, 6), (3, 6), (3, 6)),
            outputs=(5, 6),
            parameters=COUNT,
            draw=mostly_padding,
        )
        for which in ("b", "c", "bc", "abc")
    ),
]

HIGH = [
    LayerCase(ATTENTION, (2, 3, 6), (2, 3, 6), COUNT, **SMALL),
    LayerCase(ATTENTION | {"attention_axes": 2}, (2, 3, 6), (2, 3, 6), COUNT, **SMALL),
    LayerCase(ATTENTION | {"attention_axes": [1]}, (2, 3, 6), (2, 3, 6), COUNT, **SMALL),
    LayerCase(ATTENTION | {"attention_axes": -2}, (2, 3, 6), (2, 3, 6), COUNT, **SMALL),
    LayerCase(
        ATTENTION | {"attention_axes": 1, "use_causal_mask": True},
        (4, 3, 6),
        (4, 3, 6),
        COUNT,
        **SMALL,
    ),
    LayerCase(ATTENTION | {"attention_axes": [2, 3]}, (2, 3, 2, 6), (2, 3, 2, 6), COUNT, **SMALL),
    LayerCase(ATTENTION | {"attention_axes": [1, 3]}, (2, 3, 2, 6), (2, 3, 2, 6), COUNT, **SMALL),
    LayerCase(
        ATTENTION | {"attention_axes": 2, "inputs": ["a", "b"]},
        ((3, 4, 6), (3, 2, 6)),
        (3, 4, 6),
        COUNT,
        **SMALL,
    ),
    LayerCase(
        ATTENTION | {"attention_axes": [1, 2], "inputs": ["a", "b"], "output_shape": [2, 3]},
        ((3, 4, 6), (2, 2, 6)),
        (3, 4, 2, 3),
        COUNT,
        **SMALL,
    ),
    LayerCase(ATTENTION | {"use_gate": True}, (2, 3, 6), (2, 3, 6), COUNT + 56, **SMALL),
]


@pytest.mark.parametrize("case", [*SELF, *CROSS, *GIVEN, *PADDED, *HIGH], ids=str)
def test_multi_head_attention(case, float64):
    check_layer(case)


def test_published_numbers():
    """From the tests of Keras 3.15: identities as queries, keys and kernels."""
    import torch

    layer = ATTENTION | {"num_heads": 8, "key_dim": 8, "inputs": ["a", "b", "c"]}
    model = build(spec_of(layer, ((8, 8),) * 3), "torch").eval()
    heads = np.repeat(np.eye(8)[:, None], 8, axis=1)
    path = "multi_head_attention"
    weights = {f"{path}/{name}/kernel": heads for name in ("query", "key", "value")}
    weights[f"{path}/attention_output/kernel"] = heads
    runtime.set_weights(
        model,
        "torch",
        {name: np.zeros(w.shape) for name, w in model.named_weights().items()} | weights,
    )
    identity = torch.eye(8)[None]
    values = torch.arange(64.0).reshape(1, 8, 8) / 100
    y = model({"a": identity, "b": values, "c": identity}).detach().numpy()
    expected = [2.406, 2.440, 2.473, 2.504, 2.535, 2.568, 2.602, 2.633]
    np.testing.assert_allclose(y, np.tile(np.reshape(expected, (1, 8, 1)), (1, 1, 8)), atol=2e-3)


REFUSED = [
    (ATTENTION, (6,), "the query (N, 6)"),
    (TWO, ((5, 6), (3, 2, 6)), "the value (N, 3, 2, 6)"),
    (THREE, ((5, 6), (3, 6), (4, 6)), "the keys (N, 4, 6)"),
    (given(), ((5, 6), (5, 4)), "(N, 5, 5), found (N, 5, 4)"),
    (given(), ((5, 6), (3, 5, 5)), "found (N, 3, 5, 5)"),
    (ATTENTION | {"attention_axes": 2}, (5, 6), "attention_axes [2]"),
    (ATTENTION | {"attention_axes": [0]}, (5, 6), "attention_axes [0]"),
    (ATTENTION | {"use_causal_mask": True}, (3, 5, 6), "found [1, 2]"),
    (TWO | {"attention_axes": 2}, ((3, 5, 6), (4, 5, 6)), "no attention"),
    (ATTENTION | {"num_heads": 5, "key_dim": 1}, (5, 6), "along axis 1 of (N, 5, 5, 1)"),
]


@pytest.mark.parametrize(("layer", "shapes", "words"), REFUSED, ids=str)
def test_refused(layer, shapes, words):
    with pytest.raises(LocatedShapeError) as caught:
        graph_of(spec_of(layer, shapes))
    assert words in caught.value.error.message


def test_whole_numbers_are_refused():
    with pytest.raises(LocatedShapeError, match="input 1 holds whole numbers"):
        graph_of(spec_of(ATTENTION, (5, 6), integer_inputs=("a",)))
