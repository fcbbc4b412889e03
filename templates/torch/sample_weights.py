"""Samples with a weight for each as PyTorch takes them."""

import torch
from torch import Tensor

from ..shared.sample_weights import Dataset
from .data import as_tensor


def as_tensors(data: Dataset, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Samples on the device: inputs, targets and weights."""
    x, y = as_tensor(data.x, device), as_tensor(data.y, device)
    return x, y, as_tensor(data.weights, device)
