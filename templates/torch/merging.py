"""Merges that PyTorch has with another gradient, or without masks."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def maximum(a: Tensor, b: Tensor) -> Tensor:
    """The larger one; a tie gives its gradient to `a` (torch.maximum: to both)."""
    return torch.where((a >= b) | a.isnan(), a, b)


def minimum(a: Tensor, b: Tensor) -> Tensor:
    """The smaller one; a tie gives its gradient to `a` (torch.minimum: to both)."""
    return torch.where((a <= b) | a.isnan(), a, b)


def masked_product(inputs: Sequence[Tensor], masks: Sequence[Tensor | None]) -> Tensor:
    """The product of what is not masked; 0 in steps that are masked in all inputs."""
    product, counts = inputs[0], masks[0]
    if counts is not None:
        product = torch.where(counts[..., None], product, 1.0)
    for x, mask in zip(inputs[1:], masks[1:], strict=True):
        factor = x if mask is None else torch.where(mask[..., None], x, 1.0)
        product = product * factor
        counts = None if counts is None or mask is None else counts | mask
    return product if counts is None else torch.where(counts[..., None], product, 0.0)


def masked_extreme(
    function: Callable[[Tensor, Tensor], Tensor],
    inputs: Sequence[Tensor],
    masks: Sequence[Tensor | None],
) -> Tensor:
    """The maximum or minimum of what is not masked."""
    y, counts = inputs[0], masks[0]
    for x, mask in zip(inputs[1:], masks[1:], strict=True):
        right = x if mask is None else torch.where(mask[..., None], x, y)
        left = y if counts is None else torch.where(counts[..., None], y, right)
        y = function(left, right)
        counts = None if counts is None or mask is None else counts | mask
    return y
