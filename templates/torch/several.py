"""Dictionaries of tensors by the names of inputs or outputs."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from ..shared.several import Dataset
from .data import as_tensor


def as_tensors(data: Dataset, device: torch.device) -> tuple[Any, Any]:
    """Samples on the device: tensors, and dictionaries of tensors."""
    x, y = (
        {name: as_tensor(array, device) for name, array in values.items()}
        if isinstance(values, dict)
        else as_tensor(values, device)
        for values in data
    )
    return x, y


class Means:
    """Means over the samples of many batches, kept on the device until the end.

    Losses of single outputs are means over the batches, as in Keras, whose graph does
    not know how large a batch is; it does for their sum.
    """

    def __init__(self) -> None:
        self.totals: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}

    def add(self, values: dict[str, Tensor], count: int) -> None:
        """Add the means of a batch of `count` samples."""
        for name, value in values.items():
            weight = 1 if name.endswith("_loss") else count
            total = value.detach() * weight
            before = self.totals.get(name)
            self.totals[name] = total if before is None else before + total
            self.counts[name] = self.counts.get(name, 0) + weight

    def result(self) -> dict[str, float]:
        """The means of all batches."""
        return {
            name: float(total) / self.counts[name]
            for name, total in self.totals.items()
        }


def select(tensors: dict[str, Tensor], indices: Tensor) -> dict[str, Tensor]:
    """The rows of each tensor at some positions."""
    return {name: tensor.index_select(0, indices) for name, tensor in tensors.items()}


def split(tensors: dict[str, Tensor], size: int) -> Iterator[dict[str, Tensor]]:
    """Batches of at most `size` rows of each tensor, in their order."""
    batches = [tensor.split(size) for tensor in tensors.values()]
    for batch in zip(*batches, strict=True):
        yield dict(zip(tensors, batch, strict=True))


def length(tensors: dict[str, Tensor]) -> int:
    """The rows of each tensor."""
    return len(next(iter(tensors.values())))
