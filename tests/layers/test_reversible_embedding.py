"""An embedding, and the same one turned round, behind each other in one network."""

import pytest

from samenet.compiler import graph_of
from samenet.graph.resolve import LocatedShapeError
from tests.layers.harness import LayerCase, check_layer, integers, spec_of

EMBEDDING = {"type": "reversible_embedding", "input_dim": 5, "output_dim": 3}
IDS = {"integer_inputs": ("a",)}

CASES = [
    LayerCase(EMBEDDING, (4,), (4, 3), 15, **IDS),
    LayerCase(EMBEDDING, (2, 4), (2, 4, 3), 15, **IDS, batch=1),
    LayerCase(EMBEDDING | {"mask_zero": True}, (4,), (4, 3), 15, **IDS),
    LayerCase(EMBEDDING | {"tie_weights": False}, (4,), (4, 3), 30, **IDS),
    LayerCase(EMBEDDING | {"embeddings_regularizer": "l1"}, (4,), (4, 3), 15, **IDS),
]


def reversed_behind(**options):
    """The embedding, named e, and a layer that is it turned round."""
    before = [EMBEDDING | {"name": "e", "inputs": ["a"]} | options]
    shared = {"type": "share", "share": "e", "reverse": True, "name": "share"}
    return {"layer": shared, "before": before, "inputs": (4,), "outputs": (4, 5), **IDS}


REVERSED = [
    LayerCase(**reversed_behind(), parameters=15),
    LayerCase(**reversed_behind(tie_weights=False), parameters=30),
    LayerCase(**reversed_behind(mask_zero=True), parameters=15),
    LayerCase(**reversed_behind(logit_soft_cap=0.5), parameters=15, weights=(-1.0, 1.0)),
    LayerCase(**reversed_behind(logit_soft_cap=30.0, tie_weights=False), parameters=30),
]


@pytest.mark.parametrize("case", [*CASES, *REVERSED], ids=str)
def test_reversible_embedding(case, float64):
    check_layer(case)


def test_a_mask_goes_on_and_not_through_the_reverse(float64):
    """A recurrent layer sees the mask of the embedding, none behind the reversed one."""
    embedding = EMBEDDING | {"name": "e", "inputs": ["a"], "mask_zero": True}
    rnn = {"type": "simple_rnn", "units": 2}
    ids = {"integer_inputs": ("a",), "draw": integers(2)}
    check_layer(LayerCase(rnn, (4,), (2,), 15 + 12, before=[embedding], **ids))
    back = {"type": "share", "share": "e", "reverse": True}
    check_layer(LayerCase(rnn, (4,), (2,), 15 + 16, before=[embedding, back], **ids))


def test_other_lengths_are_refused():
    before = [EMBEDDING | {"name": "e", "inputs": ["a"]}, {"type": "dense", "units": 4}]
    shared = {"type": "share", "share": "e", "reverse": True, "name": "share"}
    with pytest.raises(LocatedShapeError, match="takes vectors of length 3, found"):
        graph_of(spec_of(shared, (4,), before, ("a",)))


def test_other_layers_cannot_be_reversed():
    before = [{"type": "dense", "units": 4, "name": "d", "inputs": ["a"]}]
    shared = {"type": "share", "share": "d", "reverse": True, "name": "share"}
    with pytest.raises(LocatedShapeError, match="dense cannot be applied backwards"):
        graph_of(spec_of(shared, (4,), before))
