"""Adadelta: steps as large as earlier ones were for gradients of this size.

g^2 and the squares of the steps have running means s and d;
step = sqrt(d + epsilon) / sqrt(s + epsilon) * g; w -= rate * step. PyTorch's has the same form and
other defaults; its weight decay is added to the gradient, so with decay the PyTorch program carries
a class of its own.
Source: Zeiler (2012), https://arxiv.org/abs/1212.5701; https://keras.io/api/optimizers/adadelta/
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name
from samenet.lowering import lowers
from samenet.optimizers.base import BaseOptimizer, keras_optimizer, torch_optimizer
from samenet.schema import Fraction, Positive


class Adadelta(BaseOptimizer):
    """Adadelta with Keras' defaults."""

    SLOTS: ClassVar[int] = 2

    type: Literal["adadelta"]
    rho: Fraction = Field(0.95, description="The decay of the means of squares.")
    epsilon: Positive = Field(1e-7, description="Added to both means, inside the roots.")


@lowers(Adadelta, "keras")
def keras(optimizer: Adadelta) -> Call:
    """`keras.optimizers.Adadelta`."""
    return keras_optimizer(optimizer, "Adadelta")


@lowers(Adadelta, "torch")
def torch(optimizer: Adadelta) -> Call:
    """`torch.optim.Adadelta` without weight decay, else the program's own."""
    rho, epsilon = optimizer.rho, optimizer.epsilon
    if optimizer.weight_decay:
        own = Name("Adadelta", "torch/optimizers/elements")
        return torch_optimizer(optimizer, own, rho=rho, epsilon=epsilon)
    return torch_optimizer(optimizer, "torch.optim.Adadelta", rho=rho, eps=epsilon)
