"""Graphs and blocks: both frameworks build the same network, in the form that a person would."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.lowering import BACKENDS
from samenet.spec.model import Spec
from tests.layers.harness import by_name

# Measured: 2e-15.
TOLERANCE = 1e-12


def dense(units: Any, **keys: Any) -> dict[str, Any]:
    return {"type": "dense", "units": units, **keys}


RESIDUAL = {
    "parameters": ["units", {"activation": "tanh"}],
    "layers": [
        dense("${units}", name="first", activation="${activation}"),
        {"type": "batch_normalization"},
        dense("${units}"),
        {"type": "add", "inputs": ["input", "dense"]},
    ],
}

NETWORKS: dict[str, dict[str, Any]] = {
    "repeats": {
        "blocks": {"residual": RESIDUAL},
        "layers": [
            dense(8),
            {"block": "residual", "with": {"units": 8}, "repeat": 3, "name": "stage"},
            dense(3),
        ],
    },
    "other sizes": {
        "blocks": {"residual": RESIDUAL},
        "layers": [
            {"block": "residual", "with": {"units": 6}},
            dense(10),
            {"block": "residual", "with": {"units": 10, "activation": "sigmoid"}, "repeat": 2},
        ],
    },
    "blocks in blocks": {
        "variables": {"width": 6},
        "blocks": {
            "residual": RESIDUAL,
            "stage": {
                "parameters": ["count"],
                "layers": [
                    {"block": "residual", "with": {"units": "${width}"}, "repeat": "${count}"},
                    {"type": "activation", "activation": "tanh"},
                ],
            },
        },
        "layers": [
            {"block": "stage", "with": {"count": 1}},
            {"block": "stage", "with": {"count": 2}, "repeat": 2},
        ],
    },
    "number of the repetition": {
        "blocks": {"grow": {"layers": [dense("${6 + 2 * index}", activation="tanh")]}},
        "layers": [{"block": "grow", "repeat": 4}],
    },
    "several inputs and outputs of a block": {
        "blocks": {
            "pair": {
                "inputs": ["left", "right"],
                "outputs": ["sum", "difference"],
                "layers": [
                    {"type": "add", "name": "sum", "inputs": ["left", "right"]},
                    {"type": "subtract", "name": "difference", "inputs": ["left", "right"]},
                ],
            }
        },
        "layers": [
            dense(5, name="a", inputs="input"),
            dense(5, name="b", inputs="input"),
            {"block": "pair", "name": "one", "inputs": ["a", "b"]},
            {"block": "pair", "name": "two", "inputs": ["one", "one[1]"], "repeat": 2},
            {"type": "concatenate", "inputs": ["two[1]", "two"]},
        ],
    },
    "a layer that is shared": {
        "layers": [
            dense(6, name="first", activation="tanh", batch_normalization="before_activation"),
            {"share": "first"},
            {"share": "first", "name": "again"},
            {"type": "add", "inputs": ["first", "again"]},
        ],
    },
    "a block that is shared": {
        "inputs": {"left": {"shape": [6]}, "right": {"shape": [6]}},
        "blocks": {"residual": RESIDUAL},
        "layers": [
            {
                "block": "residual",
                "with": {"units": 6},
                "repeat": 2,
                "name": "encoder",
                "inputs": "left",
            },
            {"share": "encoder", "name": "other", "inputs": "right"},
            {"type": "subtract", "inputs": ["encoder", "other"]},
        ],
    },
    "shared inside a block that is shared": {
        "blocks": {
            "twice": {"layers": [dense(6, name="once", activation="tanh"), {"share": "once"}]}
        },
        "layers": [{"block": "twice", "name": "a"}, {"share": "a"}],
    },
    "layers in another order than they are computed": {
        "layers": [
            {"type": "add", "name": "end", "inputs": ["middle", "start"]},
            dense(6, name="middle", inputs="start"),
            dense(6, name="start", inputs="input"),
        ],
        "outputs": "end",
    },
    "a value that would have the name of a function": {
        "layers": [
            {"type": "maximum", "name": "first", "inputs": ["input", "input"]},
            dense(6, activation="tanh"),
            {"type": "maximum", "inputs": ["dense", "first"]},
        ],
    },
    "several outputs": {
        "layers": [
            dense(4, name="trunk", activation="tanh"),
            dense(3, name="one", inputs="trunk"),
            dense(2, name="two", inputs="trunk", activation="sigmoid"),
        ],
        "outputs": ["two", "one"],
    },
}


def spec_of(network: dict[str, Any]) -> Spec:
    outputs = network.get("outputs", "")
    loss: Any = "mean_squared_error"
    if isinstance(outputs, list):
        loss = dict.fromkeys(outputs, loss)
    tree = {
        "version": 1,
        **({} if "inputs" in network else {"input": {"shape": [6]}}),
        **network,
        "optimizer": {"type": "sgd"},
        "training": {"loss": loss},
        "data": {"source": "arrays"},
    }
    return samenet.load(tree)


@pytest.mark.parametrize("name", NETWORKS)
def test_both_frameworks_build_the_same_network(name, float64):
    spec = spec_of(NETWORKS[name])
    graph = samenet.summary(spec)
    random = np.random.default_rng(3)
    x = {key: random.normal(size=(4, *value.shape)) for key, value in graph.inputs.items()}
    weights = {
        f"{node.name}/{weight.name}": random.uniform(0.1, 0.9, weight.shape)
        for node in graph.nodes
        for weight in node.weights
    }
    outcomes: dict[str, dict[str, np.ndarray]] = {}
    for backend in BACKENDS:
        model = samenet.build(spec, backend)
        live = runtime.weights(model, backend)
        assert {path: w.shape for path, w in live.items()} == {
            path: w.shape for path, w in weights.items()
        }
        runtime.set_weights(model, backend, weights)
        given: Any = x if len(x) > 1 else next(iter(x.values()))
        outputs = by_name(called(model, backend, given), list(graph.outputs))
        outcomes[backend] = {key: np.asarray(value) for key, value in outputs.items()}
    for key, value in graph.outputs.items():
        expected = outcomes["keras"][key]
        assert expected.shape == (4, *graph.shapes[value])
        np.testing.assert_allclose(outcomes["torch"][key], expected, atol=TOLERANCE)


def called(model: Any, backend: str, x: Any) -> Any:
    """The outputs in inference mode."""
    if backend == "keras":
        return model(x, training=False)
    import torch

    tensors = {k: torch.from_numpy(v) for k, v in x.items()} if isinstance(x, dict) else x
    return model.predict(tensors if isinstance(tensors, dict) else torch.from_numpy(tensors))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_block_is_one_definition_however_often_it_is_used(backend):
    text = samenet.compile(spec_of(NETWORKS["repeats"]), backend).text
    names = [node.name for node in ast.parse(text).body if hasattr(node, "name")]
    wanted = {"keras": "residual_dense_block", "torch": "ResidualDenseBlock"}[backend]
    assert [name for name in names if wanted in name] == [wanted]


def test_what_differs_between_uses_becomes_a_parameter():
    text = samenet.compile(spec_of(NETWORKS["other sizes"]), "keras").text
    assert "units: int, activation: str, name: str" in text


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_name_of_a_spec_is_an_identifier(backend):
    """The same program comes out, whatever things are called, but for strings."""

    def shape_of(words: list[str]) -> str:
        network = {
            "inputs": {words[0]: {"shape": [6]}, words[1]: {"shape": [6]}},
            "blocks": {words[2]: RESIDUAL},
            "layers": [
                {"block": words[2], "with": {"units": 6}, "name": words[3], "inputs": words[0]},
                {"share": words[3], "name": words[4], "inputs": words[1]},
                {"type": "add", "name": words[5], "inputs": [words[3], words[4]]},
            ],
        }
        tree = ast.parse(samenet.compile(spec_of(network), backend).text)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = ""
        return ast.dump(tree)

    plain = shape_of(["one", "two", "three", "four", "five", "six"])
    hostile = shape_of(["self", "nn.Linear", "torch", "x", "keras.layers", "def"])
    assert hostile == plain
