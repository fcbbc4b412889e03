"""Keras' constraints: what weights are brought to after each step of the optimizer."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ..shared.rules import rule

EPSILON = 1e-7  # that of Keras


def norms(weight: Tensor, axis: int | tuple[int, ...]) -> Tensor:
    """The Euclidean norms along some axes, which stay with size 1."""
    return weight.square().sum(axis, keepdim=True).sqrt()


def max_norm(
    weight: Tensor, max_value: float = 2.0, axis: int | tuple[int, ...] = 0
) -> Tensor:
    """The weight with norms of at most a value."""
    found = norms(weight, axis)
    return weight * (found.clamp(max=max_value) / (EPSILON + found))


def unit_norm(weight: Tensor, axis: int | tuple[int, ...] = 0) -> Tensor:
    """The weight with norms of 1."""
    return weight / (EPSILON + norms(weight, axis))


def non_neg(weight: Tensor) -> Tensor:
    """The weight with 0 in place of what is negative."""
    return weight.clamp(min=0)


def min_max_norm(
    weight: Tensor,
    min_value: float = 0.0,
    max_value: float = 1.0,
    rate: float = 1.0,
    axis: int | tuple[int, ...] = 0,
) -> Tensor:
    """The weight with norms brought between two values, or `rate` of the way there."""
    found = norms(weight, axis)
    wanted = rate * found.clamp(min_value, max_value) + (1 - rate) * found
    return weight * (wanted / (EPSILON + found))


@torch.no_grad()
def constrain(constraints: Mapping, weights: Mapping[str, Tensor]) -> None:
    """Bring the weights to what their constraints say.

    Args:
        constraints: for names or paths of weights, a function of the weight, or None.
        weights: views by path, in Keras' layouts.
    """
    for path, weight in weights.items():
        constraint = rule(constraints, path)
        if constraint is not None:
            weight.copy_(constraint(weight))
