"""What callbacks that watch a value have in common."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Expression
from samenet.schema import Model, NonNegative

Mode = Literal["min", "max"]


class Monitor(Model):
    """A callback that acts on how a value of the epoch improves."""

    monitor: str = Field("val_loss", description="The loss or metric to watch, val_ in front.")
    mode: Literal["auto", "min", "max"] = Field(
        "auto", description="Whether low or high is better; auto asks the metric."
    )
    min_delta: NonNegative = Field(0.0, description="The least change that counts, absolute.")

    def arguments(self, mode: Mode) -> dict[str, Expression]:
        """The arguments, which have the same names in both programs, with the mode decided."""
        # Keras' own default is the whole number 0, from which type checkers conclude.
        decided = {"mode": mode, "min_delta": self.min_delta or 0}
        return {**self.model_dump(exclude={"type"}), **decided}
