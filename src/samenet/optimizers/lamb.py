"""LAMB: Adam's steps, each as long as a part of its weight.

u = m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon); w -= rate * |w| / |u| * u. Weight
decay is outside of u in Keras, unlike in the paper. PyTorch has none, so the program carries a
class of its own.
Source: You et al. (2019), https://arxiv.org/abs/1904.00962; https://keras.io/api/optimizers/lamb/
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name
from samenet.lowering import lowers
from samenet.optimizers.base import BaseOptimizer, Beta, keras_optimizer, torch_optimizer
from samenet.schema import Positive


class Lamb(BaseOptimizer):
    """LAMB with Keras' defaults."""

    SLOTS: ClassVar[int] = 2

    type: Literal["lamb"]
    beta_1: Beta = Field(0.9, description="The decay of the mean of the gradient.")
    beta_2: Beta = Field(0.999, description="The decay of the mean of its square.")
    epsilon: Positive = Field(1e-7, description="Added to the root of the mean square.")


@lowers(Lamb, "keras")
def keras(optimizer: Lamb) -> Call:
    """`keras.optimizers.Lamb`."""
    return keras_optimizer(optimizer, "Lamb")


@lowers(Lamb, "torch")
def torch(optimizer: Lamb) -> Call:
    """The program's own."""
    return torch_optimizer(
        optimizer,
        Name("Lamb", "torch/optimizers/norms"),
        betas=(optimizer.beta_1, optimizer.beta_2),
        epsilon=optimizer.epsilon,
    )
