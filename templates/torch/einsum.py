"""Products along axes of choice."""

import torch
from torch import Tensor, nn


class EinsumDense(nn.Module):
    """A product of the input with a kernel, as an equation of einsum says."""

    def __init__(
        self,
        equation: str,
        kernel: tuple[int, ...],
        *,
        bias: tuple[int, ...] | None = None,
    ):
        super().__init__()
        self.equation = equation
        self.kernel = nn.Parameter(torch.zeros(kernel))
        self.bias = None if bias is None else nn.Parameter(torch.zeros(bias))

    def forward(self, x: Tensor) -> Tensor:
        y = torch.einsum(self.equation, x, self.kernel)
        return y if self.bias is None else y + self.bias
