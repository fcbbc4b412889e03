import importlib

import numpy as np
import pytest

import samenet
from samenet.compiler import graph_of
from samenet.graph.resolve import LocatedShapeError
from tests.layers.harness import LayerCase, check_layer, spec_of


def einsum(equation, sizes, **options):
    return {"type": "einsum_dense", "equation": equation, "output_shape": sizes, **options}


CASES = [
    LayerCase(einsum("ab,bc->ac", 4), (3,), (4,), 12),
    LayerCase(einsum("ab,bc->ac", [4], bias_axes="c"), (3,), (4,), 16),
    LayerCase(einsum("ab,bc->ac", 4, bias_axes="c", activation="relu"), (3,), (4,), 16),
    LayerCase(einsum("abc,cd->abd", [-1, 4], bias_axes="d"), (5, 3), (5, 4), 16),
    LayerCase(einsum("abc,cd->abd", [5, 4], bias_axes="d"), (5, 3), (5, 4), 16, batch=1),
    LayerCase(einsum("abc,cd->abd", [-1, 4], bias_axes="bd"), (5, 3), (5, 4), 12 + 20),
    LayerCase(einsum("abc,cd->abd", [-1, 4], bias_axes="b"), (5, 3), (5, 4), 12 + 5),
    LayerCase(einsum("abc,bd->acd", [-1, 4], bias_axes="d"), (5, 3), (3, 4), 20 + 4),
    LayerCase(einsum("abc,bcd->ad", 4, bias_axes="d"), (5, 3), (4,), 60 + 4),
    LayerCase(einsum("abc,cde->abde", [-1, 4, 2]), (5, 3), (5, 4, 2), 24),
    LayerCase(einsum("abc,cde->abde", [-1, 4, 2], bias_axes="de"), (5, 3), (5, 4, 2), 32),
    LayerCase(einsum("abc,cde->abde", [-1, 4, 2], bias_axes="e"), (5, 3), (5, 4, 2), 26),
    LayerCase(einsum("abcd,cde->abe", [-1, 2], bias_axes="e"), (5, 3, 4), (5, 2), 26),
    LayerCase(einsum("abc,bcd->abd", [-1, 4]), (5, 3), (5, 4), 60),
    LayerCase(einsum("ab,b->ab", -1, bias_axes="b"), (3,), (3,), 6),
    LayerCase(einsum("aB,BC->aC", 4), (3,), (4,), 12),
    LayerCase(einsum("...x,xy->...y", 4, bias_axes="y"), (3,), (4,), 16),
    LayerCase(einsum("...x,xy->...y", 4, bias_axes="y"), (5, 3), (5, 4), 16),
    LayerCase(einsum("...x,xy->...y", 4), (2, 2, 3), (2, 2, 4), 12),
    LayerCase(einsum("...bc,cd->...bd", [-1, 4], bias_axes="bd"), (2, 5, 3), (2, 5, 4), 32),
    LayerCase(einsum("...bc,cd->...bd", [-1, 4]), (5, 3), (5, 4), 12),
    LayerCase(einsum("ab...,bc->ac...", 4, bias_axes="c"), (3, 5), (4, 5), 16),
    LayerCase(einsum("ab...,bc->ac...", 4, bias_axes="c"), (3, 5, 2), (4, 5, 2), 16),
    LayerCase(einsum("ab...,bc->ac...", 4), (3,), (4,), 12),
    LayerCase(
        einsum("abc,cd->abd", [-1, 4], activation="softmax", dropout=0.0, kernel_regularizer="l2"),
        (5, 3),
        (5, 4),
        12,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_einsum_dense(case, float64):
    check_layer(case)


REFUSED = [
    (einsum("ab,bc", 4), (3,), "no equation"),
    (einsum("ab,bc->ca", 4), (3,), "no equation"),
    (einsum("ab,bc->acd", 4), (3,), "no equation"),
    (einsum("aab,bc->aac", 4), (3, 3), "no equation"),
    (einsum("...b,bc->c", 4), (3,), "no equation"),
    (einsum("ab,abc->ac", 4), (3,), "no equation"),
    (einsum("ab,bc->ac", 4), (5, 3), "names 2 axes of the input, found (N, 5, 3)"),
    (einsum("abc,cd->abd", 4), (5, 3), "has to say 2 sizes, of b, d"),
    (einsum("abc,cd->abd", [6, 4]), (5, 3), "axis b is 5 in the input (N, 5, 3) and 6"),
    (einsum("abc,cd->abd", [-1, -1]), (5, 3), "axis d is not known"),
    (einsum("abc,cd->abd", [-1, 0]), (5, 3), "a size in output_shape is 0"),
    (einsum("ab,bcd->ac", 4), (3,), "kernel's axis d"),
    (einsum("ab,bc->ac", 4, bias_axes="b"), (3,), "bias_axes 'b'"),
    (einsum("ab,bc->ac", 4, bias_axes="a"), (3,), "bias_axes 'a'"),
    (einsum("...abc,cd->...abd", [-1, -1, 4]), (5, 3), "no axis for the batch"),
    (einsum("abc,cd->abd", [-1, 5], bias_axes="b"), (5, 3), "along axis 2 of (N, 5, 5)"),
    (einsum("abc,cde->abde", [-1, 5, 1], bias_axes="de"), (5, 3), "along axis 1 of (N, 5, 5, 1)"),
]


@pytest.mark.parametrize(("layer", "shape", "words"), REFUSED, ids=str)
def test_refused(layer, shape, words):
    with pytest.raises(LocatedShapeError) as caught:
        graph_of(spec_of(layer, shape))
    assert words in caught.value.error.message


def test_keras_adds_a_column_along_the_last_axis():
    """Why biases are refused whose axis has the size of the last one; NumPy adds them right."""
    keras = importlib.import_module("keras")
    x, column = np.zeros((2, 3, 3)), np.array([[1.0], [2.0], [3.0]])
    np.testing.assert_array_equal(keras.ops.add(x, column), x + column.T)


def test_products_are_counted():
    shapes = [((3,), 12), ((5, 3), 60), ((2, 5, 3), 120)]
    for shape, count in shapes:
        graph = graph_of(spec_of(einsum("...x,xy->...y", 4), shape))
        assert graph.multiply_adds == count


def test_keys_have_the_names_of_keras():
    """In Python `output_shape` is a method, so that the key stands in a field of another name."""
    spec = {
        "version": 1,
        "input": {"shape": [5, 3]},
        "layers": [{**einsum("abc,cd->abd", [-1, 4]), "output_shap": 4}],
        "optimizer": {"type": "adam"},
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
    }
    (diagnostic,) = samenet.validate(spec)
    assert "output_shap" in diagnostic.message
    assert "output_shape" in diagnostic.hint
