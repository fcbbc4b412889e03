"""The catalogue of optimizers: one file each, and the union that lists them all."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from samenet.optimizers.adadelta import Adadelta
from samenet.optimizers.adafactor import Adafactor
from samenet.optimizers.adagrad import Adagrad
from samenet.optimizers.adam import Adam, AdamW
from samenet.optimizers.adamax import Adamax
from samenet.optimizers.base import CLIPPING, BaseOptimizer
from samenet.optimizers.ftrl import Ftrl
from samenet.optimizers.lamb import Lamb
from samenet.optimizers.lion import Lion
from samenet.optimizers.muon import Muon
from samenet.optimizers.nadam import Nadam
from samenet.optimizers.rmsprop import RMSprop
from samenet.optimizers.sgd import SGD

Optimizer = Annotated[
    Adadelta
    | Adafactor
    | Adagrad
    | Adam
    | AdamW
    | Adamax
    | Ftrl
    | Lamb
    | Lion
    | Muon
    | Nadam
    | RMSprop
    | SGD,
    Field(discriminator="type"),
]  # fmt: skip

__all__ = ["CLIPPING", "SGD", "Adam", "AdamW", "BaseOptimizer", "Muon", "Optimizer"]
