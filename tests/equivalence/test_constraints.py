"""Constraints: what both programs' expressions make of a weight, in double precision."""

from __future__ import annotations

import importlib
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pydantic import TypeAdapter

import samenet
from samenet.constraints import Constraint
from samenet.lowering import lower
from tests.equivalence.differences import within
from tests.equivalence.expressions import live

# Measured: 4e-16 of numbers up to 3.
TOLERANCE = 1e-14

ANY: TypeAdapter[Any] = TypeAdapter(Constraint)

pytestmark = pytest.mark.usefixtures("float64")

SHAPES = [(7,), (4, 3), (2, 3, 4), (3, 2, 5, 4)]


def subsets(rank: int) -> list[tuple[int, ...]]:
    """All sets of axes of a rank, counted from the front."""
    counts = range(1, rank + 1)
    return [axes for count in counts for axes in itertools.combinations(range(rank), count)]


SHAPES_AND_AXES = [(shape, axes) for shape in SHAPES for axes in subsets(len(shape))]

KINDS = [
    {"type": "max_norm"},
    {"type": "max_norm", "max_value": 1.1},
    {"type": "unit_norm"},
    {"type": "min_max_norm"},
    {"type": "min_max_norm", "min_value": 1.3, "max_value": 2.1},
    {"type": "min_max_norm", "min_value": 1.3, "max_value": 2.1, "rate": 0.7},
    {"type": "min_max_norm", "min_value": 1.3, "max_value": 2.1, "rate": 0.0},
]


def judged(value: Any, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What both programs' constraints make of a weight: Keras' first."""
    tf, torch = (importlib.import_module(name) for name in ("tensorflow", "torch"))
    constraint = ANY.validate_python(value)
    keras_program, torch_program = (live(lower(constraint, b)) for b in ("keras", "torch"))
    return (
        np.asarray(keras_program(tf.constant(w))),
        torch_program(torch.from_numpy(w)).numpy(),
    )


def by_hand(value: dict[str, Any], w: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Each vector along the axes scaled on its own; Keras adds 1e-7 to its norm."""
    found = w.copy()
    others = [range(size) if i not in axes else [slice(None)] for i, size in enumerate(w.shape)]
    for place in itertools.product(*others):
        vector = found[place]
        norm = float(np.sqrt((vector * vector).sum()))
        lowest, highest, rate = {
            "max_norm": (0.0, value.get("max_value", 2.0), 1.0),
            "unit_norm": (1.0, 1.0, 1.0),
            "min_max_norm": (
                value.get("min_value", 0.0),
                value.get("max_value", 1.0),
                value.get("rate", 1.0),
            ),
        }[value["type"]]
        wanted = rate * min(max(norm, lowest), highest) + (1 - rate) * norm
        found[place] = vector * (wanted / (norm + 1e-7))
    return found


@pytest.mark.parametrize("value", KINDS, ids=lambda v: "-".join(map(str, v.values())))
@pytest.mark.parametrize(("shape", "axes"), SHAPES_AND_AXES, ids=str)
def test_norms(value, shape, axes):
    w = np.random.default_rng(0).normal(size=shape)
    expected = by_hand(value, w, axes)
    keras, torch = judged({**value, "axis": axes}, w)
    within(TOLERANCE, keras, expected)
    within(TOLERANCE, torch, expected)
    if value["type"] == "unit_norm":
        assert np.abs(expected - w).max() > 1e-3  # it does something
    # The same axes counted from the end, one alone as a number, none as the first.
    negative = tuple(axis - len(shape) for axis in axes)
    forms: list[Any] = [{**value, "axis": negative}]
    forms += [{**value, "axis": axes[0]}] if len(axes) == 1 else []
    forms += [value] if axes == (0,) else []
    for form in forms:
        for found in judged(form, w):
            within(TOLERANCE, found, expected)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_non_neg(shape):
    w = np.random.default_rng(0).normal(size=shape)
    for found in judged("non_neg", w):
        np.testing.assert_array_equal(found, np.where(w > 0, w, 0))


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([*KINDS, {"type": "non_neg"}]),
    arrays(
        np.float64,
        array_shapes(max_dims=4, max_side=4),
        elements=st.floats(-100, 100, allow_subnormal=False),
    ),
    st.data(),
)
def test_any_weight_and_axes(value, w, data):
    """Zeros among them."""
    if value["type"] != "non_neg":
        value = {**value, "axis": data.draw(st.sampled_from(subsets(w.ndim)))}
    keras, torch = judged(value, w)
    np.testing.assert_allclose(torch, keras, rtol=1e-13, atol=1e-300)


def test_what_holds_after_a_constraint():
    """Laws that need no formula: norms are where they should be, directions stay."""
    w = np.random.default_rng(0).normal(size=(6, 4)) * [0.1, 1, 3, 10]

    def norms(value: Any) -> np.ndarray:
        _, found = judged(value, w)
        cosines = (found * w).sum(0) / np.linalg.norm(found, axis=0) / np.linalg.norm(w, axis=0)
        within(1e-12, cosines, np.ones(4))
        return np.linalg.norm(found, axis=0)

    before = np.linalg.norm(w, axis=0)
    within(1e-6, norms("unit_norm"), np.ones(4))
    within(1e-6, norms({"type": "max_norm", "max_value": 2.5}), np.minimum(before, 2.5))
    bounds = {"type": "min_max_norm", "min_value": 1.5, "max_value": 2.5}
    within(1e-6, norms(bounds), before.clip(1.5, 2.5))
    within(1e-6, norms({**bounds, "rate": 0.5}), (before + before.clip(1.5, 2.5)) / 2)


def test_weights_are_constrained_in_place():
    """Through views in Keras' layout, by the rule of their path, else of their name."""
    torch = importlib.import_module("torch")
    constraints = importlib.import_module("templates.torch.constraints")
    torch.manual_seed(0)
    linear = torch.nn.Linear(5, 3, dtype=torch.float64)
    with torch.no_grad():
        linear.bias.copy_(torch.tensor([-1.0, 0.5, 0.0]))
    before = linear.weight.detach().clone()
    other = torch.nn.Linear(5, 3, dtype=torch.float64)
    kept = other.weight.detach().clone()
    weights = {
        "a/kernel": linear.weight.T,
        "a/bias": linear.bias,
        "b/kernel": other.weight.T,
        "b/bias": other.bias,
    }
    rules = {"kernel": constraints.unit_norm, "b/kernel": None, "a/bias": constraints.non_neg}
    bias = linear.bias.detach().clone()
    constraints.constrain(rules, weights)
    expected = before / (1e-7 + before.square().sum(1, keepdim=True).sqrt())
    within(1e-15, linear.weight.detach(), expected)
    within(0, linear.bias.detach(), bias.clamp(min=0))
    within(0, other.weight.detach(), kept)
    assert linear.weight.requires_grad
    assert linear.weight.grad_fn is None


@pytest.mark.parametrize(
    ("value", "shape", "words"),
    [
        ("unit_norm", (3,), ""),
        ({"type": "unit_norm", "axis": 1}, (3,), "there is no axis 1 in the shape (3,)"),
        ({"type": "max_norm", "axis": -3}, (3, 4), "there is no axis -3 in the shape (3, 4)"),
        ({"type": "max_norm", "axis": (0, -2)}, (3, 4), "stands twice in [0, -2]"),
        ({"type": "max_norm", "axis": (0, -1)}, (3, 4), ""),
        ({"type": "min_max_norm", "min_value": 2.0}, (3,), "min_value 2.0 is above max_value 1.0"),
        ({"type": "min_max_norm", "axis": (0, 1)}, (3,), "there is no axis 1 in the shape (3,)"),
        ("non_neg", (), ""),
    ],
    ids=str,
)
def test_shapes_that_a_constraint_refuses(value, shape, words):
    found = ANY.validate_python(value).refusal(shape)
    assert words in found
    assert bool(words) == bool(found)


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        ("max_nrom", 'is "max_nrom"; allowed: max_norm, min_max_norm', "did you mean 'max_norm'?"),
        (["max_norm"], "must be a name or a table, found an array", ""),
        ({"type": "max_norm", "max_value": 0.0}, ".max_value must be greater than 0", ""),
        ({"type": "max_norm", "axis": []}, ".axis must be at least 1 long", ""),
        ({"type": "max_norm", "axis": "0"}, '.axis must be an array, found "0"', ""),
        ({"type": "max_norm", "axis": [True]}, ".axis[0] must be a whole number, found true", ""),
        ({"type": "max_norm", "axis": 99}, ".axis must be at most 7, found 99", ""),
        ({"type": "min_max_norm", "rate": 1.5}, ".rate must be at least 0 and at most 1", ""),
        ({"type": "non_neg", "axis": 0}, "has no key 'axis'", "allowed: type"),
    ],
    ids=str,
)
def test_a_mistake_is_one_diagnostic(value, message, hint):
    layer = {"type": "dense", "units": 2, "bias_constraint": value}
    (found,) = samenet.validate(
        {
            "version": 1,
            "input": {"shape": [3]},
            "layers": [layer],
            "optimizer": {"type": "sgd"},
            "training": {"loss": "mean_squared_error"},
            "data": {"source": "arrays"},
        }
    )
    assert message in found.message
    assert hint in found.hint
    assert found.path[:3] == ("layers", 0, "bias_constraint")
