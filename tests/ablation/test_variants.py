"""The variants of a spec: techniques are seen, go without a trace, and leave all else alone."""

from __future__ import annotations

from typing import Any

import pytest

import samenet
from samenet import api
from samenet.ablation.techniques import TECHNIQUES
from samenet.ablation.variants import Plan, plan
from samenet.compiler import graph_of
from samenet.diagnostics import Code, SpecError
from samenet.spec.rendering import rendered
from tests.specs import SPECS

SMALL = [path for path in SPECS if path.parent.name == "specs"]
KEYS = [technique.key for technique in TECHNIQUES]

EVERYTHING: dict[str, Any] = {
    "version": 1,
    "input": {"shape": [8, 8, 1]},
    "blocks": {
        "stage": {
            "parameters": ["filters"],
            "layers": [
                {
                    "type": "conv2d",
                    "filters": "${filters}",
                    "kernel_size": 3,
                    "use_bias": False,
                    "kernel_regularizer": "l2",
                    "kernel_constraint": {"type": "max_norm", "axis": [0, 1, 2]},
                },
                {"type": "batch_normalization"},
                {"type": "activation", "activation": "relu"},
                {"type": "spatial_dropout2d", "rate": 0.1},
            ],
        }
    },
    "layers": [
        {"type": "random_flip"},
        {"type": "gaussian_noise", "stddev": 0.1},
        {"block": "stage", "with": {"filters": 4}, "repeat": 2},
        {"type": "flatten"},
        {"type": "dense", "units": 8, "batch_normalization": "after_activation", "dropout": 0.5},
        {"type": "layer_normalization", "name": "normal"},
        {"type": "dropout", "rate": 0.2, "name": "drop"},
        {"type": "activity_regularization", "l2": 0.1},
        {"type": "dense", "units": 3, "activation": "softmax", "inputs": "drop"},
    ],
    "optimizer": {
        "type": "adamw",
        "exclude_from_weight_decay": ["beta", "bias"],
        "global_clipnorm": 1.0,
        "use_ema": True,
        "ema_momentum": 0.9,
        "ema_overwrite_frequency": 100,
    },
    "schedule": {"type": "exponential_decay", "decay_rate": 0.9},
    "callbacks": [
        {"type": "early_stopping", "patience": 3, "restore_best_weights": True},
        {"type": "swap_ema_weights"},
        {"type": "model_checkpoint", "filepath": "best.keras"},
    ],
    "training": {
        "loss": {"type": "categorical_crossentropy", "label_smoothing": 0.1},
        "class_weight": [1.0, 2.0, 1.0],
        "metrics": ["accuracy"],
    },
    "data": {"source": "npz", "path": "data.npz", "validation_split": 0.2},
    "expect": {"output_shape": [3]},
}
del EVERYTHING["layers"][7]  # nothing reads it: `drop` is what the end reads
PLATEAU = {k: v for k, v in EVERYTHING.items() if k != "schedule"} | {
    "callbacks": [{"type": "reduce_lr_on_plateau", "factor": 0.5}]
}


def planned(tree: Any, design: Any = "leave-one-out", **options: Any) -> Plan:
    return plan(api.read(tree), samenet.load(tree), design, **options)


def used_by(spec: Any) -> dict[str, str]:
    """What a spec uses, by the keys of techniques."""
    tree = rendered(spec)
    return {item.key: detail for item in TECHNIQUES if (detail := item.detail(tree))}


def test_each_technique_is_seen() -> None:
    found = used_by(samenet.load(EVERYTHING)) | used_by(samenet.load(PLATEAU))
    assert sorted(found) == sorted(KEYS)
    assert found["dropout"] == "0.1 in 2 layers, 0.5 in 1 layer and 0.2 in 1 layer"
    assert found["batch_normalization"] == "2 times as a layer and 1 time after the activation"
    assert found["regularizers"] == "l2 in 2 places"
    assert found["clipping"] == "global_clipnorm 1.0"


@pytest.mark.parametrize("tree", [EVERYTHING, PLATEAU], ids=["schedule", "plateau"])
def test_a_variant_lacks_one_technique_and_no_other(tree: Any) -> None:
    complete, *others = planned(tree).variants
    everything = used_by(complete.spec)
    assert len(others) == len(everything)
    for variant in others:
        (gone,) = set(everything) - set(variant.techniques)
        expected = {key: text for key, text in everything.items() if key != gone}
        assert used_by(variant.spec) == expected


@pytest.mark.parametrize(
    "source", [EVERYTHING, PLATEAU, *SMALL], ids=lambda item: getattr(item, "stem", "tree")
)
def test_weights_keep_their_names_shapes_and_initializers(source: Any) -> None:
    """The initial values of a weight are drawn for its path, its shape and the seed."""
    spec = samenet.load(source)
    if not used_by(spec):
        pytest.skip("it uses no technique")
    variants = planned(source, "ladder").variants
    complete = graph_of(variants[-1].spec).weights()
    for variant in variants:
        for path, weight in graph_of(variant.spec).weights().items():
            if path in complete:  # but for biases in place of those of normalizations
                found = (weight.shape, weight.initializer)
                assert found == (complete[path].shape, complete[path].initializer), path
            else:
                assert path.endswith("/bias")
    assert used_by(variants[0].spec) == {}
    assert used_by(variants[-1].spec) == used_by(spec)


def test_a_layer_without_bias_gets_one_with_its_normalization_gone() -> None:
    first = planned(EVERYTHING, "ladder").variants[0]
    kernels = [path for path in graph_of(first.spec).weights() if path.endswith("kernel")]
    biases = [path for path in graph_of(first.spec).weights() if path.endswith("bias")]
    assert len(kernels) == 4
    assert [path.replace("kernel", "bias") for path in kernels] == biases
    complete = planned(EVERYTHING, "ladder").variants[-1]
    assert not any("conv2d/bias" in path for path in graph_of(complete.spec).weights())


def test_the_designs() -> None:
    used = [key for key in KEYS if key in ("dropout", "clipping")]
    expected = {
        "ladder": [("baseline", ()), ("dropout", used[:1]), ("clipping", used)],
        "one-at-a-time": [("baseline", ()), ("dropout", used[:1]), ("clipping", used[1:])],
        "leave-one-out": [
            ("complete", used),
            ("without_dropout", used[1:]),
            ("without_clipping", used[:1]),
        ],
        "factorial": [
            ("baseline", ()),
            ("dropout", used[:1]),
            ("clipping", used[1:]),
            ("dropout+clipping", used),
        ],
    }
    for design, variants in expected.items():
        found = planned(EVERYTHING, design, only=("dropout", "clipping")).variants
        assert [(v.name, v.techniques) for v in found] == [(n, tuple(k)) for n, k in variants]


def test_what_is_not_looked_at_stays() -> None:
    baseline = planned(EVERYTHING, "ladder", only=["dropout"]).variants[0]
    assert set(used_by(baseline.spec)) == set(used_by(samenet.load(EVERYTHING))) - {"dropout"}


def test_changes_lead_to_what_is_written() -> None:
    """Also to variables, which a rendered spec has not."""
    tree = {
        **EVERYTHING,
        "variables": {"width": 8},
        "layers": [{"type": "flatten"}, {"type": "dense", "units": "${width}"}, LAST],
        "ablation": {"changes": {"wide": {"variables.width": 16, "training.batch_size": 8}}},
    }
    del tree["blocks"]
    tree |= {"optimizer": {"type": "adam"}, "callbacks": []}
    plain, wide = planned(tree, "one-at-a-time", only=["wide"]).variants
    assert [v.spec.training.batch_size for v in (plain, wide)] == [32, 8]
    assert [graph_of(v.spec).weights()["dense/kernel"].shape for v in (plain, wide)] == [
        (64, 8),
        (64, 16),
    ]


LAST = {"type": "dense", "units": 3, "activation": "softmax"}


@pytest.mark.parametrize(
    ("tree", "design", "options", "words"),
    [
        (EVERYTHING, "factorial", {}, "at most 6 techniques"),
        (EVERYTHING, "ladder", {"only": ["droput"]}, "did you mean 'dropout'"),
        ("basic", "ladder", {}, "uses no technique"),
    ],
    ids=["factorial", "only", "nothing"],
)
def test_what_cannot_be_compared(tree: Any, design: str, options: Any, words: str) -> None:
    if tree == "basic":
        (tree,) = (path for path in SPECS if path.name == "basic.net.toml")
    with pytest.raises(ValueError, match=words):
        planned(tree, design, **options)


def test_a_change_cannot_have_the_name_of_a_technique() -> None:
    tree = {**EVERYTHING, "ablation": {"changes": {"dropout": {"training.epochs": 2}}}}
    with pytest.raises(SpecError) as error:
        planned(tree)
    assert [item.code for item in error.value.diagnostics] == [Code.DUPLICATE_NAME]
