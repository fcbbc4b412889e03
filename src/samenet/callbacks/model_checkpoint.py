"""ModelCheckpoint: keeps the model after epochs, all of them or the best.

Keras' decisions: the first value always counts unless `initial_value_threshold` has to be beaten,
values are compared in 32 bits, epochs in names count from 1. Keras writes the whole model, or its
weights alone; the PyTorch program writes the `state_dict` under the same name with the suffix
`.pt`. A file appears whole or not at all.
Source: https://keras.io/api/callbacks/model_checkpoint/
"""

from __future__ import annotations

import re
from collections.abc import Collection
from string import Formatter
from typing import ClassVar, Literal

from pydantic import Field

from samenet.callbacks.base import Mode, Watching
from samenet.codegen.expression import Call, Expression, Name, call
from samenet.lowering import lowers

WEIGHTS, MODEL, TORCH = ".weights.h5", ".keras", ".pt"

_NUMBER = re.compile(r"0?[0-9]{0,2}d?")
_VALUE = re.compile(r"0?[0-9]{0,2}(\.[0-9]{1,2})?[efg]?")
"""How an epoch and how another value may be written."""


class ModelCheckpoint(Watching):
    """Writes the model after epochs, with Keras' defaults."""

    FILE: ClassVar = "filepath"

    type: Literal["model_checkpoint"]
    filepath: str = Field(
        min_length=1,
        description="The file, in the folder of the run; it may name values, as in "
        "`model_{epoch:02d}_{val_loss:.3f}.keras`. PyTorch's ends in `.pt`.",
    )
    save_best_only: bool = Field(False, description="Whether only a value that is better counts.")
    save_weights_only: bool = Field(
        False, description="Whether Keras leaves out all but the weights; `.weights.h5`."
    )
    save_freq: Literal["epoch"] = Field("epoch", description="When the model is written.")
    initial_value_threshold: float | None = Field(
        None, description="A value that the first one must beat."
    )

    @property
    def watches(self) -> bool:
        return self.save_best_only

    @property
    def suffix(self) -> str:
        """The suffix that Keras wants."""
        return WEIGHTS if self.save_weights_only else MODEL

    @property
    def torch_path(self) -> str:
        """The file of the PyTorch program."""
        return self.filepath.removesuffix(self.suffix) + TORCH

    def files(self) -> tuple[str, ...]:
        return (self.filepath, self.torch_path)

    def reads(self) -> tuple[str, ...]:
        names = [name for _, name, _, _ in Formatter().parse(self.filepath)]
        return (*super().reads(), *(name for name in names if name and name != "epoch"))

    def example(self) -> str:
        return self.filepath.format(epoch=1, **dict.fromkeys(self.reads(), 0.5))

    def refusal(self, values: Collection[str]) -> tuple[str, str] | None:
        if not self.filepath.endswith(self.suffix) or self.filepath.endswith(f"/{self.suffix}"):
            rest = " with save_weights_only" if self.save_weights_only else ""
            return f"the file must end in {self.suffix!r}{rest}", f"write model{self.suffix}"
        try:
            parts = list(Formatter().parse(self.filepath))
        except ValueError as error:
            return f"{self.filepath!r}: {error}", "a brace that is no value is written twice"
        known = ["epoch", *(name for name in values if not set(".[") & set(name))]
        for _, name, form, conversion in parts:
            if name is None:
                continue
            if name not in known:
                return f"nothing produces {name!r}", f"allowed: {', '.join(known)}"
            if conversion or not (_NUMBER if name == "epoch" else _VALUE).fullmatch(form or ""):
                example = "{epoch:03d}" if name == "epoch" else f"{{{name}:.3f}}"
                return f"{name!r} cannot be written like this", f"write it as in {example}"
        return None

    def arguments(self, mode: Mode) -> dict[str, Expression]:
        """The arguments that have the same names in both programs, with the mode decided."""
        return {
            "monitor": self.monitor,
            "save_best_only": self.save_best_only,
            "mode": mode,
            "initial_value_threshold": self.initial_value_threshold,
        }


@lowers(ModelCheckpoint, "keras")
def keras(callback: ModelCheckpoint, mode: Mode) -> Call:
    """`keras.callbacks.ModelCheckpoint`, with files that are whole."""
    return call(
        Name("ModelCheckpoint", "keras/callbacks"),
        Name("folder"),
        callback.filepath,
        save_weights_only=callback.save_weights_only,
        **callback.arguments(mode),
    )


@lowers(ModelCheckpoint, "torch")
def torch(callback: ModelCheckpoint, mode: Mode) -> Call:
    """The program's own class of the same decisions."""
    checkpoint = Name("ModelCheckpoint", "torch/callbacks")
    arguments = callback.arguments(mode)
    return call(checkpoint, Name("model"), Name("folder"), callback.torch_path, **arguments)
