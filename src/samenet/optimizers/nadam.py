"""Nadam: Adam with Nesterov momentum.

The momentum of step t is beta_1 * (1 - 0.96^t / 2) in Keras and beta_1 * (1 - 0.96^(0.004 t) / 2)
in PyTorch, whose `momentum_decay` of 1 is Keras' form. Its weight decay is decoupled if asked.
Source: Dozat (2016), https://cs229.stanford.edu/proj2015/054_report.pdf;
https://keras.io/api/optimizers/Nadam/
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression
from samenet.lowering import lowers
from samenet.optimizers.base import BaseOptimizer, Beta, keras_optimizer, torch_optimizer
from samenet.schema import Positive


class Nadam(BaseOptimizer):
    """Nadam with Keras' defaults."""

    SLOTS: ClassVar[int] = 2

    type: Literal["nadam"]
    beta_1: Beta = Field(0.9, description="The decay of the mean of the gradient.")
    beta_2: Beta = Field(0.999, description="The decay of the mean of its square.")
    epsilon: Positive = Field(1e-7, description="Added to the root of the mean square.")


@lowers(Nadam, "keras")
def keras(optimizer: Nadam) -> Call:
    """`keras.optimizers.Nadam`."""
    return keras_optimizer(optimizer, "Nadam")


@lowers(Nadam, "torch")
def torch(optimizer: Nadam) -> Call:
    """`torch.optim.NAdam` with Keras' growth of the momentum."""
    decoupled: dict[str, Expression] = {"decoupled_weight_decay": True}
    return torch_optimizer(
        optimizer,
        "torch.optim.NAdam",
        betas=(optimizer.beta_1, optimizer.beta_2),
        eps=optimizer.epsilon,
        momentum_decay=1.0,
        **(decoupled if optimizer.weight_decay else {}),
    )
