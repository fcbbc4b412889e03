"""Lion: steps of one size, in the direction of the sign of a mean of gradients.

w -= rate * sign(beta_1 * m + (1 - beta_1) * g); then m = beta_2 * m + (1 - beta_2) * g. PyTorch has
none, so the program carries a class of its own.
Source: Chen et al. (2023), https://arxiv.org/abs/2302.06675; https://keras.io/api/optimizers/lion/
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name
from samenet.lowering import lowers
from samenet.optimizers.base import BaseOptimizer, keras_optimizer, torch_optimizer
from samenet.schema import Fraction


class Lion(BaseOptimizer):
    """Lion with Keras' defaults."""

    SLOTS: ClassVar[int] = 1

    type: Literal["lion"]
    beta_1: Annotated[float, Field(gt=0, le=1)] = Field(
        0.9, description="The part of the mean in the direction of a step."
    )
    beta_2: Fraction = Field(0.99, description="The decay of the mean of the gradient.")


@lowers(Lion, "keras")
def keras(optimizer: Lion) -> Call:
    """`keras.optimizers.Lion`."""
    return keras_optimizer(optimizer, "Lion")


@lowers(Lion, "torch")
def torch(optimizer: Lion) -> Call:
    """The program's own."""
    betas = (optimizer.beta_1, optimizer.beta_2)
    return torch_optimizer(optimizer, Name("Lion", "torch/optimizers/elements"), betas=betas)
