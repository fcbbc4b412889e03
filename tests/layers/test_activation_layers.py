"""The activations that are layers with arguments of their own."""

import numpy as np
import pytest

import samenet
from samenet.compiler import compile_spec
from samenet.diagnostics import Code
from tests.layers.harness import LayerCase, build, check_layer, spec_of
from tests.layers.test_activation import outputs

SHAPES = [(7,), (4, 3), (3, 2, 4), (2, 3, 2, 2)]
ERF = 2e-8, "TensorFlow computes it through constants of single precision"


def elementwise(layer, shapes=SHAPES, tolerance=1e-11, why=""):
    return [LayerCase(layer, shape, shape, 0, tolerance, why) for shape in shapes]


CASES = [
    *elementwise({"type": "identity"}),
    *elementwise({"type": "relu"}),
    *elementwise({"type": "relu", "max_value": 0.5}),
    *elementwise({"type": "relu", "max_value": 6.0}),
    *elementwise({"type": "relu", "max_value": 0.0}),
    *elementwise({"type": "relu", "max_value": 0.1}),
    *elementwise({"type": "relu", "negative_slope": 0.3}),
    *elementwise({"type": "relu", "threshold": 0.5}),
    *elementwise({"type": "relu", "threshold": 0.1}),
    *elementwise({"type": "relu", "threshold": 0.5, "max_value": 1.0}),
    *elementwise({"type": "relu", "threshold": 0.5, "max_value": 0.25}),
    *elementwise({"type": "relu", "threshold": 0.5, "negative_slope": 0.25}),
    *elementwise({"type": "relu", "max_value": 0.5, "negative_slope": 0.3}),
    *elementwise({"type": "relu", "max_value": 6.0, "negative_slope": 0.3}),
    *elementwise({"type": "relu", "max_value": 1.5, "negative_slope": 0.3, "threshold": 0.25}),
    *elementwise({"type": "leaky_relu"}),
    *elementwise({"type": "leaky_relu", "negative_slope": 0.0}),
    *elementwise({"type": "leaky_relu", "negative_slope": 0.01}),
    *elementwise({"type": "elu"}),
    *elementwise({"type": "elu", "alpha": 0.3}),
    *elementwise({"type": "elu", "alpha": 2.5}),
    *elementwise({"type": "gelu"}, SHAPES, *ERF),
    *elementwise({"type": "gelu", "approximate": True}, SHAPES, *ERF),
    *elementwise({"type": "softmax"}),
    *elementwise({"type": "softmax", "axis": 1}),
    *elementwise({"type": "softmax", "axis": -2}, SHAPES[1:]),
    *elementwise({"type": "softmax", "axis": [2]}, SHAPES[1:]),
    *elementwise({"type": "softmax", "axis": [1, 2]}, SHAPES[1:]),
    *elementwise({"type": "softmax", "axis": [-1, -3]}, SHAPES[2:]),
    LayerCase({"type": "prelu"}, (7,), (7,), 7),
    LayerCase({"type": "prelu"}, (4, 3), (4, 3), 12),
    LayerCase({"type": "prelu"}, (3, 2, 4), (3, 2, 4), 24),
    LayerCase({"type": "prelu", "shared_axes": 1}, (7,), (7,), 1),
    LayerCase({"type": "prelu", "shared_axes": [1]}, (4, 3), (4, 3), 3),
    LayerCase({"type": "prelu", "shared_axes": [2]}, (4, 3), (4, 3), 4),
    LayerCase({"type": "prelu", "shared_axes": [1, 2]}, (3, 2, 4), (3, 2, 4), 4),
    LayerCase({"type": "prelu", "shared_axes": [1, 2]}, (3, 2, 1), (3, 2, 1), 1),
    LayerCase({"type": "prelu", "shared_axes": [1, 3]}, (3, 2, 4), (3, 2, 4), 2),
    LayerCase({"type": "prelu", "shared_axes": [1, 2, 3]}, (3, 2, 4), (3, 2, 4), 1),
    LayerCase({"type": "prelu", "shared_axes": [1, 2, 3]}, (2, 3, 2, 5), (2, 3, 2, 5), 5),
    LayerCase({"type": "prelu", "shared_axes": [3]}, (2, 3, 2, 5), (2, 3, 2, 5), 30, batch=1),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.layer['type']} {case}")
def test_activation_layers(case, float64):
    check_layer(case)


PUBLISHED = [
    # The examples of Keras' documentation.
    ({"type": "relu", "negative_slope": 0.5}, [-10, -5, 0, 5, 10], [-5, -2.5, 0, 5, 10]),
    ({"type": "relu", "max_value": 5.0}, [-10, -5, 0, 5, 10], [0, 0, 0, 5, 5]),
    ({"type": "relu", "threshold": 5.0}, [-10, -5, 0, 5, 10], [0, 0, 0, 0, 10]),
    (
        {"type": "relu", "max_value": 10.0, "negative_slope": 0.5, "threshold": 0.0},
        [-10, -5, 0, 5, 10],
        [-5, -2.5, 0, 5, 10],
    ),
    (
        {"type": "relu", "max_value": 6.0, "negative_slope": 0.5, "threshold": 2.0},
        [-2, 1, 2, 3, 9],
        [-2, -0.5, 0, 3, 6],
    ),
    ({"type": "leaky_relu", "negative_slope": 0.5}, [-10, -5, 0, 5, 10], [-5, -2.5, 0, 5, 10]),
    ({"type": "leaky_relu"}, [-10, 10], [-3, 10]),
    ({"type": "softmax"}, [1, 2, 1], [0.21194157, 0.5761169, 0.21194157]),
    ({"type": "gelu", "approximate": True}, [1], [0.8411919906082768]),
    ({"type": "gelu"}, [1], [0.8413447460685429]),
    ({"type": "elu", "alpha": 2.0}, [-np.log(2), 3], [-1, 3]),
]


@pytest.mark.parametrize(("layer", "x", "expected"), PUBLISHED, ids=str)
def test_known_values(layer, x, expected, float64):
    for backend, found in outputs(layer, [float(value) for value in x]).items():
        np.testing.assert_allclose(found, expected, rtol=6e-8, atol=1e-8, err_msg=backend)


@pytest.mark.parametrize("layer", [{"type": "gelu", "approximate": True}])
def test_a_saved_keras_model_keeps_the_approximation(layer, tmp_path, float64):
    import keras

    model = build(spec_of(layer, (3,)), "keras")
    model.save(tmp_path / "model.keras")
    x = np.array([[-1.0, 0.5, 2.0]])
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), model(x))


def diagnostics(shape, *layers):
    spec = {
        "version": 1,
        "input": {"shape": shape},
        "layers": [*layers],
        "optimizer": {"type": "adam"},
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
    }
    return samenet.validate(spec)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ({"type": "softmax", "axis": 3}, ("softmax", "axis 3", "(N, 4, 3)")),
        ({"type": "softmax", "axis": 0}, ("softmax", "axis 0")),
        ({"type": "softmax", "axis": [1, -2]}, ("softmax", "twice", "(N, 4, 3)")),
        ({"type": "prelu", "shared_axes": [3]}, ("prelu", "axis 3", "(N, 4, 3)")),
    ],
    ids=str,
)
def test_axes_that_do_not_exist(layer, words):
    (diagnostic,) = diagnostics([4, 3], layer)
    assert diagnostic.code is Code.SHAPE
    for word in words:
        assert word in diagnostic.message


def test_softmax_layer_refuses_masks():
    (diagnostic,) = diagnostics([4, 3], {"type": "masking"}, {"type": "softmax"})
    assert diagnostic.code is Code.SHAPE
    assert "mask" in diagnostic.message
    assert "activation" in diagnostic.hint


@pytest.mark.parametrize(
    ("layer", "key"),
    [
        ({"type": "relu", "max_value": -1.0}, "max_value"),
        ({"type": "relu", "negative_slope": -0.5}, "negative_slope"),
        ({"type": "relu", "threshold": -0.5}, "threshold"),
        ({"type": "leaky_relu", "negative_slope": -0.5}, "negative_slope"),
        ({"type": "softmax", "axis": []}, "axis"),
        ({"type": "activation", "activation": "threshold"}, "activation"),
    ],
    ids=str,
)
def test_arguments_that_keras_refuses(layer, key):
    (diagnostic,) = diagnostics([4], layer)
    assert diagnostic.path == ("layers", 0, key)


@pytest.mark.parametrize(
    ("ending", "fits"),
    [
        ({"type": "softmax"}, True),
        ({"type": "activation", "activation": "softmax"}, True),
        ({"type": "softmax", "axis": -1}, True),
        ({"type": "activation", "activation": "log_softmax"}, False),
        ({"type": "relu"}, False),
    ],
    ids=str,
)
def test_a_cross_entropy_finds_the_softmax(ending, fits):
    spec = {
        "version": 1,
        "input": {"shape": [4]},
        "layers": [{"type": "dense", "units": 3}, ending],
        "optimizer": {"type": "adam"},
        "training": {"loss": "sparse_categorical_crossentropy"},
        "data": {"source": "arrays"},
    }
    found = samenet.validate(spec)
    assert [item.code for item in found] == ([] if fits else [Code.LOSS])


@pytest.mark.parametrize(
    "layer",
    [
        {"type": "relu", "max_value": 1.5, "threshold": 0.25},
        {"type": "leaky_relu"},
        {"type": "prelu", "shared_axes": [1, 2, 3]},
        {"type": "activation", "activation": "squareplus"},
        {"type": "dropout", "rate": 0.5},
        {"type": "gaussian_noise", "stddev": 0.5},
        {"type": "identity"},
    ],
    ids=str,
)
def test_elements_need_no_layout(layer):
    """Between layers that take channels first, nothing is permuted for them."""
    normalization = {"type": "batch_normalization"}
    spec = spec_of(layer, (3, 2, 4), before=[normalization])
    text = compile_spec(spec, "torch").text
    assert text.count("permute(0, 3, 1, 2)") == 1
    assert text.count("permute(0, 2, 3, 1)") == 1
