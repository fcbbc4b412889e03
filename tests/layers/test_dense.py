import pytest

from tests.layers.harness import LayerCase, check_layer

DENSE = {"type": "dense"}

CASES = [
    LayerCase(DENSE | {"units": 5}, (7,), (5,), 40),
    LayerCase(DENSE | {"units": 5, "use_bias": False}, (7,), (5,), 35),
    LayerCase(DENSE | {"units": 1}, (1,), (1,), 2),
    LayerCase(DENSE | {"units": 4}, (3, 2), (3, 4), 12),
    LayerCase(DENSE | {"units": 4}, (2, 3, 5), (2, 3, 4), 24),
    LayerCase(DENSE | {"units": 5, "activation": "relu"}, (7,), (5,), 40),
    LayerCase(
        DENSE | {"units": 5, "activation": "tanh", "batch_normalization": "before_activation"},
        (7,),
        (5,),
        60,
    ),
    LayerCase(
        DENSE | {"units": 5, "activation": "tanh", "batch_normalization": "after_activation"},
        (7,),
        (5,),
        60,
    ),
    LayerCase(
        DENSE | {"units": 5, "kernel_initializer": "he_normal", "bias_initializer": "ones"},
        (7,),
        (5,),
        40,
    ),
    LayerCase(DENSE | {"units": 5, "name": "my.own-name"}, (7,), (5,), 40),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_dense(case, float64):
    check_layer(case)
