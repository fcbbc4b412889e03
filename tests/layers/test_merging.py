"""Merges: shapes, broadcasting, constants and ties; masks are in `test_merging_masks.py`."""

import numpy as np
import pytest

import samenet
from samenet.diagnostics import Code
from tests.layers.harness import LayerCase, build, check_layer, integers, spec_of

ELEMENTWISE = ["add", "multiply", "average", "maximum", "minimum"]
PAIRS = [*ELEMENTWISE, "subtract"]

SHAPES = [
    # (inputs, output)
    (((5,), (5,)), (5,)),
    (((4, 5), (4, 5)), (4, 5)),
    (((4, 5), (5,)), (4, 5)),  # an axis is inserted behind the batch
    (((5,), (4, 5)), (4, 5)),
    (((3, 4, 5), (5,)), (3, 4, 5)),
    (((3, 4, 5), (1, 1, 5)), (3, 4, 5)),  # squeeze and excitation
    (((3, 4, 5), (3, 4, 1)), (3, 4, 5)),  # a spatial gate
    (((3, 1, 5), (1, 4, 1)), (3, 4, 5)),
    (((2, 3, 4, 5), (2, 3, 4, 5)), (2, 3, 4, 5)),
    (((1,), (7,)), (7,)),
]

CASES = [
    *(LayerCase({"type": kind}, inputs, output) for kind in PAIRS for inputs, output in SHAPES),
    *(LayerCase({"type": kind}, ((4, 5),) * 3, (4, 5)) for kind in ELEMENTWISE),
    *(LayerCase({"type": kind}, ((3, 4, 5), (5,), (4, 5)), (3, 4, 5)) for kind in ELEMENTWISE),
    *(LayerCase({"type": kind}, ((4, 5),) * 5, (4, 5), batch=1) for kind in ELEMENTWISE),
    # Whole numbers from 0 to 2 are full of ties.
    *(
        LayerCase({"type": kind}, ((4, 5),) * 3, (4, 5), draw=lambda r, s: integers(3)(r, s) * 1.0)
        for kind in ("maximum", "minimum")
    ),
    *(
        LayerCase({"type": kind, "constant": constant}, (3, 4), (3, 4))
        for kind in ("add", "subtract", "multiply", "maximum", "minimum")
        for constant in (3.0, 0.1, -0.7, 0.0, 0.16666666666666666)
    ),
    *(
        LayerCase({"type": kind, "constant": 1.0}, (3, 4), (3, 4), draw=draw)
        for kind in ("maximum", "minimum")
        for draw in (lambda r, s: integers(3)(r, s) * 1.0,)
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.layer['type']} {case}")
def test_merging(case, float64):
    check_layer(case)


CONCATENATE = [
    LayerCase({"type": "concatenate"}, ((5,), (3,)), (8,)),
    LayerCase({"type": "concatenate", "axis": 1}, ((5,), (3,)), (8,)),
    LayerCase({"type": "concatenate"}, ((4, 5), (4, 3)), (4, 8)),
    LayerCase({"type": "concatenate", "axis": 1}, ((4, 5), (1, 5), (2, 5)), (7, 5)),
    LayerCase({"type": "concatenate", "axis": -2}, ((4, 5), (1, 5)), (5, 5)),
    LayerCase({"type": "concatenate"}, ((3, 4, 5), (3, 4, 2), (3, 4, 1)), (3, 4, 8)),
    LayerCase({"type": "concatenate", "axis": 1}, ((3, 4, 5), (2, 4, 5)), (5, 4, 5)),
    LayerCase({"type": "concatenate", "axis": 2}, ((3, 4, 5), (3, 1, 5)), (3, 5, 5)),
    LayerCase({"type": "concatenate", "axis": 3}, ((3, 4, 5), (3, 4, 1)), (3, 4, 6)),
    LayerCase({"type": "concatenate", "axis": 1}, ((2, 3, 4, 5), (1, 3, 4, 5)), (3, 3, 4, 5)),
]


@pytest.mark.parametrize("case", CONCATENATE, ids=str)
def test_concatenate(case, float64):
    check_layer(case)


UP = {"type": "up_sampling2d", "name": "up", "inputs": "a"}


def behind_channels_first(layer, other, output):
    """A merge of what an up-sampling gives, (4, 6, 5) with its channels first in PyTorch."""
    return LayerCase({**layer, "inputs": ["up", "b"]}, ((2, 3, 5), other), output, before=[UP])


FIRST = [
    *(
        behind_channels_first({"type": kind}, other, (4, 6, 5))
        for kind in PAIRS
        for other in ((4, 6, 5), (1, 1, 5), (4, 6, 1), (1, 6, 1), (6, 5), (5,))
    ),
    behind_channels_first({"type": "concatenate"}, (4, 6, 2), (4, 6, 7)),
    behind_channels_first({"type": "concatenate", "axis": 3}, (4, 6, 2), (4, 6, 7)),
    behind_channels_first({"type": "concatenate", "axis": 1}, (1, 6, 5), (5, 6, 5)),
    behind_channels_first({"type": "concatenate", "axis": -2}, (4, 2, 5), (4, 8, 5)),
    behind_channels_first({"type": "dot", "axes": [3, 1]}, (5, 2), (4, 6, 2)),
    behind_channels_first({"type": "dot", "axes": 1}, (4, 2), (6, 5, 2)),
]


@pytest.mark.parametrize("case", FIRST, ids=lambda case: f"{case.layer['type']} {case}")
def test_behind_channels_first(case, float64):
    check_layer(case)


def dot(axes, inputs, output, **options):
    return LayerCase({"type": "dot", "axes": axes, **options}, inputs, output)


DOTS = [
    dot(1, ((5,), (5,)), (1,)),
    dot(-1, ((5,), (5,)), (1,)),
    dot(1, ((5,), (5,)), (1,), normalize=True),
    dot([1, 2], ((20,), (30, 20)), (30,)),
    dot([2, 1], ((4, 5), (5,)), (4,)),
    dot([2, 1], ((4, 5), (5, 3)), (4, 3)),
    dot([1, 2], ((3, 5), (10, 3)), (5, 10)),
    dot(1, ((3, 5), (3, 7)), (5, 7)),
    dot(2, ((3, 5), (7, 5)), (3, 7)),
    dot(-1, ((3, 5), (7, 5)), (3, 7)),
    dot(2, ((3, 5), (7, 5)), (3, 7), normalize=True),
    dot([-1, -2], ((3, 5), (5, 7)), (3, 7)),
    dot([3, 1], ((2, 3, 5), (5,)), (2, 3)),
    dot([3, 1], ((2, 3, 5), (5, 7)), (2, 3, 7)),
    dot([2, 3], ((2, 3, 5), (4, 6, 3)), (2, 5, 4, 6)),
    dot([1, 2], ((4, 3, 2), (5, 4, 6)), (3, 2, 5, 6), normalize=True),
]


@pytest.mark.parametrize("case", DOTS, ids=str)
def test_dot(case, float64):
    check_layer(case)


@pytest.mark.parametrize("backend", ["keras", "torch"])
@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ({"type": "add"}, [[5.0, 3.0]]),
        ({"type": "subtract"}, [[-3.0, 1.0]]),
        ({"type": "multiply"}, [[4.0, 2.0]]),
        ({"type": "average"}, [[2.5, 1.5]]),
        ({"type": "maximum"}, [[4.0, 2.0]]),
        ({"type": "minimum"}, [[1.0, 1.0]]),
        ({"type": "concatenate"}, [[1.0, 2.0, 4.0, 1.0]]),
        ({"type": "dot", "axes": 1}, [[6.0]]),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_values(backend, layer, expected):
    """Worked out by hand, for the inputs (1, 2) and (4, 1)."""
    model = build(spec_of(layer, ((2,), (2,))), backend)
    inputs = {"a": np.float32([[1, 2]]), "b": np.float32([[4, 1]])}
    np.testing.assert_array_equal(output(model, inputs, backend), expected)


@pytest.mark.parametrize("kind", ["maximum", "minimum"])
@pytest.mark.parametrize("values", [(np.nan, 1.0), (1.0, np.nan), (np.nan, np.nan)], ids=str)
def test_not_a_number_goes_on(kind, values):
    """A diverged training must not be hidden."""
    spec = spec_of({"type": kind}, ((1,), (1,)))
    inputs = {name: np.float32([[value]]) for name, value in zip("ab", values, strict=True)}
    for backend in ("keras", "torch"):
        assert np.isnan(output(build(spec, backend), inputs, backend)).all(), backend


def output(model, inputs, backend):
    import torch

    if backend == "keras":
        return np.asarray(model(inputs))
    with torch.inference_mode():
        return model({name: torch.from_numpy(values) for name, values in inputs.items()}).numpy()


REFUSED = [
    ({"type": "add"}, ((4, 5), (4, 3)), ("(N, 4, 5)", "(N, 4, 3)", "equal or 1")),
    ({"type": "multiply"}, ((4, 5), (4,)), ("(N, 4, 5)", "(N, 4)")),
    ({"type": "add"}, ((4,),), ("one input",)),
    ({"type": "add", "constant": 1.0}, ((4,), (4,)), ("one input", "found 2")),
    ({"type": "subtract"}, ((4,), (4,), (4,)), ("subtract", "3")),
    ({"type": "average"}, ((4,),), ("average", "2")),
    ({"type": "concatenate"}, ((4, 5), (3, 5)), ("(N, 4, 5)", "(N, 3, 5)", "axis 2")),
    ({"type": "concatenate"}, ((4, 5), (5,)), ("(N, 4, 5)", "(N, 5)")),
    ({"type": "concatenate", "axis": 0}, ((4,), (4,)), ("axis = 0",)),
    ({"type": "concatenate", "axis": 2}, ((4,), (4,)), ("axis = 2",)),
    ({"type": "dot", "axes": 1}, ((4,), (5,)), ("found 4", "5 (axis 1")),
    ({"type": "dot", "axes": 0}, ((4,), (4,)), ("axis 0",)),
    ({"type": "dot", "axes": [1, 3]}, ((4,), (5, 4)), ("axis 3", "(N, 5, 4)")),
]


@pytest.mark.parametrize(("layer", "inputs", "words"), REFUSED, ids=str)
def test_refused(layer, inputs, words):
    names = "abc"[: len(inputs)]
    (diagnostic,) = samenet.validate(
        {
            "version": 1,
            "inputs": {name: {"shape": shape} for name, shape in zip(names, inputs, strict=True)},
            "layers": [{**layer, "inputs": list(names)}],
            "optimizer": {"type": "adam"},
            "training": {"loss": "mean_squared_error"},
            "data": {"source": "arrays"},
        }
    )
    assert diagnostic.code in (Code.SHAPE, Code.ARITY)
    for word in words:
        assert word in diagnostic.message, diagnostic.message
