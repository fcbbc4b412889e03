"""A hundred steps of every optimizer with every option, in both programs, in double precision."""

from __future__ import annotations

import pytest

from tests.optimizers.harness import compare

TOLERANCE = 1e-12

OPTIMIZERS = {
    "sgd": {"type": "sgd", "learning_rate": 0.05},
    "momentum": {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9},
    "nesterov": {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
    "adam": {"type": "adam", "learning_rate": 0.01},
    "adam, betas": {"type": "adam", "learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.99},
    "amsgrad": {"type": "adam", "learning_rate": 0.01, "amsgrad": True},
    "adamw": {"type": "adamw", "learning_rate": 0.01},
    "rmsprop": {"type": "rmsprop", "learning_rate": 0.01},
    "rmsprop, all": {
        "type": "rmsprop",
        "learning_rate": 0.01,
        "rho": 0.8,
        "momentum": 0.5,
        "centered": True,
        "epsilon": 1e-4,
    },
    "adagrad": {"type": "adagrad", "learning_rate": 0.05},
    "adadelta": {"type": "adadelta", "learning_rate": 0.5},
    "adamax": {"type": "adamax", "learning_rate": 0.01},
    "nadam": {"type": "nadam", "learning_rate": 0.01},
    "lion": {"type": "lion", "learning_rate": 0.01},
    "ftrl": {"type": "ftrl", "learning_rate": 0.05},
    "ftrl, all": {
        "type": "ftrl",
        "learning_rate": 0.05,
        "learning_rate_power": -0.3,
        "initial_accumulator_value": 0.4,
        "l1_regularization_strength": 1e-7,
        "l2_regularization_strength": 0.15,
        "l2_shrinkage_regularization_strength": 0.01,
        "beta": 0.3,
    },
    "adafactor": {"type": "adafactor", "learning_rate": 0.01},
    "lamb": {"type": "lamb", "learning_rate": 0.01},
    "muon": {"type": "muon", "learning_rate": 0.01},
    "muon, all": {
        "type": "muon",
        "learning_rate": 0.01,
        "nesterov": False,
        "momentum": 0.8,
        "ns_steps": 3,
        "rms_rate": 0.5,
        "adam_lr_ratio": 0.3,
        "adam_weight_decay": 0.1,
        "exclude_layers": ["head"],
        "exclude_embeddings": False,
    },
}

LESS_EXACT: dict[str, float] = {"nadam": 1e-6}
"""Keras holds Nadam's product of momenta in 32 bits."""

DECAY = {"weight_decay": 0.1, "exclude_from_weight_decay": ["bias", "gamma", "beta"]}

OPTIONS = {
    "weight decay": {"weight_decay": 0.1},
    "everything by weights": {**DECAY, "clipnorm": 0.01, "use_ema": True, "ema_momentum": 0.9},
    "everything by values": {
        "clipvalue": 1e-3,
        "gradient_accumulation_steps": 3,
        "use_ema": True,
        "ema_overwrite_frequency": 4,
    },
    "everything together": {
        **DECAY,
        "global_clipnorm": 0.5,
        "gradient_accumulation_steps": 2,
        "use_ema": True,
    },
}

ONE_EACH = [
    name
    for name in OPTIMIZERS
    if name.partition(",")[0] not in ("amsgrad", "momentum", "adamw") and "," not in name
]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps(name, float64):
    compare(OPTIMIZERS[name], LESS_EXACT.get(name, TOLERANCE))


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("name", [*ONE_EACH, "rmsprop, all"])
def test_steps_with_options(name, options, float64):
    compare({**OPTIMIZERS[name], **OPTIONS[options]}, LESS_EXACT.get(name, TOLERANCE))
