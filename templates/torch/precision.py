"""Mixed precision: weights in 32 bits, products in 16."""

from typing import Any

import torch
from torch import Tensor

from .callbacks import Callback


def widened(outputs: Any) -> Any:
    """Outputs in the type that losses are computed in; masks stay."""
    if isinstance(outputs, tuple):
        values, mask = outputs
        return widened(values), mask
    if isinstance(outputs, dict):
        return {name: widened(value) for name, value in outputs.items()}
    return outputs.to(torch.get_default_dtype())


class LossScaler(Callback):
    """Keeps small gradients in the range of 16 bits, with Keras' factors.

    A step whose gradients are not finite is left out. It stands among the callbacks
    because its state is kept with theirs.
    """

    def __init__(self, device: torch.device):
        self.scaler = torch.GradScaler(
            device.type, init_scale=2.0**15, growth_interval=2000
        )

    def state_dict(self) -> dict[str, Any]:
        return self.scaler.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.scaler.load_state_dict(state)

    def step(self, optimizer: Any, loss: Tensor) -> None:
        """The gradients of a loss, and the step of the optimizer."""
        # Else fused kernels scale by themselves, and do not say which steps they skip.
        optimizer._step_supports_amp_scaling = False
        self.scaler.scale(loss).backward()
        self.scaler.step(optimizer)
        self.scaler.update()
