"""What optimizers that take Keras' steps have in common."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import torch
from torch import Tensor

Group = dict[str, Any]
TensorList = list[Tensor]

# Functions for lists of tensors, which type checkers take for private ones of PyTorch.
foreach: Any = torch


def as_single(value: float) -> float:
    """A number as Keras holds it, rounded to 32 bits."""
    return float(np.float32(value))


def parameter_of(weight: Tensor) -> Tensor:
    """The parameter behind a view of it."""
    return weight if weight._base is None else weight._base


def decay_groups(weights: Mapping[str, Tensor], excluded: Sequence[str]) -> list[dict]:
    """Two groups of parameters, of which the second does not decay.

    Args:
        weights: views by path.
        excluded: a weight with one of these texts in its path does not decay.
    """
    decaying: dict[str, Any] = {"params": []}
    others: dict[str, Any] = {"params": [], "weight_decay": 0.0}
    for path, weight in weights.items():
        if weight.requires_grad:
            group = others if any(text in path for text in excluded) else decaying
            group["params"].append(parameter_of(weight))
    return [decaying, others]


class KerasOptimizer(torch.optim.Optimizer):
    """An optimizer with Keras' steps: the weights decay, then `update` moves them.

    Numbers that Keras rounds to 32 bits are rounded here.
    """

    def __init__(
        self, params: Any, lr: float, weight_decay: float = 0.0, **settings: Any
    ) -> None:
        common = {"lr": lr, "weight_decay": weight_decay, "steps": 0}
        super().__init__(params, common | settings)

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            group["steps"] += 1
            weights = [w for w in group["params"] if w.grad is not None]
            if weights:
                decay = group["lr"] * as_single(group["weight_decay"])
                if decay:
                    foreach._foreach_mul_(weights, 1 - decay)
                self.update(group, weights, [w.grad for w in weights])
        return loss

    def update(self, group: Group, weights: TensorList, gradients: TensorList) -> None:
        """Move the weights of a group; `group["steps"]` counts from 1."""
        raise NotImplementedError

    def kept(self, name: str, weights: TensorList, initial: float = 0.0) -> TensorList:
        """What is kept of the weights under a name."""
        for weight in weights:
            if name not in self.state[weight]:
                self.state[weight][name] = torch.full_like(weight, initial)
        return [self.state[weight][name] for weight in weights]
