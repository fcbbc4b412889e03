"""Adafactor: Adam without a mean gradient, its mean squares kept by rows and columns.

What is a row and a column depends on the layout: Keras factors the last two axes of its own. With
PyTorch's class, which factors those of PyTorch's layout, kernels of convolutions differ by 4e-2 in
100 steps; the program carries a class that sees weights in Keras' layout. `relative_step` is left
out: with a number as the learning rate it changes nothing in Keras.
Source: Shazeer and Stern (2018), https://arxiv.org/abs/1804.04235;
https://keras.io/api/optimizers/adafactor/
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.graph.ir import Shape
from samenet.lowering import lowers
from samenet.optimizers.base import BaseOptimizer, keras_optimizer, torch_optimizer
from samenet.schema import NonNegative, Positive


class Adafactor(BaseOptimizer):
    """Adafactor with Keras' defaults."""

    SLOTS: ClassVar[int] = 1  # Keras keeps the product of rows and columns, too

    type: Literal["adafactor"]
    beta_2_decay: Annotated[float, Field(lt=0)] = Field(
        -0.8, description="The mean of squares takes in a part of t to this power at step t."
    )
    epsilon_1: NonNegative = Field(1e-30, description="Added to the squares of gradients.")
    epsilon_2: NonNegative = Field(
        1e-3, description="The least size of a weight, of which its steps are a part."
    )
    clip_threshold: Positive = Field(1.0, description="The largest root mean square of a step.")

    def state_size(self, path: str, shape: Shape) -> int:
        """A number more for each row and each column."""
        size = super().state_size(path, shape)
        if len(shape) < 2:
            return size
        *others, rows, columns = shape
        return size + math.prod(others) * (rows + columns)


@lowers(Adafactor, "keras")
def keras(optimizer: Adafactor) -> Call:
    """`keras.optimizers.Adafactor`."""
    return keras_optimizer(optimizer, "Adafactor")


@lowers(Adafactor, "torch")
def torch(optimizer: Adafactor) -> Call:
    """The program's own, which sees weights in Keras' layout."""
    return torch_optimizer(
        optimizer,
        Name("Adafactor", "torch/optimizers/norms"),
        call("model.named_weights"),
        **optimizer.own(),
    )
