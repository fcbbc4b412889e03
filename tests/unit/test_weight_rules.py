"""What holds for each weight, in few entries; and what a Keras layer is told of its weights."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from samenet.backends.rules import constraints, regularizers, rules
from samenet.codegen.emission import emit_dict
from samenet.compiler import graph_of
from samenet.document import from_mapping
from samenet.spec.validation import validated
from samenet.weight_rules import keras_options
from templates.shared.rules import rule

PATHS = st.builds(
    lambda layer, name: f"{layer}/{name}",
    st.sampled_from(["a", "b", "c.d", "a/query"]),
    st.sampled_from(["kernel", "bias", "kernel_2"]),
)


@given(st.dictionaries(PATHS, st.sampled_from([None, "l1", "l2", "l1_l2"])))
def test_the_entries_say_the_same_in_fewer_words(values):
    found = rules(values)
    assert {path: rule(found, path) for path in values} == values
    # No other rule of a name would need fewer: each name is on its own, so try all its values.
    for name in {path.rpartition("/")[2] for path in values}:
        own = [value for path, value in values.items() if path.rpartition("/")[2] == name]
        used = [key for key in found if key.rpartition("/")[2] == name]
        assert len(used) == min(
            (usual is not None) + sum(value != usual for value in own) for usual in [None, *own]
        )


def test_rules_by_hand():
    assert rules({}) == {}
    assert rules({"a/kernel": "x", "b/kernel": "x", "c/kernel": "y"}) == {
        "kernel": "x",
        "c/kernel": "y",
    }
    assert rules({"a/kernel": "x", "b/kernel": "x", "c/kernel": None}) == {
        "a/kernel": "x",
        "b/kernel": "x",
    }
    assert rules({"a/q/kernel": "x", "b/kernel": "x", "c/kernel": "x", "d/kernel": None}) == {
        "kernel": "x",
        "d/kernel": None,
    }


def spec(*layers: dict[str, Any]) -> Any:
    return validated(
        from_mapping(
            {
                "version": 1,
                "input": {"shape": [6]},
                "layers": layers,
                "optimizer": {"type": "sgd"},
                "training": {"loss": "mean_squared_error"},
                "data": {"source": "arrays"},
            }
        )
    )


def dense(**options: Any) -> dict[str, Any]:
    return {"type": "dense", "units": 6, **options}


def test_regularizers_and_constraints_of_a_network():
    graph = graph_of(
        spec(
            dense(kernel_regularizer="l2", bias_regularizer={"type": "l1", "l1": 0.5}),
            dense(kernel_regularizer={"type": "l2", "l2": 0.01}, kernel_constraint="non_neg"),
            dense(kernel_regularizer="l2", kernel_constraint={"type": "max_norm", "axis": [0, 1]}),
            dense(),
        )
    )
    assert emit_dict(regularizers(graph)) == (
        "{\n"
        '    "kernel": partial(l2, l2=0.01),\n'
        '    "dense/bias": partial(l1, l1=0.5),\n'
        '    "dense_3/kernel": None,\n'
        "}"
    )
    assert emit_dict(constraints(graph)) == (
        "{\n"
        '    "dense_1/kernel": non_neg,\n'
        '    "dense_2/kernel": partial(max_norm, max_value=2.0, axis=(0, 1)),\n'
        "}"
    )


def test_the_arguments_of_a_keras_layer():
    (layer,) = spec(
        dense(
            activity_regularizer=None,
            bias_constraint={"type": "unit_norm"},
            kernel_regularizer={"type": "orthogonal", "factor": 0.1},
            bias_regularizer={"type": "l1_l2", "l2": 1},
        )
    ).layers
    assert emit_dict(keras_options(layer)) == (
        "{\n"
        '    "kernel_regularizer": orthogonal_regularizer(factor=0.1, mode="rows"),\n'
        '    "bias_regularizer": keras.regularizers.L1L2(l1=0.0, l2=1.0),\n'
        '    "bias_constraint": keras.constraints.UnitNorm(axis=0),\n'
        "}"
    )
    (plain,) = spec(dense()).layers
    assert keras_options(plain) == {}
