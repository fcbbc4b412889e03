"""The JSON Schema: what it refuses is wrong, and every single value that is wrong it refuses."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import tomli
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import samenet
from samenet.cli import main
from samenet.diagnostics import Code
from samenet.expansion import blocks
from samenet.layers import CATALOGUE
from samenet.spec.items import Share
from samenet.spec.json_schema import json_schema
from tests.diagnostics.test_diagnostics import BASE, EVERYWHERE, FILES, VALUES, with_value
from tests.specs import ROOT, SPECS

BY_VALUE = {
    Code.UNKNOWN_KEY.number,
    Code.MISSING_KEY.number,
    Code.WRONG_TYPE.number,
    Code.OUT_OF_RANGE.number,
    Code.UNKNOWN_VALUE.number,
}
"""The mistakes that one value alone is."""


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(json_schema())


def errors(tree: Any) -> list[str]:
    return [f"{item.json_path}: {item.message}" for item in validator().iter_errors(tree)]


def read(file: Path) -> Any:
    text = file.read_text(encoding="utf-8")
    return tomli.loads(text) if file.suffix == ".toml" else json.loads(text)


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_the_file_is_up_to_date() -> None:
    """Run `make regenerate`."""
    file = ROOT / "schema" / "spec.schema.json"
    assert file.read_text(encoding="utf-8") == CliRunner().invoke(main, ["schema"]).stdout


@pytest.mark.parametrize("file", SPECS, ids=lambda file: file.name)
def test_it_accepts_every_good_spec(file: Path) -> None:
    assert errors(read(file)) == []


@pytest.mark.parametrize("name", ["complete", "networks/resnet20", "networks/siamese"])
def test_it_accepts_what_render_prints(name: str) -> None:
    rendered = samenet.render(ROOT / "specs" / f"{name}.net.toml", format="json")
    assert errors(json.loads(rendered)) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_refuses_what_a_value_alone_tells(file: Path) -> None:
    try:
        tree = read(file)
    except ValueError:
        pytest.skip("no TOML or JSON")
    codes = Counter(item.code.number for item in samenet.validate(file))
    comments = file.name == "ignores.net.toml"  # whose mistakes stand in comments
    if comments or file.name == "data_targets.net.toml" or not codes.keys() & BY_VALUE:
        assert errors(tree) == []
    else:
        assert errors(tree)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("layers", 1, "units"), 0, "$.layers[1].units: 0 is less than the minimum of 1"),
        (("layers", 1, "units"), "64", r"$.layers[1].units: '64' does not match '\\$\\{'"),
        (("layers", 1, "unit"), 1, "'unit' was unexpected"),
        (("layers", 5, "rate"), 1.0, "1.0 is greater than or equal to the maximum of 1"),
        (("layers", 1, "type"), "dence", "$.layers[1].type: 'dence' is not valid"),
        (("layers", 1), {"type": "dense"}, "$.layers[1]: 'units' is a required property"),
        (("layers", 1), {"units": 3}, "$.layers[1]: "),
        (("optimizer", "lr"), 1, "$.optimizer: Additional properties are not allowed"),
        (("optimizer", "beta_1"), 2, "2 is greater than the maximum of"),
        (("training", "loss"), "mse", "$.training.loss: 'mse' is not valid under any"),
        (("layers", 2, "use_bias"), 1, "1 is not of type 'boolean', 'string'"),
        (("extra",), 1, "$: Additional properties are not allowed ('extra' was unexpected)"),
    ],
)
def test_it_says_what_is_wrong(path: Any, value: Any, message: str) -> None:
    """One mistake, one message, whatever choices lie around it."""
    tree = with_value(path, value)
    tree.pop("defaults")
    (found,) = errors(tree)
    assert message in found


@pytest.mark.parametrize("path", EVERYWHERE, ids=str)
def test_an_expression_may_stand_for_any_value(path: Any) -> None:
    tree = copy.deepcopy(BASE)
    here: Any = tree
    for part in path[:-1]:
        here = here[part]
    if isinstance(here[path[-1]], dict) or path in (("layers",), ("callbacks",)):
        return
    here[path[-1]] = "${a + 1}"
    assert errors(tree) == []


def test_blocks_variables_and_what_extends() -> None:
    tree = {
        "$schema": "../schema/spec.schema.json",
        **copy.deepcopy(BASE),
        "variables": {"width": 8, "names": ["a", "b"], "on": True, "text": "${width}"},
        "blocks": {
            "row": {
                "parameters": ["units", {"rate": 0.5}],
                "inputs": ["left"],
                "outputs": ["end"],
                "layers": [{"type": "dense", "name": "end", "units": "${units}"}],
            }
        },
    }
    tree["layers"] = [
        {"block": "row", "with": {"units": 3}, "repeat": 2, "inputs": ["input"], "name": "rows"},
        {"block": "row", "repeat": "${width}", "inputs": "${names}"},
        {"block": "row", "instances": [{"repeat": 2, "layers": [{"type": "relu"}]}]},
        {"share": "rows", "name": "again", "inputs": "input"},
    ]
    assert errors(tree) == []
    assert errors({"extends": "base.toml", "optimizer": {"learning_rate": 0.1}}) == []
    assert errors({"extends": ["a.toml"], "layers": [{"type": "dense", "units": 0}]})
    for wrong in ({"block": "row", "units": 3}, {"share": "rows", "with": {}}, {"repeat": 3}):
        assert errors({**tree, "layers": [wrong]})


def test_defaults_stand_for_keys_of_layers() -> None:
    layers = [{"type": "dense"}]
    assert errors({**BASE, "layers": layers, "defaults": {"dense": {"units": 3}}}) == []
    without = {key: value for key, value in BASE.items() if key != "defaults"}
    assert errors({**without, "layers": layers}) == ["$.layers[0]: 'units' is a required property"]
    assert errors({**BASE, "defaults": {"dense": {"unit": 3}}})
    assert errors({**BASE, "defaults": {"dens": {}}})


def test_tables_by_name() -> None:
    tree = {key: value for key, value in BASE.items() if key != "input"}
    assert errors({**tree, "inputs": {"left": {"shape": [3]}, "right": {"shape": [3]}}}) == []
    assert errors({**tree, "inputs": {"left": {"shape": 3.5}}})
    losses = {"a": "mean_squared_error", "b": "mean_absolute_error"}
    assert errors({**BASE, "training": {"loss": losses, "metrics": {"a": ["accuracy"]}}}) == []
    assert errors({**BASE, "training": {"loss": {"a": "mse"}}})


def test_tables_of_metrics() -> None:
    training = BASE["training"]
    pr = {"type": "auc", "curve": "PR", "name": "pr"}
    for metrics in (["auc", pr], [], {"a": [pr], "b": ["accuracy"]}):
        assert errors({**BASE, "training": {**training, "metrics": metrics}}) == []
    for metrics in (["acuracy"], [{**pr, "curve": "roc"}], [{"type": "recall", "k": 1}], [3]):
        assert errors({**BASE, "training": {**training, "metrics": metrics}})


def test_weights_of_classes() -> None:
    training = BASE["training"]
    for weights in ([1.0, 2.0], {"1": 2}, {"0": "${w}"}):
        assert errors({**BASE, "training": {**training, "class_weight": weights}}) == []
    for weights in (2.0, [-1.0], {"1": "a"}):
        assert errors({**BASE, "training": {**training, "class_weight": weights}})


def test_tables_of_losses() -> None:
    huber = {"type": "huber", "delta": 2.0}
    for loss in (huber, {"a": huber, "b": "log_cosh"}, {"type": huber, "b": "log_cosh"}):
        assert errors({**BASE, "training": {"loss": loss}}) == []
    for loss in ({"type": "hubr"}, {**huber, "gamma": 1.0}, {"a": {**huber, "delta": 0}}):
        assert errors({**BASE, "training": {"loss": loss}})


def test_it_knows_every_layer_and_key() -> None:
    schema = json_schema()
    definitions = schema["$defs"]
    (types, _) = definitions["item"]["properties"]["type"]["anyOf"]
    assert types["enum"] == sorted(CATALOGUE)
    assert definitions["block"]["properties"].keys() == set(blocks._DEFINITION)
    use = {*blocks.USE, *blocks.WRITTEN_OUT}
    assert definitions["block_item"]["properties"].keys() == use
    instances = definitions["block_item"]["properties"]["instances"]["items"]
    assert instances["properties"].keys() == set(blocks._INSTANCE)
    share = Share.model_fields.keys() - {"type"}
    assert definitions["share_item"]["properties"].keys() == share


def test_it_describes_keys_with_defaults_and_ranges() -> None:
    text = json.dumps(json_schema())
    assert not re.search(r'"x-|"title": "(?!samenet)|"null"', text)
    assert len(text) < 300_000
    definitions = json_schema()["$defs"]
    rate = definitions["Dropout"]["properties"]["rate"]
    while reference := rate.pop("$ref", None):
        rate |= definitions[reference.rpartition("/")[2]]
    assert (rate["minimum"], rate["exclusiveMaximum"]) == (0, 1)
    assert rate["description"]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(EVERYWHERE), VALUES)
def test_what_it_refuses_is_wrong(path: Any, value: Any) -> None:
    """Null alone is refused here and taken there, where a key may be left out."""
    tree = with_value(path, value)
    if errors(tree) and "null" not in json.dumps(tree):
        found = samenet.validate(tree)
        assert found, errors(tree)
