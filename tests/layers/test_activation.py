import numpy as np
import pytest

import samenet
from samenet.diagnostics import Code
from samenet.layers.activation import TORCH
from tests.layers.harness import LayerCase, build, check_layer, spec_of

LOOSE = {
    "gelu": (2e-8, "TensorFlow computes it through constants of single precision"),
    "softplus": (1e-8, "PyTorch's is linear above 20, TensorFlow's above 15"),
    "hard_sigmoid": (2e-8, "PyTorch's gradient 1/6 has single precision"),
}


def case(name: str, shape: tuple[int, ...]) -> LayerCase:
    layer = {"type": "activation", "activation": name}
    if name in LOOSE:
        return LayerCase(layer, shape, shape, 0, *LOOSE[name])
    return LayerCase(layer, shape, shape)


CASES = [case(name, shape) for name in TORCH for shape in ((40,), (3, 4, 5))]
CASES += [
    LayerCase({"type": "activation", "activation": "glu"}, (6,), (3,)),
    LayerCase({"type": "activation", "activation": "glu"}, (3, 5, 2), (3, 5, 1)),
    LayerCase({"type": "activation", "activation": "glu"}, (4, 6), (4, 3), batch=1),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_activation(case, float64):
    check_layer(case)


def outputs(layer: dict, x: list[float]) -> dict[str, np.ndarray]:
    """What both frameworks make of a vector."""
    found = {}
    for backend in ("keras", "torch"):
        model = build(spec_of(layer, (len(x),)), backend)
        if backend == "keras":
            found[backend] = np.asarray(model(np.array([x])))[0]
        else:
            import torch

            found[backend] = model.eval()(torch.tensor([x])).detach().numpy()[0]
    return found


LOG2, E = np.log(2), np.e
PUBLISHED = [
    # Of Keras' own documentation and definitions.
    ("relu", [-10, -5, 0.0, 5, 10], [0, 0, 0, 5, 10]),
    ("relu6", [-3.0, 2.0, 6.0, 7.5], [0, 2, 6, 6]),
    ("leaky_relu", [-10.0, 0.0, 3.0], [-2, 0, 3]),
    ("hard_sigmoid", [-3.0, -1.0, 0.0, 1.0, 3.0], [0, 1 / 3, 1 / 2, 2 / 3, 1]),
    ("hard_silu", [-3.0, -1.0, 0.0, 1.0, 4.0], [0, -1 / 3, 0, 2 / 3, 4]),
    ("hard_tanh", [-2.0, -1.0, 0.5, 3.0], [-1, -1, 0.5, 1]),
    ("hard_shrink", [-0.5, 0.0, 1.0], [0, 0, 1]),
    ("soft_shrink", [-1.0, -0.5, 0.25, 1.0], [-0.5, 0, 0, 0.5]),
    ("tanh_shrink", [-1.0, 0.0], [-1 + np.tanh(1), 0]),
    ("softplus", [0.0, -LOG2], [LOG2, np.log(1.5)]),
    ("softsign", [-1.0, 0.0, 3.0], [-0.5, 0, 0.75]),
    ("sparse_plus", [-1.0, 0.0, 1.0, 2.0], [0, 0.25, 1, 2]),
    ("sparse_sigmoid", [-6.0, -0.5, 0.0, 1.0], [0, 0.25, 0.5, 1]),
    ("squareplus", [-1.0, 0.0, 1.5], [(np.sqrt(5) - 1) / 2, 1, 2]),
    ("sparsemax", [-0.5, 0.0, 1.0, 2.0, 3.0], [0, 0, 0, 0, 1]),
    ("log_sigmoid", [0.0], [-LOG2]),
    ("log_softmax", [0.0, 0.0], [-LOG2, -LOG2]),
    ("exponential", [0.0, 1.0, -1.0], [1, E, 1 / E]),
    ("elu", [-1.0, 2.0], [1 / E - 1, 2]),
    ("celu", [-1.0, 2.0], [1 / E - 1, 2]),
    ("selu", [-1.0, 1.0], [1.7580993408473766 * (1 / E - 1), 1.0507009873554805]),
    ("silu", [0.0, 1.0], [0, E / (1 + E)]),
    ("mish", [0.0, 1.0], [0, np.tanh(np.log(1 + E))]),
    ("gelu", [0.0, 1.0], [0, 0.8413447460685429]),
    ("glu", [1.0, 2.0, 0.0, 0.0], [0.5, 1]),
    ("softmax", [1.0, 2.0, 1.0], [0.21194156, 0.57611688, 0.21194156]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "x", "expected"), PUBLISHED, ids=lambda value: str(value)[:20])
def test_known_values(name, x, expected, float64):
    layer = {"type": "activation", "activation": name}
    for backend, found in outputs(layer, [float(value) for value in x]).items():
        np.testing.assert_allclose(found, expected, rtol=2e-8, atol=1e-8, err_msg=backend)


def test_sparsemax_is_what_keras_computes(float64):
    """The true one would give 0.55 and 0.45: Keras sums the cumulative sums."""
    for found in outputs({"type": "activation", "activation": "sparsemax"}, [0.5, 0.4]).values():
        np.testing.assert_allclose(found, [0.3, 0.2], rtol=1e-12)


def test_glu_needs_an_even_axis():
    spec = {
        "version": 1,
        "input": {"shape": [4, 5]},
        "layers": [{"type": "activation", "activation": "glu"}],
        "optimizer": {"type": "adam"},
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
    }
    (diagnostic,) = samenet.validate(spec)
    assert diagnostic.code is Code.SHAPE
    assert "(N, 4, 5)" in diagnostic.message
    assert "even" in diagnostic.hint
