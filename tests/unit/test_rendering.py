"""`samenet render`: what it prints says the same as what it reads."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, get_args

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

import samenet
from samenet import callbacks, data, optimizers
from samenet.compiler import spec_digest
from samenet.diagnostics import Code, dotted
from samenet.layers import CATALOGUE
from samenet.lowering import BACKENDS
from samenet.spec.model import Expect, Input, Spec, Training
from samenet.spec.toml import dumped
from tests.specs import MANY_OPTIONS, MEASURED, SPECS, changed

DENSE = {"type": "dense", "units": 4}


def again(text: str, folder: Path, suffix: str = "toml") -> Spec:
    """The spec that a text is."""
    path = folder / f"rendered.net.{suffix}"
    path.write_text(text, encoding="utf-8")
    return samenet.load(path)


@pytest.mark.parametrize("suffix", ["toml", "json"])
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name.partition(".")[0])
def test_a_rendered_spec_is_the_same_spec(path, suffix, tmp_path):
    original = samenet.load(path)
    text = samenet.render(original, format=suffix)
    spec = again(text, tmp_path, suffix)
    assert samenet.render(spec, format=suffix) == text
    assert spec_digest(spec) == spec_digest(original)
    for backend in BACKENDS:
        assert samenet.compile(spec, backend).text == samenet.compile(original, backend).text


def with_layers(*layers: dict[str, Any], **more: Any) -> dict[str, Any]:
    ending = {"type": "dense", "units": 1, "activation": "sigmoid"}
    return changed(MANY_OPTIONS, layers=[*layers, ending], **more)


BLOCKS = {
    "variables": {"width": 8},
    "blocks": {
        "pair": {
            "inputs": ["x"],
            "parameters": {"units": 2},
            "outputs": ["end"],
            "layers": [
                {"block": "inner", "repeat": 2, "with": {"units": "${units + index}"}},
                {"type": "dense", "units": "${units}", "name": "end"},
            ],
        },
        "inner": {
            "parameters": ["units"],
            "layers": [{"type": "dense", "units": "${units + index}"}],
        },
    },
}
DESCRIBED = {
    "variables and nested blocks": with_layers(
        {"block": "pair", "with": {"units": "${width}"}, "repeat": 3}, **BLOCKS
    ),
    "a use with a name, shared": with_layers(
        {"block": "inner", "with": {"units": 4}, "name": "one"}, {"share": "one"}, **BLOCKS
    ),
    "defaults of normalizations": with_layers(
        {**DENSE, "batch_normalization": "before_activation"},
        {"type": "batch_normalization", "momentum": 0.5},
        defaults={"batch_normalization": {"momentum": 0.9, "epsilon": 1}, "conv1d": {"filters": 3}},
    ),
    "keys that have another name in Python": with_layers(
        {"type": "einsum_dense", "equation": "ab,bc->ac", "output_shape": [3], "bias_axes": "c"}
    ),
    "tables of initializers and regularizers": with_layers(
        DENSE
        | {
            "kernel_initializer": {"type": "variance_scaling", "scale": 2.5},
            "kernel_regularizer": {"type": "l1_l2", "l2": 0.5},
            "bias_regularizer": "l2",
            "kernel_constraint": {"type": "max_norm", "max_value": 3},
        }
    ),
    "an empty array that is not the default": with_layers(
        {"type": "normalization", "axis": [], "mean": 1.0, "variance": 2.0}
    ),
    "a layer in a layer": with_layers(
        {"type": "reshape", "target_shape": [2, 2]},
        {"type": "bidirectional", "layer": {"type": "lstm", "units": 2}},
    ),
    "losses and metrics with arguments": MEASURED,
    "dollars and other signs": changed(
        MANY_OPTIONS,
        data__target='a "$${b}" \\ \n\t ü',
        data__features=["$${c}", "b", "c", "d"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("tree", DESCRIBED.values(), ids=DESCRIBED)
def test_what_is_filled_in_stays_the_same(tree, tmp_path):
    original = samenet.load(tree)
    for suffix in ("toml", "json"):
        text = samenet.render(tree, format=suffix)
        for word in ("variables", "blocks", "extends"):
            assert word not in (tomli if suffix == "toml" else json).loads(text)
        spec = again(text, tmp_path, suffix)
        assert samenet.render(spec, format=suffix) == text
        assert spec_digest(spec) == spec_digest(original)
        for backend in BACKENDS:
            assert samenet.compile(spec, backend).text == samenet.compile(original, backend).text


def test_every_key_has_a_value():
    tree = tomli.loads(samenet.render(with_layers(DENSE)))
    assert tree["layers"][0] == {
        "type": "dense",
        "units": 4,
        "use_bias": True,
        "kernel_initializer": "glorot_uniform",
        "bias_initializer": "zeros",
        "activation": "linear",
        "batch_normalization": "none",
        "dropout": 0.0,
        "trainable": True,
    }
    assert tree["training"]["epochs"] == 1
    assert tree["input"]["dtype"] == "float32"


def test_what_a_spec_extends_and_overrides_are_filled_in(tmp_path):
    (tmp_path / "base.toml").write_text(dumped(MANY_OPTIONS), encoding="utf-8")
    path = tmp_path / "top.net.toml"
    path.write_text('extends = "base.toml"\n[training]\nloss = "binary_crossentropy"\n')
    tree = tomli.loads(samenet.render(path, ["training.batch_size=7"]))
    assert "extends" not in tree
    assert tree["name"] == "top"
    assert tree["training"]["batch_size"] == 7


def test_the_digest_is_that_of_the_meaning():
    """Variables, defaults and the spelling of numbers do not count; every value does."""
    one = with_layers({**DENSE, "batch_normalization": "before_activation"})
    same = with_layers(
        {"type": "dense", "units": "${n * 2}"},
        variables={"n": 2},
        defaults={
            "dense": {"batch_normalization": "before_activation"},
            "batch_normalization": {"epsilon": 0.001},
        },
    )
    same["layers"][-1]["batch_normalization"] = "none"
    assert spec_digest(samenet.load(one)) == spec_digest(samenet.load(same))
    other = changed(one, defaults={"batch_normalization": {"epsilon": 0.002}})
    assert spec_digest(samenet.load(one)) != spec_digest(samenet.load(other))


EVERY_CLASS = [
    *CATALOGUE.values(),
    *optimizers.CATALOGUE.values(),
    *callbacks.CATALOGUE.values(),
    *data.CATALOGUE.values(),
]


@pytest.mark.parametrize("model", [*EVERY_CLASS, Spec, Input, Training, Expect], ids=str)
def test_none_is_only_ever_the_default(model):
    """TOML has no null, so that what is None is left out."""
    for name, field in model.model_fields.items():
        if type(None) in get_args(field.annotation):
            assert field.get_default(call_default_factory=True, validated_data={}) is None, name


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    TEXTS | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False).filter(
        math.isfinite
    ),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=30,
)  # fmt: skip


@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_toml_is_read_as_it_was(tree):
    assert tomli.loads(dumped(tree)) == tree


def test_toml_is_laid_out_as_people_do():
    long = "a" * 60
    tree = {
        "n": 1,
        "shape": [3, 3],
        "columns": [long, long],
        "input": {"shape": [2]},
        "layers": [
            {"type": "dense", "init": {"type": "zeros"}},
            {"steps": [{"n": 1}, {"n": 2}], "rule": {"one": long, "two": long}},
        ],
        "tables": {"inner": {}},
    }
    assert (
        dumped(tree)
        == f'''n = 1
shape = [3, 3]
columns = [
    "{long}",
    "{long}",
]

[input]
shape = [2]

[[layers]]
type = "dense"
init = {{ type = "zeros" }}

[[layers]]

[[layers.steps]]
n = 1

[[layers.steps]]
n = 2

[layers.rule]
one = "{long}"
two = "{long}"

[tables]
inner = {{}}
'''
    )


# Uses of blocks that have their layers with them.


@pytest.mark.parametrize(
    ("use", "code", "where", "message"),
    [
        ({"instances": 3}, Code.WRONG_TYPE, "layers[0].instances", "must be an array of tables"),
        ({"instances": []}, Code.OUT_OF_RANGE, "layers[0].instances", "at least 1 long"),
        ({"instances": [3]}, Code.WRONG_TYPE, "layers[0].instances[0]", "must be a table"),
        ({"instances": [{}]}, Code.MISSING_KEY, "layers[0].instances[0]", "has no layers"),
        (
            {"instances": [{"layers": [DENSE], "repeat": 0}]},
            Code.OUT_OF_RANGE,
            "layers[0].instances[0].repeat",
            "from 1 to 1,000",
        ),
        (
            {"instances": [{"layers": [DENSE], "formals": ["x"]}]},
            Code.UNKNOWN_KEY,
            "layers[0].instances[0].formals",
            "has no key 'formals'",
        ),
        (
            {"instances": [{"layers": [DENSE], "repeat": 2}, {"layers": [{"type": "dense"}]}]},
            Code.MISSING_KEY,
            "layers[0].instances[1].layers[0]",
            "lacks the key 'units'",
        ),
        (
            {"instances": [{"layers": [DENSE]}], "with": {"n": 2}},
            Code.UNKNOWN_KEY,
            "layers[0].with",
            "has no key 'with'",
        ),
        (
            {"instances": [{"layers": [DENSE]}], "block": "a b"},
            Code.OUT_OF_RANGE,
            "layers[0].block",
            "cannot name a block",
        ),
        (
            {"instances": [{"layers": [DENSE], "inputs": ["x", "y"]}]},
            Code.ARITY,
            "layers[0]",
            "takes 2 inputs",
        ),
    ],
)  # fmt: skip
def test_mistakes_in_uses_that_are_written_out(use, code, where, message):
    (found,) = samenet.validate(with_layers({"block": "pair", **use}))
    assert (found.code, dotted(found.path)) == (code, where)
    assert message in found.message


def test_only_the_network_writes_blocks_out():
    inner = {"block": "inner", "instances": [{"layers": [DENSE]}]}
    blocks = {"outer": {"layers": [inner]}}
    (found,) = samenet.validate(with_layers({"block": "outer"}, blocks=blocks))
    assert dotted(found.path) == "blocks.outer.layers[0].instances"
    assert "only a use in the network" in found.message


def test_a_written_out_use_may_use_blocks():
    use = {"block": "outer", "instances": [{"repeat": 2, "layers": [{"block": "inner"}]}]}
    blocks = {"inner": {"layers": [DENSE]}}
    graph = samenet.summary(with_layers(use, blocks=blocks))
    assert [node.name for node in graph.nodes][:2] == [
        "outer_1.inner.dense",
        "outer_2.inner.dense",
    ]


def test_written_out_uses_have_a_limit():
    def nested(depth: int) -> dict[str, Any]:
        layers = [nested(depth - 1)] if depth else [DENSE]
        return {"block": "deep", "instances": [{"repeat": 100, "layers": layers}]}

    (found,) = samenet.validate(with_layers(nested(3)))
    assert found.code is Code.TOO_LARGE
    assert "10,000 layers" in found.message
