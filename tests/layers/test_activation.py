import pytest

from samenet.layers import Activation
from samenet.layers.activation import TORCH
from tests.layers.harness import LayerCase, check_layer

LOOSE = {
    "gelu": (2e-8, "TensorFlow computes it through constants of single precision"),
    "softplus": (1e-8, "PyTorch's is linear above 20, TensorFlow's above 15"),
}


def case(name: str, shape: tuple[int, ...]) -> LayerCase:
    layer = {"type": "activation", "activation": name}
    if name in LOOSE:
        return LayerCase(layer, shape, shape, 0, *LOOSE[name])
    return LayerCase(layer, shape, shape)


CASES = [case(name, shape) for name in TORCH for shape in ((40,), (3, 4, 5))]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_activation(case, float64):
    check_layer(case)


def test_every_named_activation_has_a_case():
    annotation = Activation.model_fields["activation"].annotation
    assert set(annotation.__args__) == set(TORCH)
