"""PyTorch's own parts, run where a program has places for those with Keras' meaning."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .callbacks import Callback
from .optimizers.around import Around


def second_bias_at_zero(layer: nn.RNNBase) -> nn.RNNBase:
    """PyTorch's own layer, whose second bias, which Keras lacks, starts at zero."""
    nn.init.zeros_(layer.get_parameter("bias_hh_l0"))
    return layer


def weighted_mean(losses: Tensor, weights: Tensor | None) -> Tensor:
    """The mean by weights, as `weight` in F.cross_entropy takes it."""
    if weights is None:
        return losses.mean()
    losses = losses.reshape(len(weights), -1).mean(dim=1)
    return (losses * weights).sum() / weights.sum()


class ClipGradNorm(Around):
    """Shortens all gradients together by nn.utils.clip_grad_norm_."""

    def __init__(self, optimizer: torch.optim.Optimizer, max_norm: float) -> None:
        super().__init__(optimizer)
        self.max_norm = max_norm

    def step(self, closure: Any = None) -> Any:
        nn.utils.clip_grad_norm_(self.weights(), self.max_norm)
        return self.optimizer.step(closure)


@dataclass
class ReduceLROnPlateau(Callback):
    """PyTorch's own scheduler, told of `monitor` after each epoch."""

    optimizer: torch.optim.Optimizer
    monitor: str
    factor: float
    patience: int
    mode: Any
    min_delta: float
    cooldown: int
    min_lr: float

    def __post_init__(self) -> None:
        self.scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimizer,
            self.mode,
            self.factor,
            self.patience,
            threshold=self.min_delta,
            cooldown=self.cooldown,
            min_lr=self.min_lr,
        )

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "scheduler": self.scheduler.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        own = dict(state)
        self.scheduler.load_state_dict(own.pop("scheduler"))
        super().load_state_dict(own)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.scheduler.step(logs[self.monitor])
