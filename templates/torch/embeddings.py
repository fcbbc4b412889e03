"""Embeddings that PyTorch has no module for."""

import torch
from torch import Tensor, nn

from ..shared.positions import sine_positions


class UntiedEmbedding(nn.Embedding):
    """nn.Embedding, and numbers of their own that make scores of vectors."""

    def __init__(self, count: int, size: int):
        super().__init__(count, size)
        self.reverse_embeddings = nn.Parameter(torch.zeros(size, count))


class PositionEmbedding(nn.Module):
    """A trained vector for each position, in the shape of the input."""

    def __init__(self, sequence_length: int, features: int):
        super().__init__()
        self.embeddings = nn.Parameter(torch.zeros(sequence_length, features))

    def forward(self, x: Tensor) -> Tensor:
        return self.embeddings[: x.shape[-2]].expand_as(x)


class SinePositionEncoding(nn.Module):
    """Sines and cosines of each position, in the shape of the input."""

    def __init__(self, steps: int, features: int, *, max_wavelength: float):
        super().__init__()
        table = torch.from_numpy(sine_positions(steps, features, max_wavelength))
        table = table.to(torch.get_default_dtype())
        self.table = nn.Buffer(table, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.table.expand_as(x)
