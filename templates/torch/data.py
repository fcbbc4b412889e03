"""The samples as PyTorch takes them."""

import torch
from torch import Tensor

from ..shared.data import Dataset


def as_tensors(data: Dataset, device: torch.device) -> tuple[Tensor, Tensor]:
    """Samples on the device: numbers in the default type, classes as int64."""
    dtype = torch.get_default_dtype()
    targets = torch.from_numpy(data.y)
    targets = targets if targets.dtype == torch.int64 else targets.to(dtype)
    return torch.from_numpy(data.x).to(device, dtype), targets.to(device)
