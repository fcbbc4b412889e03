"""Which epoch of a training counts, and what was reported of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from samenet.callbacks.base import Mode
from samenet.callbacks.early_stopping import EarlyStopping
from samenet.spec.model import Spec

History = Mapping[str, Sequence[float | None]]
"""Values by epoch, as in `samenet.training.run.Run.history`; None is what is not finite."""


def judged_epoch(spec: Spec, history: History) -> int:
    """The epoch, counted from 1, whose weights a training ends with.

    With `restore_best_weights` that is the best one, as the callback sees it; else the last.
    """
    epoch = len(history["loss"])
    for callback in spec.callbacks:
        if isinstance(callback, EarlyStopping) and callback.restore_best_weights:
            epoch = _best(callback, spec.mode_of(callback.monitor), history) or epoch
    return epoch


def _best(callback: EarlyStopping, mode: Mode, history: History) -> int | None:
    """The epoch at which the callback kept the weights last, by Keras' comparisons in 32 bits."""
    if callback.mode != "auto":
        mode = callback.mode
    sign = 1 if mode == "min" else -1
    best: float | None = None
    epoch: int | None = None
    for index, value in enumerate(history[callback.monitor]):
        number = math.nan if value is None else value
        if index < callback.start_from_epoch:
            continue
        changed = np.float32(number + sign * callback.min_delta)
        if best is None or sign * changed < sign * np.float32(best):
            best, epoch = number, index + 1
    return epoch


def values_at(history: History, epoch: int) -> dict[str, float | None]:
    """What was reported of an epoch, counted from 1, but for the learning rate."""
    return {name: v[epoch - 1] for name, v in history.items() if name != "learning_rate"}


def reached(values: Sequence[float | None], target: float, mode: Mode) -> int | None:
    """The first epoch, counted from 1, whose value is as good as a target."""
    sign = 1 if mode == "min" else -1
    for index, value in enumerate(values):
        if value is not None and sign * value <= sign * target:
            return index + 1
    return None


def finite(history: Mapping[str, Sequence[float]]) -> dict[str, list[float | None]]:
    """A history in which None stands for what is not finite, as in JSON."""
    return {
        name: [value if math.isfinite(value) else None for value in values]
        for name, values in history.items()
    }
