"""ReduceLROnPlateau: lowers the learning rate when a value has stopped improving.

Keras' decisions: it acts when `patience` epochs have passed without improvement (PyTorch: one
more), `min_delta` is absolute (PyTorch: relative), and a cooldown of n epochs counts the epoch
after the cut as its first. Values are compared in 32 bits.
Source: https://keras.io/api/callbacks/reduce_lr_on_plateau/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.callbacks.base import Mode, Monitor
from samenet.codegen.expression import Call, Name, call
from samenet.lowering import lowers
from samenet.schema import Natural, NonNegative, OpenFraction


class ReduceLROnPlateau(Monitor):
    """Reduces the learning rate, with Keras' defaults."""

    type: Literal["reduce_lr_on_plateau"]
    factor: OpenFraction = Field(0.1, description="What the learning rate is multiplied by.")
    patience: Natural = Field(10, description="Epochs without improvement before a cut.")
    min_delta: NonNegative = Field(1e-4, description="The least change that counts, absolute.")
    cooldown: Natural = Field(0, description="Epochs after a cut in which nothing is counted.")
    min_lr: NonNegative = Field(0.0, description="The learning rate never falls below it.")

    @property
    def lowest_rate(self) -> float:
        return self.min_lr


@lowers(ReduceLROnPlateau, "keras")
def keras(callback: ReduceLROnPlateau, mode: Mode) -> Call:
    """`keras.callbacks.ReduceLROnPlateau`."""
    return call("keras.callbacks.ReduceLROnPlateau", **callback.arguments(mode))


@lowers(ReduceLROnPlateau, "torch")
def torch(callback: ReduceLROnPlateau, mode: Mode) -> Call:
    """The program's own class of the same decisions."""
    plateau = Name("ReduceLROnPlateau", "torch/callbacks")
    return call(plateau, Name("optimizer"), **callback.arguments(mode))
