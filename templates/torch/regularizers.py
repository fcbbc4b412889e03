"""Keras' regularizers: what weights and outputs add to the loss."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

import torch
from torch import Tensor, nn

from ..shared.rules import rule


def single(factor: float) -> float:
    """A factor as Keras holds it: in 32 bits."""
    return float(np.float32(factor))


def l1(weight: Tensor, l1: float) -> Tensor:
    """l1 times the sum of the absolute values."""
    return single(l1) * weight.abs().sum()


def l2(weight: Tensor, l2: float) -> Tensor:
    """l2 times the sum of the squares; no half, as there is in weight decay."""
    return single(l2) * weight.square().sum()


def l1_l2(weight: Tensor, l1: float, l2: float) -> Tensor:
    """Both sums, each times its factor."""
    return single(l1) * weight.abs().sum() + single(l2) * weight.square().sum()


def orthogonality(weight: Tensor, factor: float, mode: str) -> Tensor:
    """The factor times the mean absolute cosine between two rows (or columns)."""
    vectors = weight if mode == "rows" else weight.T
    squares = vectors.square().sum(1, keepdim=True)
    directions = vectors * squares.rsqrt().clamp(max=1e7)
    cosines = (directions @ directions.T).triu(1)  # each pair once
    return factor * cosines.abs().sum() / (len(vectors) * (len(vectors) - 1) / 2)


def penalty(regularizers: Mapping, weights: Mapping[str, Tensor]) -> Tensor:
    """What the weights add to the loss.

    Args:
        regularizers: for names or paths of weights, a function of the weight, or None.
        weights: views by path, in Keras' layouts.
    """
    total = torch.zeros(())
    for path, weight in weights.items():
        regularizer = rule(regularizers, path)
        if regularizer is not None:
            total = total + regularizer(weight)
    return total


class ActivityRegularization(nn.Module):
    """Returns its input; its penalty on it, over the batch, is added to the loss.

    The penalties are kept only within `activity_penalties`.
    """

    def __init__(self, l1: float, l2: float):
        super().__init__()
        self.l1, self.l2 = l1, l2
        self.penalties: list[Tensor] | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self.penalties is not None:
            self.penalties.append(l1_l2(x, self.l1, self.l2) / len(x))
        return x

    def extra_repr(self) -> str:
        return f"l1={self.l1}, l2={self.l2}"


@contextmanager
def activity_penalties(model: nn.Module) -> Iterator[list[Tensor]]:
    """A list that takes what outputs add to the loss while the model is called.

    A layer that is applied twice adds twice.
    """
    modules = [m for m in model.modules() if isinstance(m, ActivityRegularization)]
    penalties: list[Tensor] = []
    for module in modules:
        module.penalties = penalties
    try:
        yield penalties
    finally:
        for module in modules:
            module.penalties = None
