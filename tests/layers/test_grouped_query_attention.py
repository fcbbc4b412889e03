import pytest

from samenet.compiler import graph_of
from samenet.graph.resolve import LocatedShapeError
from tests.layers.harness import LayerCase, check_layer, spec_of
from tests.layers.test_masking import padded
from tests.layers.test_multi_head_attention import ROUNDED, masked, nowhere, zeros_and_ones
from tests.layers.test_recurrent import SMALL, mostly_padding

ATTENTION = {
    "type": "grouped_query_attention",
    "head_dim": 4,
    "num_query_heads": 4,
    "num_key_value_heads": 2,
}

# Features 6: 6 * 16 + 16 for the queries, 6 * 8 + 8 for keys and for values, 16 * 6 + 6 at the end.
COUNT = 112 + 2 * 56 + 102

TWO = ATTENTION | {"inputs": ["a", "b"]}
THREE = ATTENTION | {"inputs": ["a", "b", "c"]}
GIVEN = ATTENTION | {"inputs": ["a"], "attention_mask": ["b"]}

CASES = [
    LayerCase(ATTENTION, (5, 6), (5, 6), COUNT, **SMALL),
    LayerCase(ATTENTION, (1, 6), (1, 6), COUNT, **SMALL, batch=1),
    LayerCase(ATTENTION | {"num_key_value_heads": 1}, (5, 6), (5, 6), COUNT - 2 * 28, **SMALL),
    LayerCase(ATTENTION | {"num_key_value_heads": 4}, (5, 6), (5, 6), COUNT + 2 * 56, **SMALL),
    LayerCase(
        ATTENTION | {"num_query_heads": 6, "head_dim": 2},
        (5, 6),
        (5, 6),
        (84 + 2 * 28 + 78),
        **SMALL,
        **ROUNDED,
    ),
    LayerCase(ATTENTION | {"use_bias": False}, (5, 6), (5, 6), COUNT - 16 - 16 - 6, **SMALL),
    LayerCase(ATTENTION | {"use_gate": True}, (5, 6), (5, 6), COUNT + 112, **SMALL),
    LayerCase(ATTENTION | {"use_causal_mask": True}, (5, 6), (5, 6), COUNT, **SMALL),
    LayerCase(ATTENTION | {"sliding_window": 2}, (5, 6), (5, 6), COUNT, **SMALL),
    LayerCase(ATTENTION | {"dropout": 0.5}, (5, 6), (5, 6), COUNT, **SMALL, training=False),
    LayerCase(
        ATTENTION | {"dropout": 0.5, "use_causal_mask": True},
        (5, 6),
        (5, 6),
        COUNT,
        **SMALL,
        training=False,
    ),
    LayerCase(TWO, ((5, 6), (3, 6)), (5, 6), COUNT, **SMALL),
    LayerCase(TWO | {"use_causal_mask": True}, ((3, 6), (5, 6)), (3, 6), COUNT, **SMALL),
    LayerCase(THREE, ((5, 6), (3, 6), (3, 2)), (5, 6), COUNT - 4 * 8, **SMALL),
    LayerCase(GIVEN, ((5, 6), (5, 5)), (5, 6), COUNT, **SMALL, draw=zeros_and_ones),
    LayerCase(GIVEN, ((5, 6), (5, 5)), (5, 6), COUNT, **SMALL, draw=nowhere),
    LayerCase(GIVEN, ((5, 6), (4, 5, 5)), (5, 6), COUNT, **SMALL, draw=zeros_and_ones),
    *(
        LayerCase(
            **masked(ATTENTION | {"inputs": ["a"]}, "a", **options),
            inputs=(5, 6),
            outputs=(5, 6),
            parameters=COUNT,
            draw=draw,
        )
        for draw in (padded(0.0), mostly_padding)
        for options in ({}, {"use_causal_mask": True})
    ),
    *(
        LayerCase(
            **masked(THREE, *which),
            inputs=((5, 6), (3, 6), (3, 6)),
            outputs=(5, 6),
            parameters=COUNT,
            draw=mostly_padding,
        )
        for which in ("a", "b", "c", "abc")
    ),
]


# Keras 3.15 uses the masks itself, but also hands them to projections, which warn and drop them.
@pytest.mark.filterwarnings("ignore:.*destroy the mask:UserWarning")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_grouped_query_attention(case, float64):
    check_layer(case)


REFUSED = [
    (ATTENTION | {"num_key_value_heads": 3}, (5, 6), "4 heads of queries cannot share 3"),
    (ATTENTION, (6,), "(N, 6)"),
    (ATTENTION, (2, 3, 6), "(N, 2, 3, 6)"),
    (TWO, ((5, 6), (3, 4)), "the value (N, 3, 4)"),
]


@pytest.mark.parametrize(("layer", "shapes", "words"), REFUSED, ids=str)
def test_refused(layer, shapes, words):
    with pytest.raises(LocatedShapeError) as caught:
        graph_of(spec_of(layer, shapes))
    assert words in caught.value.error.message
