"""Random layers that PyTorch does not have."""

import torch
from torch import Tensor, nn


class SharedDropout(nn.Dropout):
    """nn.Dropout with draws of a shape that broadcasts to the input (-1: batch)."""

    def __init__(self, p: float, noise_shape: tuple[int, ...]):
        super().__init__(p)
        self.noise_shape = noise_shape

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        batch = len(x) if self.noise_shape[0] == -1 else 1
        return x * super().forward(x.new_ones(batch, *self.noise_shape[1:]))


class SharedAlphaDropout(nn.AlphaDropout):
    """nn.AlphaDropout with draws of a shape that broadcasts to the input."""

    def __init__(self, p: float, noise_shape: tuple[int, ...]):
        super().__init__(p)
        self.noise_shape = noise_shape

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        batch = len(x) if self.noise_shape[0] == -1 else 1
        dropped = torch.rand(batch, *self.noise_shape[1:], device=x.device) < self.p
        saturation = -1.7580993408473766  # selu(x) for x towards minus infinity
        scale = ((1 - self.p) * (1 + self.p * saturation**2)) ** -0.5
        return scale * (x.where(~dropped, saturation) - saturation * self.p)


class GaussianDropout(nn.Module):
    """Multiplies with normal noise around 1, of the variance that dropout has."""

    def __init__(self, p: float):
        super().__init__()
        self.stddev = (p / (1 - p)) ** 0.5

    def forward(self, x: Tensor) -> Tensor:
        return x * (1 + self.stddev * torch.randn_like(x)) if self.training else x


class GaussianNoise(nn.Module):
    """Adds normal noise around 0."""

    def __init__(self, stddev: float):
        super().__init__()
        self.stddev = stddev

    def forward(self, x: Tensor) -> Tensor:
        return x + self.stddev * torch.randn_like(x) if self.training else x
