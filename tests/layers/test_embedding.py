import pytest

from tests.layers.harness import LayerCase, check_layer

EMBEDDING = {"type": "embedding", "input_dim": 5, "output_dim": 3}


def whole_floats(random, shape):
    """Ids that come as floats; Keras cuts what is behind the point."""
    return random.integers(0, 5, shape) + random.uniform(0.0, 0.9, shape)


IDS = {"integer_inputs": ("a",)}

CASES = [
    LayerCase(EMBEDDING, (4,), (4, 3), 15, **IDS),
    LayerCase(EMBEDDING, (4,), (4, 3), 15, **IDS, batch=1),
    LayerCase(EMBEDDING, (1,), (1, 3), 15, **IDS),
    LayerCase(EMBEDDING, (2, 4), (2, 4, 3), 15, **IDS),
    LayerCase(EMBEDDING, (2, 3, 4), (2, 3, 4, 3), 15, **IDS),
    LayerCase(EMBEDDING | {"output_dim": 1}, (4,), (4, 1), 5, **IDS),
    LayerCase(EMBEDDING | {"input_dim": 50}, (4,), (4, 3), 150, **IDS),
    LayerCase(EMBEDDING | {"mask_zero": True}, (4,), (4, 3), 15, **IDS),
    LayerCase(EMBEDDING | {"embeddings_regularizer": "l2"}, (4,), (4, 3), 15, **IDS),
    LayerCase(EMBEDDING | {"embeddings_constraint": "unit_norm"}, (4,), (4, 3), 15, **IDS),
    LayerCase(EMBEDDING, (4,), (4, 3), 15, draw=whole_floats),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_embedding(case, float64):
    check_layer(case)
