"""The catalogue of optimizers: one file each, and the union that lists them all."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from samenet.optimizers.adam import Adam
from samenet.optimizers.sgd import SGD

Optimizer = Annotated[
    Adam
    | SGD,
    Field(discriminator="type"),
]  # fmt: skip

__all__ = ["SGD", "Adam", "Optimizer"]
