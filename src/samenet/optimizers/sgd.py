"""SGD: stochastic gradient descent, with momentum and Nesterov momentum.

Keras keeps the learning rate inside the velocity (v = momentum * v - rate * g; w += v), PyTorch
outside; they differ once the rate changes, so with momentum the PyTorch program carries an
optimizer of its own. So it does with weight decay, which PyTorch's adds to the gradient.
Source: Sutskever et al. (2013), https://proceedings.mlr.press/v28/sutskever13.html;
https://keras.io/api/optimizers/sgd/
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.graph.ir import Shape
from samenet.lowering import lowers
from samenet.optimizers.base import BaseOptimizer, around, keras_optimizer, torch_optimizer
from samenet.schema import Positive, Rate


class SGD(BaseOptimizer):
    """Gradient descent with Keras' defaults."""

    SLOTS: ClassVar[int] = 1

    type: Literal["sgd"]
    learning_rate: Positive = Field(0.01, description="The (initial) learning rate.")
    momentum: Rate = Field(0.0, description="The fraction of the velocity that is kept.")
    nesterov: bool = Field(
        False, description="Whether the step looks ahead; idle without momentum."
    )

    def state_size(self, path: str, shape: Shape) -> int:
        """Nothing is kept without momentum."""
        size = super().state_size(path, shape)
        return size if self.momentum else size - math.prod(shape)


@lowers(SGD, "keras")
def keras(optimizer: SGD) -> Call:
    """`keras.optimizers.SGD`."""
    return keras_optimizer(optimizer, "SGD")


@lowers(SGD, "torch")
def torch(optimizer: SGD) -> Call:
    """`torch.optim.SGD` without momentum and weight decay, else the program's own."""
    if not optimizer.momentum and not optimizer.weight_decay:
        inner = call("torch.optim.SGD", call("model.parameters"), lr=optimizer.learning_rate)
        return around(optimizer, inner)
    return torch_optimizer(
        optimizer,
        Name("SGD", "torch/optimizers/elements"),
        momentum=optimizer.momentum,
        nesterov=optimizer.nesterov,
    )
