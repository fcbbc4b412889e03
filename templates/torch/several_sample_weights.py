"""Samples with a weight for each as PyTorch takes them, several arrays by name."""

from typing import Any

import torch
from torch import Tensor

from ..shared.several_sample_weights import Dataset
from .data import as_tensor


def as_tensors(data: Dataset, device: torch.device) -> tuple[Any, Any, Tensor]:
    """Samples on the device: tensors, and dictionaries of tensors."""
    x, y = (
        {name: as_tensor(array, device) for name, array in values.items()}
        if isinstance(values, dict)
        else as_tensor(values, device)
        for values in (data.x, data.y)
    )
    return x, y, as_tensor(data.weights, device)
