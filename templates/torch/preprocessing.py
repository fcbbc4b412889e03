"""Layers that bring inputs to a range; Keras holds their numbers in 32 bits."""

from typing import Any

import torch
from torch import Tensor, nn


class Rescaling(nn.Module):
    """scale * x + offset."""

    scale: Tensor
    offset: Tensor

    def __init__(self, scale: Any, offset: Any = 0.0):
        super().__init__()
        for name, values in {"scale": scale, "offset": offset}.items():
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32))

    def forward(self, x: Tensor) -> Tensor:
        x = x if x.is_floating_point() else x.to(torch.get_default_dtype())
        return x * self.scale.to(x.dtype) + self.offset.to(x.dtype)


class Normalization(nn.Module):
    """(x - mean) / sqrt(variance), or the way back."""

    mean: Tensor
    variance: Tensor

    def __init__(self, mean: Any, variance: Any, invert: bool = False):
        super().__init__()
        self.invert = invert
        for name, values in {"mean": mean, "variance": variance}.items():
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32))

    def forward(self, x: Tensor) -> Tensor:
        x = x if x.is_floating_point() else x.to(torch.get_default_dtype())
        mean = self.mean.to(x.dtype)
        deviation = self.variance.to(x.dtype).sqrt().clamp(min=1e-7)
        return mean + x * deviation if self.invert else (x - mean) / deviation
