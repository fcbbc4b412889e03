"""Activation functions that PyTorch lacks, or holds in other precision."""

import math

import numpy as np
from torch.nn import functional as F

import torch
from torch import Tensor, nn

LEAKY_SLOPE = 0.20000000298023224  # 0.2 in 32 bits, as Keras holds it


class LeakyReLU(nn.LeakyReLU):
    """nn.LeakyReLU with the slope in 32 bits, as Keras holds it."""

    def __init__(self, negative_slope: float):
        super().__init__(float(np.float32(negative_slope)))


class ReLU(nn.Module):
    """ReLU that starts at a threshold, ends at a limit and falls with a slope.

    Keras holds the limit and the threshold in 32 bits.
    """

    def __init__(
        self,
        max_value: float = math.inf,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
    ):
        super().__init__()
        self.max_value = float(np.float32(max_value))
        self.negative_slope = negative_slope
        self.threshold = float(np.float32(threshold))

    def forward(self, x: Tensor) -> Tensor:
        y = F.threshold(x, self.threshold, 0.0).clamp(max=self.max_value)
        if self.negative_slope:
            y = y - self.negative_slope * F.relu(self.threshold - x)
        return y


class PReLU(nn.Module):
    """x where it is positive, else alpha * x; the shape of alpha broadcasts to x."""

    def __init__(self, *shape: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x) - self.weight * F.relu(-x)


def sparse_plus(x: Tensor) -> Tensor:
    """0 up to -1, x from 1 on, and (x + 1)^2 / 4 between."""
    return torch.where(x < 1, (x + 1).clamp(min=0) ** 2 / 4, x)


def squareplus(x: Tensor) -> Tensor:
    """A smooth ReLU: (x + sqrt(x^2 + 4)) / 2."""
    return (x + torch.sqrt(x**2 + 4)) / 2


def sparsemax(x: Tensor) -> Tensor:
    """max(x - threshold, 0) along the last axis, with the threshold of Keras."""
    ordered = x.sort(dim=-1, descending=True).values
    total = ordered.cumsum(-1)
    rank = torch.arange(1, x.shape[-1] + 1, device=x.device)
    support = ordered - (total - 1) / rank > 0
    size = support.sum(-1, keepdim=True)
    threshold = ((total * support).sum(-1, keepdim=True) - 1) / size
    return (x - threshold).clamp(min=0)


def softmax(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    """Softmax over several axes together."""
    return torch.exp(x - x.logsumexp(dims, keepdim=True))
