"""Adamax: Adam with the largest of earlier gradients in place of their root mean square.

Keras: u = max(beta_2 * u, |g|); w -= rate / (1 - beta_1^t) * m / (u + epsilon). PyTorch adds
epsilon inside of the maximum, u = max(beta_2 * u, |g| + epsilon): with gradients of 1e-6 weights
differ by 7e-4 in 100 steps. The PyTorch program carries a class of its own.
Source: Kingma and Ba (2014), https://arxiv.org/abs/1412.6980, section 7.1;
https://keras.io/api/optimizers/adamax/
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name
from samenet.lowering import lowers
from samenet.optimizers.base import BaseOptimizer, Beta, keras_optimizer, torch_optimizer
from samenet.schema import Positive


class Adamax(BaseOptimizer):
    """Adamax with Keras' defaults."""

    SLOTS: ClassVar[int] = 2

    type: Literal["adamax"]
    beta_1: Beta = Field(0.9, description="The decay of the mean of the gradient.")
    beta_2: Beta = Field(0.999, description="The decay of the largest gradient.")
    epsilon: Positive = Field(1e-7, description="Added to the largest gradient.")


@lowers(Adamax, "keras")
def keras(optimizer: Adamax) -> Call:
    """`keras.optimizers.Adamax`."""
    return keras_optimizer(optimizer, "Adamax")


@lowers(Adamax, "torch")
def torch(optimizer: Adamax) -> Call:
    """The program's own, with epsilon outside of the maximum."""
    return torch_optimizer(
        optimizer,
        Name("Adamax", "torch/optimizers/elements"),
        betas=(optimizer.beta_1, optimizer.beta_2),
        epsilon=optimizer.epsilon,
    )
