"""Masks through merges: multiply, maximum and minimum show in their outputs what is masked."""

import numpy as np
import pytest

from tests.layers.harness import LayerCase, check_layer

STEPS, FEATURES = 6, 3


def padded(random, shape):
    """Inputs in which about a third of the steps are all zero."""
    x = random.normal(size=shape)
    return x * (random.random((*shape[:-1], 1)) < 2 / 3)


def masked(name):
    return {"type": "masking", "name": f"masked_{name}", "inputs": name}


def case(kind, names, before, **options):
    """A merge of named values behind other layers; inputs a, b, c are (6, 3)."""
    layer = {"type": kind, "inputs": names, **options}
    inputs = ((STEPS, FEATURES),) * 3
    return LayerCase(layer, inputs, (STEPS, FEATURES), before=before, draw=padded)


A, B, C = masked("a"), masked("b"), masked("c")
ALL = ["masked_a", "masked_b", "masked_c"]


def then(kind, **options):
    """A merge whose mask the next layer shows."""
    return {"type": kind, "name": "merged", "inputs": ["masked_a", "masked_b"], **options}


CASES = [
    *(case(kind, ALL, [A, B, C]) for kind in ("multiply", "maximum", "minimum")),
    *(
        case(kind, names, [A, C])
        for kind in ("multiply", "maximum", "minimum")
        for names in (["masked_a", "b", "masked_c"], ["b", "masked_a", "masked_c"])
    ),
    *(
        case("multiply", ["merged", "masked_c"], [A, B, C, then(kind)])
        for kind in ("add", "subtract", "average", "maximum", "minimum", "multiply")
    ),
    # A constant is a plain operation of Keras, which loses the mask.
    case("maximum", ["sum", "masked_b", "c"], [
        A, B, {"type": "add", "name": "sum", "inputs": "masked_a", "constant": 1.0},
    ]),
    case("multiply", ["masked_a", "b", "c"], [A]),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.layer['type']} {len(c.before)} {c}")
def test_masks_of_merges(case, float64):
    check_layer(case)


def concatenation(names, axis, output, c):
    layers = [A, B, masked("c")]
    used = [layer for layer in layers if layer["name"] in (*names, "masked_c")]
    joined = {"type": "concatenate", "name": "joined", "inputs": names, "axis": axis}
    layer = {"type": "multiply", "inputs": ["joined", "masked_c"]}
    shapes = ((STEPS, FEATURES), (STEPS, FEATURES), c)
    return LayerCase(layer, shapes, output, before=[*used, joined], draw=padded)


CONCATENATIONS = [
    concatenation(["masked_a", "masked_b"], 1, (12, 3), (12, 3)),
    concatenation(["masked_a", "b"], 1, (12, 3), (12, 3)),
    concatenation(["a", "masked_b"], -2, (12, 3), (12, 3)),
    concatenation(["masked_a", "masked_b"], -1, (6, 6), (6, 6)),
    concatenation(["masked_a", "b"], -1, (6, 6), (6, 6)),
    concatenation(["masked_a", "b"], 2, (6, 6), (6, 1)),
]


@pytest.mark.parametrize("case", CONCATENATIONS, ids=lambda c: str(c.before[-1]))
def test_masks_of_concatenations(case, float64):
    check_layer(case)


def test_some_steps_are_padding():
    """The inputs of the tests above do have masked steps, and others."""
    x = padded(np.random.default_rng(7), (6, STEPS, FEATURES))
    counts = (x != 0).any(axis=-1)
    assert 0 < counts.sum() < counts.size
