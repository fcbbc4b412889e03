"""Poolings that PyTorch does not have."""

import torch
from torch import Tensor


def masked_mean(x: Tensor, mask: Tensor, *, keepdim: bool = False) -> Tensor:
    """The mean over the steps that are not masked: (N, steps, c) to (N, c)."""
    kept = mask[..., None]
    total = torch.where(kept, x, 0.0).sum(dim=1, keepdim=keepdim)
    return total / kept.sum(dim=1, keepdim=keepdim)
