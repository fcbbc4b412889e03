"""The catalogue of callbacks: one file each, and the table that lists them all.

Callbacks act in the order of the spec, in both programs.
"""

from __future__ import annotations

from typing import Annotated

from samenet.callbacks.base import BaseCallback
from samenet.catalogue import Catalogue

CATALOGUE: Catalogue[BaseCallback] = Catalogue(
    "samenet.callbacks",
    {
        "csv_logger": "csv_logger.CSVLogger",
        "early_stopping": "early_stopping.EarlyStopping",
        "model_checkpoint": "model_checkpoint.ModelCheckpoint",
        "reduce_lr_on_plateau": "reduce_lr_on_plateau.ReduceLROnPlateau",
        "swap_ema_weights": "swap_ema_weights.SwapEMAWeights",
        "tensor_board": "tensor_board.TensorBoard",
        "terminate_on_nan": "terminate_on_nan.TerminateOnNaN",
    },
)
"""The class of each `type`."""

Callback = Annotated[BaseCallback, CATALOGUE]
