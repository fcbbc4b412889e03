"""Event files for TensorBoard."""

from dataclasses import dataclass
from pathlib import Path

from tensorboardX import SummaryWriter

import torch

from .callbacks import Callback


@dataclass
class TensorBoard(Callback):
    """Writes losses, metrics and learning rate of each epoch, with Keras' tags.

    The rate is that of the next epoch if a callback before it has changed it. An update
    of the weights takes `batches` batches.
    """

    STATE = ("steps",)
    optimizer: torch.optim.Optimizer
    folder: Path
    batches: int = 1
    steps: int = 0

    def __post_init__(self) -> None:
        self.writers: dict[str, SummaryWriter] = {}

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        self.steps += 1

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        updates = self.steps // self.batches
        rate = self.optimizer.param_groups[0]["lr"]
        for name, value in {**logs, "learning_rate": rate}.items():
            if not name.startswith("val_"):
                self.writer("train").add_scalar(f"epoch_{name}", value, epoch)
                continue
            own, writer = name.removeprefix("val_"), self.writer("validation")
            writer.add_scalar(f"epoch_{own}", value, epoch)
            writer.add_scalar(f"evaluation_{own}_vs_iterations", value, updates)
        for writer in self.writers.values():
            writer.flush()

    def on_train_end(self, logs: dict[str, float]) -> None:
        for writer in self.writers.values():
            writer.close()
        self.writers.clear()

    def writer(self, part: str) -> SummaryWriter:
        """The writer of a folder, opened when there is something to write."""
        if part not in self.writers:
            # Names have the time in seconds, in which training may stop and go on.
            self.writers[part] = SummaryWriter(
                str(self.folder / part), filename_suffix=f".{self.steps}"
            )
        return self.writers[part]
