"""What happened in a training, found again in its history and its spec."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from samenet.backends.training import mode
from samenet.callbacks.base import Mode
from samenet.callbacks.early_stopping import EarlyStopping
from samenet.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from samenet.reports.scales import shown
from samenet.spec.model import Spec

Happening = Literal["rate reduced", "best epoch", "stopped early"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened after an epoch, counted from 1."""

    epoch: int
    what: Happening
    detail: str


def events(history: Mapping[str, Sequence[float | None]], spec: Spec | None) -> tuple[Event, ...]:
    """What happened, in the order of the epochs.

    The rate was reduced where it fell and the spec has a plateau, and no schedule that changes it.
    The best epoch is that of early stopping, which decides as Keras does; without it, the one in
    which the loss of validation (else of training) was lowest.

    Args:
        history: one value for each epoch, by name; None where it was not finite.
        spec: what was trained, or None if it cannot be read.
    """
    callbacks = spec.callbacks if spec else ()
    found: list[Event] = []
    if spec and not spec.schedule and any(isinstance(c, ReduceLROnPlateau) for c in callbacks):
        found += _cuts(history.get("learning_rate", ()))
    stopping = next((item for item in callbacks if isinstance(item, EarlyStopping)), None)
    if spec and stopping and stopping.monitor in history:
        found += _stopping(history[stopping.monitor], stopping, mode(spec, stopping))
    else:
        found += _lowest(history)
    return tuple(sorted(found, key=lambda event: event.epoch))


def _cuts(rates: Sequence[float | None]) -> Iterator[Event]:
    """The epochs after which the learning rate fell."""
    for epoch, (rate, following) in enumerate(pairwise(rates), start=1):
        if rate is not None and following is not None and following < rate:
            yield Event(epoch, "rate reduced", f"{shown(rate)} \u2192 {shown(following)}")


def _stopping(
    values: Sequence[float | None], callback: EarlyStopping, mode: Mode
) -> Iterator[Event]:
    """The decisions of early stopping; a value that was not finite counts as NaN, as in Keras."""
    best: float | None = None
    best_epoch = wait = 0
    stopped = False
    least = callback.min_delta
    for epoch, known in enumerate(values):
        if epoch < callback.start_from_epoch:
            continue
        value = math.nan if known is None else known
        wait += 1
        if _improves(value, best, mode, least):
            best, best_epoch = value, epoch + 1
            if callback.baseline is None or _improves(value, callback.baseline, mode, least):
                wait = 0
        elif wait >= callback.patience and epoch > 0:
            stopped = epoch + 1 == len(values)
            break
    if best is not None and math.isfinite(best):
        restored = "; its weights were restored" if callback.restore_best_weights else ""
        yield Event(best_epoch, "best epoch", f"{callback.monitor} {shown(best)}{restored}")
    if stopped:
        detail = f"{callback.monitor} had not improved for {callback.patience} epochs"
        yield Event(len(values), "stopped early", detail)


def _improves(value: float, best: float | None, mode: Mode, min_delta: float) -> bool:
    """As in `EarlyStopping` of the programs: Keras compares in 32 bits, a first value wins."""
    if best is None:
        return True
    if mode == "min":
        return bool(np.float32(value + min_delta) < np.float32(best))
    return bool(np.float32(value - min_delta) > np.float32(best))


def _lowest(history: Mapping[str, Sequence[float | None]]) -> Iterator[Event]:
    name = "val_loss" if "val_loss" in history else "loss"
    known = [(v, epoch) for epoch, v in enumerate(history.get(name, ()), 1) if v is not None]
    if known:
        value, epoch = min(known)
        yield Event(epoch, "best epoch", f"lowest {name} {shown(value)}")
