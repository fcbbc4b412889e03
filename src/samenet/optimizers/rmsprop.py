"""RMSprop: gradients over the root of the running mean of their squares.

Keras: w -= rate * g / sqrt(v + epsilon), and a momentum of whole steps, the learning rate inside.
PyTorch adds epsilon outside of the root, where the same number is a far smaller one: with gradients
of 1e-3 weights differ by 0.11 in 100 steps. The PyTorch program carries a class of its own.
Source: Hinton (2012), https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf;
Graves (2013), https://arxiv.org/abs/1308.0850 (centered); https://keras.io/api/optimizers/rmsprop/
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name
from samenet.graph.ir import Shape
from samenet.lowering import lowers
from samenet.optimizers.base import BaseOptimizer, keras_optimizer, torch_optimizer
from samenet.schema import Fraction, Positive, Rate


class RMSprop(BaseOptimizer):
    """RMSprop with Keras' defaults."""

    SLOTS: ClassVar[int] = 1

    type: Literal["rmsprop"]
    rho: Fraction = Field(0.9, description="The decay of the mean of the squares.")
    momentum: Rate = Field(0.0, description="The fraction of the last step that is kept.")
    epsilon: Positive = Field(1e-7, description="Added to the mean square, inside the root.")
    centered: bool = Field(
        False, description="Whether the variance takes the place of the mean square."
    )

    def state_size(self, path: str, shape: Shape) -> int:
        """One number more for the momentum, one for the mean gradient."""
        more = (self.momentum > 0) + self.centered
        return super().state_size(path, shape) + more * math.prod(shape)


@lowers(RMSprop, "keras")
def keras(optimizer: RMSprop) -> Call:
    """`keras.optimizers.RMSprop`."""
    return keras_optimizer(optimizer, "RMSprop")


@lowers(RMSprop, "torch")
def torch(optimizer: RMSprop) -> Call:
    """The program's own, with epsilon inside the root."""
    return torch_optimizer(
        optimizer,
        Name("RMSprop", "torch/optimizers/elements"),
        rho=optimizer.rho,
        momentum=optimizer.momentum,
        epsilon=optimizer.epsilon,
        centered=optimizer.centered,
    )
