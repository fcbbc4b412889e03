"""Layers with windows, shared by inputs of several sizes, which TensorFlow pads differently."""

import importlib

import numpy as np
import pytest

from samenet import runtime
from samenet.document import from_mapping
from samenet.expansion import expanded
from samenet.spec.validation import validated
from tests.layers.harness import build, compare

# Where windows of 3 in steps of 2 pad both ends, only the end, one axis each, one axis hardly.
SHAPES = {"a": (7, 9, 2), "b": (6, 8, 2), "c": (6, 9, 2), "d": (1, 4, 2)}
SAME = {"strides": 2, "padding": "same"}

LAYERS = [
    {"type": "conv2d", "filters": 2, "kernel_size": 3} | SAME,
    {"type": "conv2d", "filters": 2, "kernel_size": 3, "padding": "same"},
    {"type": "conv2d", "filters": 2, "kernel_size": 1} | SAME,
    {"type": "depthwise_conv2d", "kernel_size": 3} | SAME,
    {"type": "separable_conv2d", "filters": 2, "kernel_size": 3} | SAME,
    {"type": "conv2d_transpose", "filters": 2, "kernel_size": 3} | SAME,
    {"type": "max_pooling2d", "pool_size": 3} | SAME,
    {"type": "average_pooling2d", "pool_size": 3} | SAME,
    {"type": "average_pooling2d", "pool_size": 2, "strides": 1, "padding": "same"},
    {"type": "adaptive_average_pooling2d", "output_size": [1, 3]},
    {"type": "adaptive_max_pooling2d", "output_size": 2},
    {"type": "adaptive_max_pooling2d", "output_size": 1},
]


def spec_of(layer, order):
    owner, *others = order
    names = ["own", *(f"of_{name}" for name in others)]
    shares = [{"share": "own", "name": f"of_{name}", "inputs": name} for name in others]
    tree = {
        "version": 1,
        "inputs": {name: {"shape": SHAPES[name]} for name in order},
        "layers": [layer | {"name": "own", "inputs": owner}, *shares],
        "outputs": names,
        "optimizer": {"type": "sgd"},
        "training": {"loss": dict.fromkeys(names, "mean_squared_error")},
        "data": {"source": "arrays"},
    }
    return validated(expanded(from_mapping(tree), (), folder=None))


@pytest.mark.parametrize("order", ["abcd", "bacd", "dcba"])
@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: " ".join(map(str, layer.values())))
def test_each_use_is_padded_as_in_keras(layer, order, float64):
    torch = importlib.import_module("torch")
    spec = spec_of(layer, order)
    random = np.random.default_rng(3)
    x = {name: random.normal(size=(2, *SHAPES[name])) for name in order}
    models = {backend: build(spec, backend) for backend in ("keras", "torch")}
    shapes = runtime.weights(models["keras"], "keras")
    weights = {path: random.normal(size=values.shape) for path, values in shapes.items()}
    for backend, model in models.items():
        runtime.set_weights(model, backend, weights)
    expected = models["keras"](x, training=False)
    with torch.no_grad():
        found = models["torch"].eval()({name: torch.from_numpy(v) for name, v in x.items()})
    for name, values in expected.items():
        compare(found[name].numpy(), np.asarray(values), 1e-11, name)
