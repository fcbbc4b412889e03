"""Lightning's Trainer, without logger, bar and checkpoints."""

from __future__ import annotations

import logging
import warnings

import lightning
import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.clock import EpochClock
from benchmarks.handwritten.torch_loop import loader
from benchmarks.handwritten.torch_networks import NETWORKS
from benchmarks.workloads import BATCH_SIZE, EVALUATION_BATCH_SIZE, Samples

Batch = tuple[Tensor, Tensor]


class Module(lightning.LightningModule):
    """A network, its loss and its accuracy."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.model = NETWORKS[name]()

    def training_step(self, batch: Batch, index: int) -> Tensor:
        del index
        return self.measured(batch, "")

    def validation_step(self, batch: Batch, index: int) -> None:
        del index
        self.measured(batch, "val_")

    def measured(self, batch: Batch, prefix: str) -> Tensor:
        x, y = batch
        outputs = self.model(x)
        loss = F.cross_entropy(outputs, y)
        accuracy = (outputs.argmax(1) == y).float().mean()
        values = {f"{prefix}loss": loss, f"{prefix}accuracy": accuracy}
        self.log_dict(values, on_step=False, on_epoch=True, batch_size=len(y))
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters())


class Clock(lightning.Callback):
    """Tells a clock of the end of each epoch, which comes after its validation."""

    def __init__(self, clock: EpochClock) -> None:
        self.clock = clock

    def on_train_epoch_end(self, trainer: object, pl_module: object) -> None:
        del trainer, pl_module
        self.clock.tick()


def train(name: str, training: Samples, validation: Samples, epochs: int) -> EpochClock:
    """Train a workload; returns the times of its epochs."""
    warnings.simplefilter("ignore")  # of few workers, which two cores have no use for
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    clock = EpochClock()
    trainer = lightning.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        callbacks=[Clock(clock)],
    )
    trainer.fit(
        Module(name),
        loader(training, BATCH_SIZE, shuffle=True),
        loader(validation, EVALUATION_BATCH_SIZE, shuffle=False),
    )
    return clock
