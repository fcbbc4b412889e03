"""The catalogue of optimizers: one file each, and the table that lists them all."""

from __future__ import annotations

from typing import Annotated

from samenet.catalogue import Catalogue
from samenet.optimizers.base import BaseOptimizer

CATALOGUE: Catalogue[BaseOptimizer] = Catalogue(
    "samenet.optimizers",
    {
        "adadelta": "adadelta.Adadelta",
        "adafactor": "adafactor.Adafactor",
        "adagrad": "adagrad.Adagrad",
        "adam": "adam.Adam",
        "adamax": "adamax.Adamax",
        "adamw": "adam.AdamW",
        "ftrl": "ftrl.Ftrl",
        "lamb": "lamb.Lamb",
        "lion": "lion.Lion",
        "muon": "muon.Muon",
        "nadam": "nadam.Nadam",
        "rmsprop": "rmsprop.RMSprop",
        "sgd": "sgd.SGD",
    },
)
"""The class of each `type`."""

Optimizer = Annotated[BaseOptimizer, CATALOGUE]
