"""How large the first weights are, compared with those that Keras' own layers draw.

The programs draw them with NumPy, so that both frameworks have the same; the distributions are
Keras', whose fans are those of the product for attention and einsum_dense.
"""

import numpy as np
import pytest

from samenet import runtime
from tests.layers.harness import build, spec_of

ATTENTION = {"type": "multi_head_attention", "num_heads": 4, "key_dim": 20}
GROUPED = {
    "type": "grouped_query_attention",
    "head_dim": 20,
    "num_query_heads": 4,
    "num_key_value_heads": 2,
}
EMBEDDING = {"type": "embedding", "input_dim": 60, "output_dim": 30}

CASES = [
    (EMBEDDING, (4,)),
    (EMBEDDING | {"type": "reversible_embedding", "tie_weights": False}, (4,)),
    ({"type": "simple_rnn", "units": 40}, (4, 30)),
    ({"type": "gru", "units": 40}, (4, 30)),
    ({"type": "lstm", "units": 40}, (4, 30)),
    ({"type": "bidirectional", "layer": {"type": "lstm", "units": 30}}, (4, 30)),
    ({"type": "conv_lstm2d", "filters": 12, "kernel_size": 3}, (2, 4, 4, 8)),
    (ATTENTION | {"value_dim": 10}, (4, 30)),
    (GROUPED, (4, 30)),
    ({"type": "einsum_dense", "equation": "abc,bd->acd", "output_shape": [-1, 40]}, (30, 5)),
    ({"type": "einsum_dense", "equation": "abc,bcd->ad", "output_shape": 40}, (30, 5)),
    ({"type": "einsum_dense", "equation": "abc,cde->abde", "output_shape": [-1, 8, 9]}, (5, 30)),
    ({"type": "time_distributed", "layer": {"type": "dense", "units": 60}}, (4, 30)),
]


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=str)
def test_as_large_as_those_of_keras(layer, shape):
    import keras

    keras.utils.set_random_seed(0)
    ids = ("a",) if "embedding" in layer["type"] else ()
    model = build(spec_of(layer, shape, (), ids), "keras")
    drawn = runtime.weights(model, "keras")
    own = type(model).from_config(model.get_config())  # with the weights that Keras draws
    for (path, values), weight in zip(drawn.items(), own.weights, strict=True):
        expected = np.asarray(weight)
        if expected.size < 500:  # a bias
            np.testing.assert_array_equal(values, expected)
        else:
            assert values.std() == pytest.approx(expected.std(), rel=0.08), path
            assert np.abs(values).max() == pytest.approx(np.abs(expected).max(), rel=0.3), path


def test_fans_of_heads():
    """What a head reads is fan in: 30 features for a query, 4 heads of 20 for the output."""
    layer = ATTENTION | {"kernel_initializer": "he_normal"}
    weights = runtime.weights(build(spec_of(layer, (4, 30)), "torch"), "torch")
    for name, fan in (("query", 30), ("attention_output", 80)):
        std = weights[f"multi_head_attention/{name}/kernel"].std()
        assert std == pytest.approx(np.sqrt(2 / fan), rel=0.05)


@pytest.mark.parametrize(("option", "expected"), [(True, 1.0), (False, 0.0)])
def test_an_lstm_begins_with_remembering(option, expected):
    layer = {"type": "lstm", "units": 3, "unit_forget_bias": option}
    weights = runtime.weights(build(spec_of(layer, (4, 2)), "torch"), "torch")
    bias = [0.0] * 3 + [expected] * 3 + [0.0] * 6
    np.testing.assert_array_equal(weights["lstm/lstm_cell/bias"], bias)
