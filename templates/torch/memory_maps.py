"""Arrays that stay in their files as PyTorch takes them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

import torch
from torch import Tensor

from ..shared.memory_maps import MappedArray


class MappedTensor:
    """Rows of an array in a file, as tensors on the device once they are taken."""

    def __init__(self, values: MappedArray, device: torch.device) -> None:
        self.values, self.device = values, device

    def __len__(self) -> int:
        return len(self.values)

    def index_select(self, axis: int, rows: Tensor) -> Tensor:
        """Some rows; the axis is 0, as of a tensor of all of them."""
        return as_tensor(np.asarray(self.values[rows.cpu().numpy()]), self.device)

    def split(self, size: int) -> Iterator[Tensor]:
        """Batches of at most `size` rows, in their order."""
        for first in range(0, len(self), size):
            batch = np.asarray(self.values[first : first + size])
            yield as_tensor(batch, self.device)


def as_tensor(values: Any, device: torch.device) -> Any:
    """An array on the device: whole numbers as int64, others in the default type."""
    if isinstance(values, MappedArray):
        return MappedTensor(values, device)
    tensor = torch.from_numpy(values)
    whole = tensor.dtype == torch.int64
    return tensor.to(device, None if whole else torch.get_default_dtype())
