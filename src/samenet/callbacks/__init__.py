"""The catalogue of callbacks: one file each, and the union that lists them all.

Callbacks act in the order of the spec, in both programs.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from samenet.callbacks.csv_logger import CSVLogger
from samenet.callbacks.early_stopping import EarlyStopping
from samenet.callbacks.model_checkpoint import ModelCheckpoint
from samenet.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from samenet.callbacks.swap_ema_weights import SwapEMAWeights
from samenet.callbacks.terminate_on_nan import TerminateOnNaN

Callback = Annotated[
    CSVLogger
    | EarlyStopping
    | ModelCheckpoint
    | ReduceLROnPlateau
    | SwapEMAWeights
    | TerminateOnNaN,
    Field(discriminator="type"),
]  # fmt: skip

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "SwapEMAWeights",
    "TerminateOnNaN",
]
