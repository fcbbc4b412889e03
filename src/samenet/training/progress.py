"""Who is told how training goes: nobody, a log with a line for each epoch, or a live display."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

from samenet.lowering import Backend
from samenet.spec.model import Spec

if TYPE_CHECKING:
    from rich.console import Console


class Progress:
    """Is told of the course of a training; this one says nothing.

    The methods named `on_*` are called at the times of Keras' callbacks, epochs and batches
    counted from 0.
    """

    stop_training = False
    spec: Spec

    def begin(self, spec: Spec, backend: Backend, epochs: int, batches: int) -> None:
        """Before training, with the number of epochs and of batches in each."""
        self.spec = spec

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Before an epoch."""

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, float]) -> None:
        """Before a batch."""

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float]) -> None:
        """After a batch."""

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        """After an epoch, with its losses, metrics and learning rate."""

    def on_train_end(self, logs: Mapping[str, float]) -> None:
        """After the last epoch."""

    def end(self) -> None:
        """After training, also when it failed."""

    def values(self, logs: Mapping[str, float]) -> str:
        """Losses, metrics and the learning rate of an epoch on one line."""
        names = [name for name in self.spec.reported() if name in logs]
        return "  ".join(f"{name} {float(logs[name]):.4g}" for name in names)


class Log(Progress):
    """A line for each epoch, for files and pipes."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.prefix, self.epochs, self.start = "", 0, 0.0

    def begin(self, spec: Spec, backend: Backend, epochs: int, batches: int) -> None:
        super().begin(spec, backend, epochs, batches)
        self.prefix, self.epochs = f"{spec.name} {backend}", epochs
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        seconds = time.perf_counter() - self.start
        values = self.values(logs)
        line = f"{self.prefix} epoch {epoch + 1}/{self.epochs}  {seconds:.1f} s  {values}"
        print(line, file=self.stream, flush=True)


class Live(Progress):
    """A bar for the training with the values of the last epoch below it, on a terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.bar: Any = None
        self.line: Any = None
        self.task: Any = None
        self.display: Any = None
        self.epochs = self.batches = self.epoch = 0

    def begin(self, spec: Spec, backend: Backend, epochs: int, batches: int) -> None:
        # rich takes 50 ms to import.
        from rich import live, progress  # noqa: PLC0415
        from rich.console import Group  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        super().begin(spec, backend, epochs, batches)
        self.epochs, self.batches = epochs, batches
        self.bar = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.TextColumn("{task.fields[epoch]}"),
            progress.BarColumn(bar_width=30),
            progress.TimeElapsedColumn(),
            progress.TextColumn("left"),
            progress.TimeRemainingColumn(),
            console=self.console,
        )
        self.line = Text()
        label = f"{spec.name} {backend}"
        self.task = self.bar.add_task(label, total=epochs * batches, epoch="")
        self.display = live.Live(Group(self.bar, self.line), console=self.console)
        self.display.start()

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float]) -> None:
        self.epoch = epoch
        self.bar.update(self.task, epoch=f"epoch {epoch + 1}/{self.epochs}")

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float]) -> None:
        self.bar.update(self.task, completed=self.epoch * self.batches + batch + 1)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        self.line.plain = f"  {self.values(logs)}"

    def on_train_end(self, logs: Mapping[str, float]) -> None:
        # Early stopping leaves the bar short: what was trained is all there was.
        self.bar.update(self.task, total=(self.epoch + 1) * self.batches)

    def end(self) -> None:
        if self.display is not None:
            self.display.stop()
