"""The article's networks in plain PyTorch, written by hand, and Keras' Adam by its formula.

They know nothing of samenet: they say what its programs ought to be. The networks end with the
class scores, as `nn.CrossEntropyLoss` takes them. Batch normalization is PyTorch's own, with
Keras' epsilon and momentum; its running variance is the unbiased one, which Keras' is not.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn


def basic() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(784, 128),
        nn.ReLU(),
        nn.Linear(128, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def dropout(rate: float = 0.5) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(784, 128),
        nn.ReLU(),
        nn.Dropout(rate),
        nn.Linear(128, 128),
        nn.ReLU(),
        nn.Dropout(rate),
        nn.Linear(128, 10),
    )


def batch_normalization() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(784, 128),
        nn.BatchNorm1d(128, eps=1e-3, momentum=0.01),
        nn.ReLU(),
        nn.Linear(128, 128),
        nn.BatchNorm1d(128, eps=1e-3, momentum=0.01),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def batch_normalization_after() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(784, 128),
        nn.ReLU(),
        nn.BatchNorm1d(128, eps=1e-3, momentum=0.01),
        nn.Linear(128, 128),
        nn.ReLU(),
        nn.BatchNorm1d(128, eps=1e-3, momentum=0.01),
        nn.Linear(128, 10),
    )


def schedule_network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def complete(rate: float = 0.3) -> nn.Sequential:
    layers: list[nn.Module] = []
    inputs = 784
    for units in (256, 256, 128):
        layers += [
            nn.Linear(inputs, units),
            nn.BatchNorm1d(units, eps=1e-3, momentum=0.01),
            nn.ReLU(),
            nn.Dropout(rate),
        ]
        inputs = units
    return nn.Sequential(*layers, nn.Linear(inputs, 10))


class KerasAdam:
    """Keras' Adam, term by term.

    m += (1 - beta_1) (g - m); v += (1 - beta_2) (g^2 - v); w -= alpha m / (sqrt(v) + epsilon)
    with alpha = rate sqrt(1 - beta_2^t) / (1 - beta_1^t), whose betas Keras holds in 32 bits.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
    ) -> None:
        self.parameters = list(parameters)
        self.learning_rate, self.epsilon = learning_rate, epsilon
        self.beta_1, self.beta_2 = beta_1, beta_2
        self.steps = 0
        self.means = [torch.zeros_like(w) for w in self.parameters]
        self.squares = [torch.zeros_like(w) for w in self.parameters]

    def zero_grad(self) -> None:
        for weight in self.parameters:
            weight.grad = None

    @torch.no_grad()
    def step(self) -> None:
        self.steps += 1
        power_1 = float(np.float32(self.beta_1)) ** self.steps
        power_2 = float(np.float32(self.beta_2)) ** self.steps
        alpha = self.learning_rate * (1 - power_2) ** 0.5 / (1 - power_1)
        for w, m, v in zip(self.parameters, self.means, self.squares, strict=True):
            m.add_((1 - self.beta_1) * (w.grad - m))
            v.add_((1 - self.beta_2) * (w.grad**2 - v))
            w.sub_(alpha * m / (v.sqrt() + self.epsilon))
