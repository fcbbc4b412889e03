import pytest

from samenet.compiler import graph_of
from samenet.graph.resolve import LocatedShapeError
from tests.layers.harness import LayerCase, check_layer, spec_of
from tests.layers.test_masking import padded
from tests.layers.test_recurrent import SMALL


def each(layer):
    """A layer at each step."""
    return {"type": "time_distributed", "layer": layer}


DENSE = {"type": "dense", "units": 4}
CONV1D = {"type": "conv1d", "filters": 4, "kernel_size": 3}
CONV2D = {"type": "conv2d", "filters": 4, "kernel_size": 3}
TRANSPOSE = {"type": "conv2d_transpose", "filters": 4, "kernel_size": 3, "strides": 2}
SEPARABLE = {"type": "separable_conv2d", "filters": 4, "kernel_size": 2}
LSTM = {"type": "lstm", "units": 3}
TANH = {"type": "activation", "activation": "tanh"}

CASES = [
    LayerCase(each(DENSE), (5, 3), (5, 4), 16),
    LayerCase(each(DENSE), (1, 3), (1, 4), 16, batch=1),
    LayerCase(each(DENSE), (5, 2, 3), (5, 2, 4), 16),
    LayerCase(each(DENSE | {"use_bias": False}), (5, 3), (5, 4), 12),
    LayerCase(each(DENSE | {"activation": "tanh"}), (5, 3), (5, 4), 16, **SMALL),
    LayerCase(each(DENSE | {"activation": "softmax"}), (5, 3), (5, 4), 16, **SMALL),
    LayerCase(each(DENSE | {"kernel_regularizer": "l2"}), (5, 3), (5, 4), 16),
    LayerCase(each(CONV1D), (5, 6, 2), (5, 4, 4), 28),
    LayerCase(each(CONV1D | {"padding": "causal"}), (5, 6, 2), (5, 6, 4), 28),
    LayerCase(each(CONV2D), (3, 6, 5, 2), (3, 4, 3, 4), 76),
    LayerCase(each(CONV2D | {"padding": "same", "strides": 2}), (3, 6, 5, 2), (3, 3, 3, 4), 76),
    LayerCase(each(CONV2D | {"activation": "relu"}), (3, 6, 5, 2), (3, 4, 3, 4), 76, **SMALL),
    LayerCase(each(CONV2D | {"activation": "elu"}), (3, 4, 4, 2), (3, 2, 2, 4), 76, **SMALL),
    LayerCase(each(TRANSPOSE), (2, 3, 3, 2), (2, 7, 7, 4), 76),
    LayerCase(each({"type": "depthwise_conv2d", "kernel_size": 2}), (2, 3, 3, 2), (2, 2, 2, 2), 10),
    LayerCase(each(SEPARABLE), (2, 3, 3, 2), (2, 2, 2, 4), 8 + 8 + 4),
    LayerCase(each({"type": "max_pooling2d"}), (3, 4, 6, 2), (3, 2, 3, 2)),
    LayerCase(each({"type": "average_pooling1d", "pool_size": 2}), (3, 4, 2), (3, 2, 2)),
    LayerCase(each({"type": "global_average_pooling2d"}), (3, 4, 6, 2), (3, 2)),
    LayerCase(each({"type": "global_max_pooling1d"}), (3, 4, 2), (3, 2)),
    LayerCase(each({"type": "flatten"}), (3, 4, 2), (3, 8)),
    LayerCase(each({"type": "flatten"}), (3, 4, 2, 2), (3, 16)),
    LayerCase(each({"type": "reshape", "target_shape": [2, 4]}), (3, 8), (3, 2, 4)),
    LayerCase(each({"type": "permute", "dims": [2, 1]}), (3, 4, 2), (3, 2, 4)),
    LayerCase(each({"type": "repeat_vector", "n": 3}), (4, 2), (4, 3, 2)),
    LayerCase(each(TANH), (3, 4), (3, 4)),
    LayerCase(each(TANH | {"activation": "softmax"}), (3, 4, 2), (3, 4, 2)),
    LayerCase(each(TANH | {"activation": "linear"}), (3, 4), (3, 4)),
    LayerCase(each({"type": "layer_normalization"}), (3, 4), (3, 4), 8),
    LayerCase(each({"type": "layer_normalization", "axis": 1}), (3, 4, 2), (3, 4, 2), 8),
    LayerCase(each({"type": "dropout", "rate": 0.5}), (3, 4), (3, 4), training=False),
    LayerCase(each(LSTM), (3, 4, 2), (3, 3), 72, **SMALL),
    LayerCase(each(LSTM | {"return_sequences": True}), (3, 4, 2), (3, 4, 3), 72, **SMALL),
    LayerCase(each({"type": "gru", "units": 3}), (3, 4, 2), (3, 3), 63, **SMALL),
    LayerCase(each({"type": "bidirectional", "layer": LSTM}), (3, 4, 2), (3, 6), 144, **SMALL),
]

MASKED = {"before": [{"type": "masking", "inputs": ["a"]}], "draw": padded(0.0)}
BOTH_WAYS = {"type": "bidirectional", "layer": LSTM | {"return_sequences": True}}
WITH_MASKS = [
    LayerCase(each(DENSE), (5, 3), (5, 4), 16, **MASKED),
    # Words in sentences: the mask of a sentence is that of the layer inside.
    LayerCase(each(LSTM), (3, 4, 2), (3, 3), 72, **MASKED, **SMALL),
    LayerCase(each(BOTH_WAYS), (3, 4, 2), (3, 4, 6), 144, **MASKED, **SMALL),
]


@pytest.mark.parametrize(
    "case", [*CASES, *WITH_MASKS], ids=lambda case: f"{case.layer['layer']['type']} {case}"
)
def test_time_distributed(case, float64):
    check_layer(case)


def test_the_mask_goes_on(float64):
    """A recurrent layer behind skips the same steps."""
    before = [*MASKED["before"], each(DENSE)]
    rnn = {"type": "simple_rnn", "units": 2}
    check_layer(LayerCase(rnn, (5, 3), (2,), 16 + 14, before=before, draw=padded(0.0), **SMALL))


REFUSED = [
    (each(DENSE), (3,), "found (N, 3)"),
    (each(CONV2D), (5, 3), "(N, 3)"),
    (each(DENSE | {"dropout": 0.5}), (5, 3), "takes no dropout"),
    (each(DENSE | {"batch_normalization": "after_activation"}), (5, 3), "no batch_normalization"),
    (each(DENSE | {"name": "mine"}), (5, 3), "takes no name"),
    (each(LSTM | {"return_state": True}), (5, 4, 3), "3 outputs"),
    (each(TANH | {"activation": "glu"}), (5, 4), "glu cannot stand inside"),
]


@pytest.mark.parametrize(("layer", "shape", "words"), REFUSED, ids=str)
def test_refused(layer, shape, words):
    with pytest.raises(LocatedShapeError) as caught:
        graph_of(spec_of(layer, shape))
    assert words in caught.value.error.message
