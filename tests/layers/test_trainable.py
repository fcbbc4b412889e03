"""Layers that are not trained: nothing of them changes, and nothing of them is in the loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.compiler import graph_of
from samenet.diagnostics import Code
from samenet.layers import CATALOGUE
from samenet.layers.base import Layer, TrainableLayer
from samenet.lowering import BACKENDS, Backend
from tests.layers.harness import LayerCase, build, check_layer, spec_of

Table = dict[str, Any]

GRU = {"type": "gru", "units": 2}
WORDS = {"input_dim": 5, "output_dim": 3}
HEADS = {"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 1}
SINGLE: Table = {"tolerance": 1e-7, "why": "Keras scales by a root in single precision"}
MASKED = [{"type": "masking"}]

CASES = [
    LayerCase({"type": "dense", "units": 3}, (4,), (3,), 15),
    LayerCase({"type": "einsum_dense", "equation": "ab,bc->ac", "output_shape": 3}, (4,), (3,), 12),
    LayerCase({"type": "conv1d", "filters": 2, "kernel_size": 2}, (5, 3), (4, 2), 14),
    LayerCase(
        {"type": "conv2d_transpose", "filters": 2, "kernel_size": 2}, (3, 3, 1), (4, 4, 2), 10
    ),
    LayerCase({"type": "depthwise_conv1d", "kernel_size": 2}, (5, 3), (4, 3), 9),
    LayerCase({"type": "separable_conv1d", "filters": 2, "kernel_size": 2}, (5, 3), (4, 2), 14),
    LayerCase({"type": "batch_normalization"}, (4,), (4,), 16),
    LayerCase({"type": "batch_normalization", "scale": False}, (3, 5, 2), (3, 5, 2), 6),
    LayerCase({"type": "batch_normalization", "axis": 1}, (4, 5), (4, 5), 16),
    LayerCase({"type": "batch_normalization"}, (4, 5), (4, 5), 20, before=MASKED),
    LayerCase({"type": "batch_normalization"}, (2, 2, 2, 2, 3), (2, 2, 2, 2, 3), 12),
    LayerCase({"type": "layer_normalization"}, (4,), (4,), 8),
    LayerCase({"type": "group_normalization", "groups": 2}, (5, 4), (5, 4), 8),
    LayerCase({"type": "rms_normalization"}, (4,), (4,), 4),
    LayerCase({"type": "simple_rnn", "units": 2}, (4, 3), (2,), 12),
    LayerCase(GRU, (4, 3), (2,), 42),
    LayerCase({"type": "lstm", "units": 2}, (4, 3), (2,), 48),
    LayerCase({"type": "conv_lstm1d", "filters": 2, "kernel_size": 2}, (4, 5, 1), (4, 2), 56),
    LayerCase({"type": "bidirectional", "layer": GRU}, (4, 3), (4,), 84),
    LayerCase(
        {"type": "time_distributed", "layer": {"type": "bidirectional", "layer": GRU}},
        (2, 4, 3),
        (2, 4),
        84,
    ),
    LayerCase(
        {"type": "multi_head_attention", "num_heads": 2, "key_dim": 2}, (4, 3), (4, 3), 63, **SINGLE
    ),
    LayerCase({"type": "grouped_query_attention", **HEADS}, (4, 3), (4, 3), 47, **SINGLE),
    LayerCase({"type": "attention", "use_scale": True}, ((4, 3), (5, 3)), (4, 3), 1),
    LayerCase({"type": "additive_attention"}, ((4, 3), (5, 3)), (4, 3), 3),
    LayerCase({"type": "prelu"}, (4, 3), (4, 3), 12),
    LayerCase({"type": "scale"}, (4, 3), (4, 3), 3),
    LayerCase({"type": "parameter", "shape": [2, 3]}, (4,), (2, 3), 6, gradients=False),
    LayerCase(
        {"type": "position_embedding", "sequence_length": 5}, (4, 3), (4, 3), 15, gradients=False
    ),
    LayerCase(
        {"type": "embedding", **WORDS}, (4,), (4, 3), 15, integer_inputs=("a",), gradients=False
    ),
    LayerCase(
        {"type": "reversible_embedding", **WORDS},
        (4,),
        (4, 3),
        15,
        integer_inputs=("a",),
        gradients=False,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.layer['type']} {case}")
@pytest.mark.filterwarnings("ignore:.*an input with a mask attached:UserWarning")
def test_nothing_of_a_layer_is_trained(case: LayerCase, float64: None):
    frozen = replace(case, layer={**case.layer, "trainable": False})
    check_layer(frozen)
    spec = spec_of(frozen.layer, frozen.inputs, frozen.before, frozen.integer_inputs)
    assert graph_of(spec).parameters(trainable=True) == 0
    for backend in BACKENDS:
        assert runtime.trained_weights(build(spec, backend), backend) == set()


def test_every_layer_with_weights_can_be_frozen():
    tried = {case.layer["type"] for case in CASES}
    for kind in CATALOGUE:
        has_weights = CATALOGUE[kind].weights is not Layer.weights
        assert issubclass(CATALOGUE[kind], TrainableLayer) == has_weights, kind
        family = kind.replace("2d", "1d").replace("3d", "1d")
        alike = {name.replace("2d", "1d") for name in tried}
        assert not has_weights or family in alike, kind


# In a training

PENALTY: Table = {"kernel_regularizer": "l2", "bias_regularizer": "l1"}
HELD: Table = {"kernel_constraint": {"type": "max_norm", "max_value": 0.1}}
NORMALIZED: Table = {"batch_normalization": "before_activation", "use_bias": False}
BODY: list[Table] = [
    {"type": "dense", "units": 5, "kernel_regularizer": "l2", **NORMALIZED},
    {"type": "dense", "units": 6, "activity_regularizer": "l2"},
]


def network(*layers: Table, **keys: Any) -> Table:
    """A network for numbers, trained with everything that an optimizer does to weights."""
    return {
        "version": 1,
        "input": {"shape": [6]},
        "blocks": {"body": {"layers": BODY}, "outer": {"layers": [{"block": "body"}]}},
        "layers": [*layers, {"type": "dense", "units": 2}],
        "optimizer": {
            "type": "adamw",
            "learning_rate": 0.05,
            "weight_decay": 0.1,
            "global_clipnorm": 1.0,
            "use_ema": True,
        },
        "training": {"loss": "mean_squared_error", "epochs": 2, "batch_size": 8},
        "data": {"source": "arrays"},
        **keys,
    }


DENSE: Table = {"type": "dense", "units": 6, "name": "one", "trainable": False}
NETWORKS = {
    "layer": network({**DENSE, **PENALTY, **HELD}),
    "sugar": network({**DENSE, "batch_normalization": "after_activation"}),
    "normalization": network(DENSE, {"type": "batch_normalization", "trainable": False}),
    "shared": network(DENSE, {"share": "one"}, {"share": "one"}),
    "defaults": network({"type": "dense", "units": 4}, defaults={"dense": {"trainable": False}}),
    "block": network({"block": "body", "trainable": False}, {"block": "body"}),
    "repeated": network({"block": "body", "trainable": False, "repeat": 2}),
    "inner": network({"block": "outer", "trainable": False}),
    "shared block": network({"block": "body", "name": "one", "trainable": False}, {"share": "one"}),
}
NETWORKS["defaults"]["layers"][-1]["trainable"] = True
FROZEN = {
    "layer": {"one"},
    "sugar": {"one", "one_batch_normalization"},
    "normalization": {"one", "batch_normalization"},
    "shared": {"one"},
    "defaults": {"dense"},
    "block": {"body.dense", "body.dense_batch_normalization", "body.dense_1"},
    "inner": {"outer.body.dense", "outer.body.dense_batch_normalization", "outer.body.dense_1"},
    "shared block": {"one.dense", "one.dense_batch_normalization", "one.dense_1"},
    "repeated": {
        f"body_{number}.{name}"
        for number in (1, 2)
        for name in ("dense", "dense_batch_normalization", "dense_1")
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_training(name: str):
    report = samenet.verify(samenet.load(NETWORKS[name]))
    assert report.agrees, report.first


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["sugar", "block"])
def test_what_is_frozen_stays_as_it_was(name: str, backend: Backend, float64: None):
    spec = samenet.load(NETWORKS[name])
    random = np.random.default_rng(3)
    data = random.normal(size=(16, 6)), random.normal(size=(16, 2))
    before = runtime.weights(build(spec, backend), backend)
    after = samenet.train(spec, backend, data=data).weights()
    moved = {path for path in before if not np.array_equal(before[path], after[path])}
    assert {path.rpartition("/")[0] for path in before.keys() - moved} == FROZEN[name]


def test_a_frozen_weight_adds_nothing_to_the_loss():
    spec = samenet.load(NETWORKS["layer"])
    frozen = {w.trainable for path, w in graph_of(spec).weights().items() if "one" in path}
    assert frozen == {False}
    assert "REGULARIZERS" not in samenet.compile(spec, "torch").text


# What is refused


def test_a_network_needs_something_to_train():
    table = network(defaults={"dense": {"trainable": False}})
    (mistake,) = samenet.validate(table)
    assert (mistake.code, mistake.path) == (Code.LOSS, ("layers",))


REFUSED: list[tuple[Table, Code]] = [
    ({"type": "relu", "trainable": False}, Code.UNKNOWN_KEY),
    ({"type": "dense", "units": 2, "trainable": 0}, Code.WRONG_TYPE),
    ({"block": "body", "trainable": "no"}, Code.WRONG_TYPE),
]


@pytest.mark.parametrize(("layer", "code"), REFUSED, ids=str)
def test_refused(layer: Table, code: Code):
    mistakes = samenet.validate(network(layer))
    assert [(mistake.code, mistake.path) for mistake in mistakes] == [
        (code, ("layers", 0, "trainable"))
    ]


def test_what_stands_inside_is_trained_as_what_stands_around_it():
    layer = {"type": "dense", "units": 2, "trainable": False}
    table = network({"type": "time_distributed", "layer": layer}, input={"shape": [3, 2]})
    (mistake,) = samenet.validate(table)
    assert mistake.code is Code.SHAPE
    assert "takes no trainable" in mistake.message
