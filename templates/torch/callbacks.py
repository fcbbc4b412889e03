"""Callbacks with the names, the arguments and the decisions of Keras 3."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

import torch
from torch import Tensor, nn

from ..shared.files import replacing
from ..shared.tables import EpochTable
from .averages import swap_weights
from .optimizers.around import MovingAverage


class Callback:
    """Something that acts during training, at the times of Keras' callbacks."""

    stop_training = False
    STATE: ClassVar[Sequence[str]] = ()
    """The attributes that change in training, beside `stop_training`."""

    def state_dict(self) -> dict[str, Any]:
        """What it takes to go on later."""
        return {name: getattr(self, name) for name in ("stop_training", *self.STATE)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        for name, value in state.items():
            setattr(self, name, value)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float]) -> None:
        """Before the epoch's first batch; epochs count from 0."""

    def on_train_batch_begin(self, batch: int, logs: dict[str, float]) -> None:
        """Before each batch of an epoch; batches count from 0."""

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        """After each batch; if a callback reads them, logs has the means so far."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """After the epoch's validation, with its values and its learning rate."""

    def on_train_end(self, logs: dict[str, float]) -> None:
        """After the last epoch."""


def improves(value: float, best: float | None, mode: str, min_delta: float) -> bool:
    """Whether a value beats the best; Keras compares in 32 bits, a first value wins."""
    if best is None:
        return True
    if mode == "min":
        return bool(np.float32(value + min_delta) < np.float32(best))
    return bool(np.float32(value - min_delta) > np.float32(best))


@dataclass
class LearningRateScheduler(Callback):
    """Sets the learning rate of each epoch before it begins."""

    optimizer: torch.optim.Optimizer
    schedule: Callable[[int], float]

    def on_epoch_begin(self, epoch: int, logs: dict[str, float]) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule(epoch)


@dataclass
class LearningRateByStep(Callback):
    """Sets the learning rate of each step before it is taken."""

    optimizer: torch.optim.Optimizer
    schedule: Callable[[int], float]
    steps_per_epoch: int
    first_step: int = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float]) -> None:
        self.first_step = epoch * self.steps_per_epoch

    def on_train_batch_begin(self, batch: int, logs: dict[str, float]) -> None:
        rate = self.schedule(self.first_step + batch)
        for group in self.optimizer.param_groups:
            group["lr"] = rate


@dataclass
class ReduceLROnPlateau(Callback):
    """Multiplies the learning rate by `factor` when `monitor` stopped improving.

    Unlike PyTorch's scheduler it acts when `patience` epochs have passed, not one more,
    and `min_delta` is absolute.
    """

    STATE = ("best", "wait", "cooling")
    optimizer: torch.optim.Optimizer
    monitor: str
    factor: float
    patience: int
    mode: str
    min_delta: float
    cooldown: int
    min_lr: float
    best: float | None = None
    wait: int = 0
    cooling: int = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        value = logs[self.monitor]
        if self.cooling > 0:
            self.cooling -= 1
            self.wait = 0
        if improves(value, self.best, self.mode, self.min_delta):
            self.best, self.wait = value, 0
        elif self.cooling <= 0:
            self.wait += 1
            if self.wait >= self.patience:
                self.reduce()

    def reduce(self) -> None:
        """Cut the rate, unless it is as low as it may be."""
        for group in self.optimizer.param_groups:
            if group["lr"] > np.float32(self.min_lr):
                group["lr"] = max(group["lr"] * self.factor, self.min_lr)
                self.cooling, self.wait = self.cooldown, 0


@dataclass
class EarlyStopping(Callback):
    """Stops when `monitor` stopped improving; may end with the best weights."""

    STATE = ("best", "best_weights", "wait")
    model: nn.Module
    monitor: str
    min_delta: float
    patience: int
    mode: str
    baseline: float | None
    restore_best_weights: bool
    start_from_epoch: int
    best: float | None = None
    best_weights: dict[str, Tensor] | None = None
    wait: int = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        value = logs[self.monitor]
        if epoch < self.start_from_epoch:
            return
        self.wait += 1
        if improves(value, self.best, self.mode, self.min_delta):
            self.best = value
            if self.restore_best_weights:
                state = self.model.state_dict()
                self.best_weights = {name: w.clone() for name, w in state.items()}
            if self.baseline is None or improves(
                value, self.baseline, self.mode, self.min_delta
            ):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stop_training = True

    def on_train_end(self, logs: dict[str, float]) -> None:
        if self.best_weights is not None:
            self.model.load_state_dict(self.best_weights)


class TerminateOnNaN(Callback):
    """Stops when a batch makes the mean loss of the epoch NaN or infinite."""

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        if not math.isfinite(logs["loss"]):
            print(f"Batch {batch}: Invalid loss, terminating training")
            self.stop_training = True


@dataclass
class ModelCheckpoint(Callback):
    """Writes the model after epochs: all of them, or those in which `monitor` was best.

    The path below `folder` may name values of the epoch, which counts from 1.
    """

    STATE = ("best",)
    model: nn.Module
    folder: Path
    filepath: str
    monitor: str
    save_best_only: bool
    mode: str
    initial_value_threshold: float | None

    def __post_init__(self) -> None:
        self.best = self.initial_value_threshold

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if self.save_best_only:
            value = logs[self.monitor]
            if not improves(value, self.best, self.mode, 0.0):
                return
            self.best = value
        path = self.folder / self.filepath.format(epoch=epoch + 1, **logs)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as new:
            torch.save(self.model.state_dict(), new)


@dataclass
class SwapEMAWeights(Callback):
    """Between epochs the averages are the weights, for the callbacks behind it."""

    STATE = ("swapped",)
    optimizer: MovingAverage
    swapped: bool = False

    def on_epoch_begin(self, epoch: int, logs: dict[str, float]) -> None:
        if self.swapped:
            swap_weights(self.optimizer)
            self.swapped = False

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        swap_weights(self.optimizer)
        self.swapped = True


class CSVLogger(EpochTable, Callback):
    """Writes a line for each epoch into a CSV file."""

    STATE = ("text", "columns")

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.write(epoch, logs)


@dataclass
class PrintEpochs(Callback):
    """Prints a line for each epoch."""

    epochs: int

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        values = "  ".join(f"{name} {value:.4g}" for name, value in logs.items())
        print(f"epoch {epoch + 1}/{self.epochs}  {values}", flush=True)
