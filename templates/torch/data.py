"""The samples as PyTorch takes them."""

import numpy as np

import torch
from torch import Tensor

from ..shared.data import Dataset


def as_tensors(data: Dataset, device: torch.device) -> tuple[Tensor, Tensor]:
    """Samples on the device."""
    return as_tensor(data.x, device), as_tensor(data.y, device)


def as_tensor(values: np.ndarray, device: torch.device) -> Tensor:
    """An array on the device: whole numbers as int64, others in the default type."""
    tensor = torch.from_numpy(values)
    whole = tensor.dtype == torch.int64
    return tensor.to(device, None if whole else torch.get_default_dtype())
