"""Each piece of advice: given where it should be, and not one step before.

The examples of `samenet explain` (tests/diagnostics) are the plain cases; here are the limits, and
the networks of the literature that must not be warned of.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

import samenet
from samenet.advice import ADVICE
from samenet.advice.ignores import CODES
from samenet.diagnostics import Code, Severity
from samenet.spec.model import AdviceCode
from tests.specs import SPECS

Tree = dict[str, Any]

LAST: Tree = {"type": "dense", "units": 10, "activation": "softmax"}
NUMBER: Tree = {"type": "dense", "units": 1}
DENSE: Tree = {"type": "dense", "units": 8, "activation": "relu"}
BIAS: Tree = {**DENSE, "batch_normalization": "before_activation"}
NORM: Tree = {**BIAS, "use_bias": False}
LATE: Tree = {**DENSE, "batch_normalization": "after_activation"}
BN: Tree = {"type": "batch_normalization"}
STOP: Tree = {"type": "early_stopping", "patience": 5, "restore_best_weights": True}
PLATEAU: Tree = {"type": "reduce_lr_on_plateau", "patience": 4}
DECAY: Tree = {"type": "exponential_decay", "decay_rate": 0.9}
REGRESSION: Tree = {"loss": "mean_squared_error"}
FEATURES: Tree = {"source": "arrays"}
CONV: Tree = {"type": "conv2d", "filters": 4, "kernel_size": 3, "activation": "relu"}
POOL: Tree = {"type": "global_average_pooling2d"}


def dropout(rate: float, kind: str = "dropout") -> Tree:
    return {"type": kind, "rate": rate}


def spec(*layers: Tree, shape: tuple[int, ...] = (784,), **tables: Any) -> Tree:
    training = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    data = {"source": "mnist_5k", "validation_split": 0.2}
    base: Tree = {
        "version": 1,
        "input": {"shape": list(shape)},
        "layers": list(layers),
        "optimizer": {"type": "adam"},
        "training": training,
        "data": data,
    }
    return copy.deepcopy({**base, **tables})


def codes(tree: Mapping[str, Any]) -> list[str]:
    return [item.code.number for item in samenet.advise(tree)]


def adam(rate: float, kind: str = "adam") -> Tree:
    return {"type": kind, "learning_rate": rate}


def training(**values: Any) -> Tree:
    return {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"], **values}


IMAGES = {"shape": (28, 28, 1)}
ON_NUMBERS = {"training": REGRESSION, "data": FEATURES}

CASES: list[tuple[str, Tree, Tree]] = [
    ("SN601", spec({**DENSE, "dropout": 0.51}, LAST), spec({**DENSE, "dropout": 0.5}, LAST)),
    ("SN601", spec({**DENSE, "dropout": 0.19}, LAST), spec({**DENSE, "dropout": 0.2}, LAST)),
    ("SN601", spec(dropout(0.21), DENSE, LAST), spec(dropout(0.2), DENSE, LAST)),
    ("SN601", spec(dropout(0.6, "spatial_dropout2d"), CONV, POOL, LAST, **IMAGES),
     spec(CONV, dropout(0.1, "spatial_dropout2d"), POOL, LAST, **IMAGES)),
    ("SN601", spec(DENSE, dropout(0.1), LAST),
     spec(DENSE, {"type": "layer_normalization"}, dropout(0.1), LAST)),
    ("SN601", spec(DENSE, dropout(0.8), LAST),
     spec(DENSE, {**dropout(0.8), "noise_shape": [1]}, LAST)),
    ("SN602", spec(DENSE, {**NUMBER, "dropout": 0.3}, **ON_NUMBERS),
     spec({**DENSE, "dropout": 0.3}, DENSE, NUMBER, **ON_NUMBERS)),
    ("SN602", spec({**DENSE, "dropout": 0.3}, NUMBER, **ON_NUMBERS),
     spec({**DENSE, "dropout": 0.3}, LAST)),
    ("SN603", spec(NORM, NORM, dropout(0.3), BN, LAST), spec(NORM, NORM, BN, dropout(0.3), LAST)),
    ("SN603", spec(NORM, NORM, dropout(0.3), {"type": "relu"}, BN, LAST),
     spec(NORM, NORM, dropout(0.3), NORM, LAST)),
    ("SN611", spec(NORM, LAST), spec(NORM, DENSE, LAST)),
    ("SN612", spec(DENSE, LATE, LAST), spec(DENSE, NORM, LAST)),
    ("SN612", spec(DENSE, DENSE, BN, LAST),
     spec(CONV, {"type": "max_pooling2d"}, BN, CONV, POOL, LAST, **IMAGES)),
    ("SN613", spec(NORM, BIAS, LAST), spec(NORM, NORM, LAST)),
    # Something else reads what has the bias, or the normalization is along another axis.
    ("SN613", spec(NORM, {"type": "dense", "units": 8, "name": "a"}, {**BN, "name": "b"}, LAST),
     spec(NORM, {"type": "dense", "units": 8, "name": "a"}, {**BN, "name": "b"},
          {"type": "add", "inputs": ["a", "b"]}, LAST)),
    ("SN613", spec({**CONV, "activation": "linear"}, BN, CONV, POOL, LAST, **IMAGES),
     spec({**CONV, "activation": "linear"}, {**BN, "axis": 1}, CONV, POOL, LAST, **IMAGES)),
    ("SN614", spec(DENSE, DENSE, DENSE, LAST), spec(DENSE, DENSE, LAST)),
    ("SN614", spec(DENSE, DENSE, DENSE, LAST),
     spec(DENSE, DENSE, {"type": "layer_normalization"}, DENSE, LAST)),
    ("SN614", spec(DENSE, DENSE, DENSE, LAST),
     spec(*[{**DENSE, "activation": "selu"}] * 3, LAST)),
    ("SN615", spec(NORM, NORM, LAST, training=training(batch_size=7)),
     spec(NORM, NORM, LAST, training=training(batch_size=8))),
    ("SN621", spec(DENSE, LAST, optimizer=adam(0.011)), spec(DENSE, LAST, optimizer=adam(0.01))),
    ("SN621", spec(DENSE, LAST, optimizer=adam(0.6, "sgd")),
     spec(DENSE, LAST, optimizer=adam(0.5, "sgd"))),
    ("SN621", spec(DENSE, LAST, optimizer=adam(0.1)),
     spec(DENSE, LAST, optimizer=adam(0.1), schedule=DECAY)),
    ("SN621", spec(DENSE, LAST, optimizer=adam(0.1)),
     spec(DENSE, LAST, optimizer=adam(0.1), callbacks=[PLATEAU])),
    ("SN622", spec(DENSE, LAST, data={"source": "mnist_5k"}), spec(DENSE, LAST, data=FEATURES)),
    ("SN623", spec(DENSE, LAST, callbacks=[{**STOP, "monitor": "loss"}]),
     spec(DENSE, LAST, callbacks=[{**STOP, "monitor": "loss"}], data=FEATURES)),
    ("SN624", spec(DENSE, LAST, callbacks=[{"type": "early_stopping"}]),
     spec(DENSE, LAST, callbacks=[{"type": "early_stopping"}, {
         "type": "model_checkpoint", "filepath": "best.keras", "save_best_only": True}])),
    ("SN625", spec(DENSE, LAST, callbacks=[{**PLATEAU, "patience": 5}, STOP]),
     spec(DENSE, LAST, callbacks=[PLATEAU, STOP])),
    ("SN625", spec(DENSE, LAST, callbacks=[STOP, {**PLATEAU, "patience": 9}]),
     spec(DENSE, LAST, callbacks=[STOP, {**PLATEAU, "patience": 9, "monitor": "val_accuracy"}])),
    ("SN626", spec(DENSE, LAST, training={"loss": "sparse_categorical_crossentropy"}),
     spec(DENSE, NUMBER, **ON_NUMBERS)),
    ("SN627", spec({**NORM, "dropout": 0.3}, NORM, NORM, LAST, schedule=DECAY),
     spec(NORM, NORM, {**NORM, "dropout": 0.3}, LAST, schedule=DECAY)),
    ("SN627", spec({**NORM, "dropout": 0.3}, NORM, NORM, LAST, callbacks=[PLATEAU]),
     spec({**NORM, "dropout": 0.3}, NORM, NORM, LAST)),
    ("SN691", spec(DENSE, LAST, lint={"ignore": ["SN601"]}), spec(DENSE, LAST, lint={})),
]  # fmt: skip


@pytest.mark.parametrize(("code", "bad", "good"), CASES, ids=[case[0] for case in CASES])
def test_the_limits(code: str, bad: Tree, good: Tree) -> None:
    assert codes(bad) == [code]
    assert codes(good) == []


def test_every_code_of_advice_has_its_function_its_word_in_a_spec_and_a_case() -> None:
    numbers = {code.number for code in Code if code.severity is Severity.WARNING}
    assert {code.number for code in ADVICE} == numbers - {"SN691"}
    assert get_args(AdviceCode) == CODES
    assert set(CODES) == numbers - {"SN691"}
    assert {code for code, _, _ in CASES} == numbers


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_the_specs_of_the_project_follow_all_advice_or_say_why_not(path: Path) -> None:
    assert samenet.advise(path) == []


def test_what_the_networks_of_the_literature_are_warned_of(tmp_path: Path) -> None:
    """All of it is true of them; what is not in this list is not warned of, such as ResNets."""
    found: dict[str, set[str]] = {}
    for path in (path for path in SPECS if path.parent.name == "networks"):
        text = path.read_text(encoding="utf-8").replace("# samenet:", "#")
        copied = tmp_path / path.name
        copied.write_text(text, encoding="utf-8")
        if advice := {item.code.number for item in samenet.advise(copied)}:
            found[path.name.partition(".")[0]] = advice
    assert found == {
        "lenet5": {"SN614"},
        "unet": {"SN614"},
        "vgg16": {"SN614"},
        "wavenet": {"SN614"},
        "wide_and_deep": {"SN601", "SN613"},
    }


def test_advice_changes_no_program_and_no_rendered_spec() -> None:
    plain = spec(DENSE, DENSE, DENSE, LAST)
    quiet = {**plain, "lint": {"ignore": ["SN614"]}}
    assert samenet.compile(quiet, "torch").text == samenet.compile(plain, "torch").text
    assert samenet.render(quiet) == samenet.render(plain)


def test_mistakes_come_first() -> None:
    with pytest.raises(samenet.SpecError):
        samenet.advise({**spec(NORM, LAST), "version": 2})
    assert samenet.validate(spec(NORM, LAST)) == []


def test_a_loaded_spec_has_advice_without_places() -> None:
    loaded = samenet.load(spec(NORM, LAST))
    assert [(item.code, item.span) for item in samenet.advise(loaded)] == [
        (Code.SMALL_NETWORK, None)
    ]
    with pytest.raises(ValueError, match="overrides"):
        samenet.advise(loaded, ["name=x"])


def test_what_comes_from_defaults_and_blocks_is_said_once_where_it_is_written(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a.net.toml"
    file.write_text("""\
version = 1
input.shape = [784]
layers = [
    { block = "hidden", repeat = 5 },
    { type = "dense", units = 10, activation = "softmax", dropout = 0.0 },
]
[defaults.dense]
activation = "relu"
dropout = 0.7
[blocks.hidden]
layers = [
    { type = "dense", units = 8, batch_normalization = "before_activation" },
]
[optimizer]
type = "adam"
[training]
loss = "sparse_categorical_crossentropy"
metrics = ["accuracy"]
[data]
source = "mnist_5k"
validation_split = 0.2
""")
    found = [(item.code.number, item.span and item.span.line) for item in samenet.advise(file)]
    assert found == [("SN601", 9), ("SN613", 12)]
