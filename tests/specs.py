"""Specs for tests: the real ones, changed at a few places."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import samenet
from samenet import document
from samenet.spec.model import Spec

ROOT = Path(__file__).parents[1]
SPECS = sorted((ROOT / "specs").rglob("*.net.*"))

# A spec that uses what the real ones do not.
MANY_OPTIONS: dict[str, Any] = {
    "version": 1,
    "input": {"shape": [4]},
    "layers": [
        {
            "type": "dense",
            "units": 300,
            "name": "a-layer.with_a_name_of_its_own_that_is_rather_long",
            "activation": "leaky_relu",
            "batch_normalization": "before_activation",
            "dropout": 0.25,
            "kernel_initializer": "he_normal",
        },
        {"type": "batch_normalization", "center": False},
        {"type": "dense", "units": 1, "activation": "sigmoid", "use_bias": False},
    ],
    "optimizer": {"type": "sgd", "momentum": 0.9},
    "schedule": {"type": "cosine_decay_restarts", "first_decay_steps": 10},
    "callbacks": [{"type": "early_stopping", "monitor": "loss", "baseline": 0.5}],
    "training": {"loss": "binary_crossentropy", "metrics": ["accuracy"]},
    "data": {
        "source": "csv",
        "path": "folder/a table with a long name.csv",
        "target": 'the "target"',
        "features": ["one", "two", "three's", "a column with quite a long name in the header"],
        "stratify": True,
        "validation_split": 0.25,
    },
}
ARRAYS: dict[str, Any] = {**MANY_OPTIONS, "data": {"source": "arrays"}}

# Losses and metrics that no framework has as they are wanted, and weights of classes.
MEASURED: dict[str, Any] = {
    **ARRAYS,
    "training": {
        "loss": {"type": "binary_focal_crossentropy", "apply_class_balancing": True, "gamma": 1.5},
        "class_weight": {"1": 3.0},
        "metrics": [
            "accuracy",
            {"type": "auc", "curve": "PR", "num_thresholds": 100, "name": "precision_recall"},
            "precision",
            {"type": "f1_score", "average": "micro", "threshold": 0.5},
        ],
    },
}

# Samples with weights, and classes too.
WEIGHTED: dict[str, Any] = {**MEASURED, "data": {"source": "arrays", "sample_weight": "how much"}}

WEIGHTED_OUTPUTS: dict[str, Any] = {
    "version": 1,
    "inputs": {"a": {"shape": [6, 3]}, "b": {"shape": [4]}},
    "layers": [
        {"type": "dense", "units": 3, "activation": "softmax", "name": "steps", "inputs": "a"},
        {"type": "flatten", "inputs": "a"},
        {"type": "concatenate", "inputs": ["flatten", "b"]},
        {"type": "dense", "units": 2, "name": "numbers"},
    ],
    "outputs": ["steps", "numbers"],
    "optimizer": {"type": "adam", "learning_rate": 0.01},
    "training": {
        "loss": {"steps": "sparse_categorical_crossentropy", "numbers": "huber"},
        "batch_size": 16,
        "epochs": 3,
    },
    "data": {"source": "arrays", "sample_weight": "w", "validation_split": 0.25},
}

# A class for each word of sentences that are padded with 0.
TAGGING: dict[str, Any] = {
    "version": 1,
    "name": "tagging",
    "input": {"shape": [6], "dtype": "int32"},
    "layers": [
        {"type": "embedding", "input_dim": 9, "output_dim": 4, "mask_zero": True},
        {"type": "dense", "units": 5, "activation": "tanh", "name": "hidden"},
        {"type": "dense", "units": 3, "activation": "softmax", "name": "tags"},
    ],
    "optimizer": {"type": "sgd", "learning_rate": 0.1},
    "training": {
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
        "epochs": 3,
        "batch_size": 16,
    },
    "data": {"source": "arrays", "validation_split": 0.25},
}


def tree(name: str) -> dict[str, Any]:
    """The tree of the spec `specs/<name>`."""
    (path,) = (ROOT / "specs").glob(f"{name}.net.*")
    return dict(document.read(path).tree)


def changed(original: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A tree with some of its tables changed; `a__b=1` sets key `b` of table `a`."""
    result = dict(original)
    for path, value in changes.items():
        table, _, key = path.partition("__")
        if key:
            result[table] = {**result[table], key: value}
        else:
            result[table] = value
    return result


def without_dropout(name: str, **changes: Any) -> Spec:
    """A real spec without its dropout, whose masks no two frameworks share."""
    original = tree(name)
    defaults = {
        kind: {key: value for key, value in table.items() if key != "dropout"}
        for kind, table in original.get("defaults", {}).items()
    }
    return samenet.load(changed({**original, "defaults": defaults}, **changes))
