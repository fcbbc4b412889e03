"""Metrics of outputs of which a mask says which steps count."""

import torch
from torch import Tensor

from .metrics import Sums, quotient


def of_steps(mean: Tensor, mask: Tensor) -> Sums:
    """The mean over the steps that count of all batches, from that of a batch."""
    count = mask.sum().to(mean.dtype)
    total = torch.where(count > 0, mean * count, 0.0)  # the mean of none is NaN
    return Sums(torch.stack([total, count]), mean_of_steps)


def mean_of_steps(sums: Tensor) -> Tensor:
    """A mean from a sum and a count, 0 if that is 0."""
    return quotient(sums[0], sums[1])
