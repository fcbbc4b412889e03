"""What callbacks that watch a value have in common."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.schema import Model, NonNegative

Mode = Literal["min", "max"]


class Monitor(Model):
    """A callback that acts on how a value of the epoch improves."""

    monitor: str = Field("val_loss", description="The loss or metric to watch, val_ in front.")
    mode: Literal["auto", "min", "max"] = Field(
        "auto", description="Whether low or high is better; auto asks the metric."
    )
    min_delta: NonNegative = Field(0.0, description="The least change that counts, absolute.")
