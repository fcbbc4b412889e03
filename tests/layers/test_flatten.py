import pytest

from tests.layers.harness import LayerCase, check_layer

CASES = [
    LayerCase({"type": "flatten"}, (5,), (5,)),
    LayerCase({"type": "flatten"}, (2, 3), (6,)),
    LayerCase({"type": "flatten"}, (4, 3, 2), (24,)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_flatten(case, float64):
    check_layer(case)
