"""Adagrad: gradients over the root of the sum of their squares.

Keras: w -= rate * g / sqrt(a + epsilon), where a starts with 0.1. PyTorch adds epsilon outside of
the root and starts with 0; a sum that starts with both and no epsilon is the same. Weight decay is
added to the gradient in PyTorch's, so with it the program carries a class of its own.
Source: Duchi et al. (2011), https://jmlr.org/papers/v12/duchi11a.html;
https://keras.io/api/optimizers/adagrad/
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Binary, Call, Name, call
from samenet.lowering import lowers
from samenet.optimizers.base import BASE, BaseOptimizer, keras_optimizer, torch_optimizer
from samenet.schema import NonNegative, Positive


class Adagrad(BaseOptimizer):
    """Adagrad with Keras' defaults."""

    SLOTS: ClassVar[int] = 1

    type: Literal["adagrad"]
    initial_accumulator_value: NonNegative = Field(
        0.1, description="What the sums of squares start with."
    )
    epsilon: Positive = Field(1e-7, description="Added to the sum, inside the root.")


@lowers(Adagrad, "keras")
def keras(optimizer: Adagrad) -> Call:
    """`keras.optimizers.Adagrad`."""
    return keras_optimizer(optimizer, "Adagrad")


@lowers(Adagrad, "torch")
def torch(optimizer: Adagrad) -> Call:
    """`torch.optim.Adagrad` without weight decay, else the program's own."""
    initial, epsilon = optimizer.initial_accumulator_value, optimizer.epsilon
    if optimizer.weight_decay:
        return torch_optimizer(
            optimizer,
            Name("Adagrad", "torch/optimizers/elements"),
            initial_accumulator_value=initial,
            epsilon=epsilon,
        )
    return torch_optimizer(
        optimizer,
        "torch.optim.Adagrad",
        initial_accumulator_value=Binary(call(Name("as_single", BASE), initial), "+", epsilon),
        eps=0.0,
    )
