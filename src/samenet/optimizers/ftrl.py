"""FTRL: follow the regularized leader, for sparse weights.

With p = -learning_rate_power, n the sum of g^2 and z the sum of g - (n_t^p - n_(t-1)^p) / rate * w:
w = (clip(z, -l1, l1) - z) / ((n^p + beta) / rate + 2 * l2), which is 0 while |z| <= l1. Shrinkage
adds 2 * l2_shrinkage * w to the g of z. PyTorch has none, so the program carries its own class.
Source: McMahan et al. (2013), https://doi.org/10.1145/2487575.2488200;
https://keras.io/api/optimizers/ftrl/
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name
from samenet.lowering import lowers
from samenet.optimizers.base import BaseOptimizer, keras_optimizer, torch_optimizer
from samenet.schema import NonNegative


class Ftrl(BaseOptimizer):
    """FTRL with Keras' defaults."""

    SLOTS: ClassVar[int] = 2

    type: Literal["ftrl"]
    learning_rate_power: Annotated[float, Field(le=0)] = Field(
        -0.5, description="How the rate falls with the sum of squares; 0 keeps it."
    )
    initial_accumulator_value: NonNegative = Field(
        0.1, description="What the sums of squares start with."
    )
    l1_regularization_strength: NonNegative = Field(
        0.0, description="Below this sum of gradients a weight is 0."
    )
    l2_regularization_strength: NonNegative = Field(
        0.0, description="The penalty on squares of weights in what is minimized."
    )
    l2_shrinkage_regularization_strength: NonNegative = Field(
        0.0, description="The penalty on squares of weights that adds to gradients only."
    )
    beta: NonNegative = Field(0.0, description="Added to the root of the sum of squares.")


@lowers(Ftrl, "keras")
def keras(optimizer: Ftrl) -> Call:
    """`keras.optimizers.Ftrl`."""
    return keras_optimizer(optimizer, "Ftrl")


@lowers(Ftrl, "torch")
def torch(optimizer: Ftrl) -> Call:
    """The program's own."""
    return torch_optimizer(optimizer, Name("Ftrl", "torch/optimizers/elements"), **optimizer.own())
