"""Learned numbers that belong to no layer of PyTorch."""

import torch
from torch import Tensor, nn


class FreeParameter(nn.Module):
    """The same learned numbers for each sample, e.g. a class token or positions."""

    def __init__(self, shape: tuple[int, ...]):
        super().__init__()
        self.value = nn.Parameter(torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        return self.value.expand(len(x), *self.value.shape)


class LayerScale(nn.Module):
    """A learned factor for each channel, the last axis."""

    def __init__(self, channels: int):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return self.gamma * x
