"""EarlyStopping: ends training when a value has stopped improving.

Keras' decisions: the first value always improves; training stops after `patience` epochs without
improvement, never after the first epoch; the best weights, moving statistics included, are
restored at the end of training even if it was not stopped. Values are compared in 32 bits.
Source: https://keras.io/api/callbacks/early_stopping/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.callbacks.base import Mode, Monitor
from samenet.codegen.expression import Call, Name, call
from samenet.lowering import lowers
from samenet.schema import Natural


class EarlyStopping(Monitor):
    """Stops training early, with Keras' defaults."""

    type: Literal["early_stopping"]
    patience: Natural = Field(0, description="Epochs without improvement that are accepted.")
    baseline: float | None = Field(None, description="A value that must be beaten.")
    restore_best_weights: bool = Field(False, description="Whether to end with the best weights.")
    start_from_epoch: Natural = Field(0, description="Epochs at the start that are ignored.")

    @property
    def restores(self) -> bool:
        return self.restore_best_weights


@lowers(EarlyStopping, "keras")
def keras(callback: EarlyStopping, mode: Mode) -> Call:
    """`keras.callbacks.EarlyStopping`."""
    return call("keras.callbacks.EarlyStopping", **callback.arguments(mode))


@lowers(EarlyStopping, "torch")
def torch(callback: EarlyStopping, mode: Mode) -> Call:
    """The program's own class of the same decisions."""
    stopping = Name("EarlyStopping", "torch/callbacks")
    return call(stopping, Name("model"), **callback.arguments(mode))
