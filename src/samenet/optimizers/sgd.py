"""SGD: stochastic gradient descent, with momentum and Nesterov momentum.

Keras keeps the learning rate inside the velocity (v = momentum * v - rate * g; w += v), PyTorch
outside; they differ once the rate changes, so with momentum the PyTorch program carries an
optimizer of its own.
Source: Sutskever et al. (2013), https://proceedings.mlr.press/v28/sutskever13.html;
https://keras.io/api/optimizers/sgd/
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.lowering import lowers
from samenet.schema import Model, Positive, Rate


class SGD(Model):
    """Gradient descent with Keras' defaults."""

    SLOTS: ClassVar[int] = 1
    """Numbers that are kept for each trainable one."""

    type: Literal["sgd"]
    learning_rate: Positive = Field(0.01, description="The (initial) learning rate.")
    momentum: Rate = Field(0.0, description="The fraction of the velocity that is kept.")
    nesterov: bool = Field(
        False, description="Whether the step looks ahead; idle without momentum."
    )


@lowers(SGD, "keras")
def keras(optimizer: SGD) -> Call:
    """`keras.optimizers.SGD`."""
    options = {"nesterov": True} if optimizer.nesterov else {}
    return call(
        "keras.optimizers.SGD",
        learning_rate=optimizer.learning_rate,
        momentum=float(optimizer.momentum),
        **options,
    )


@lowers(SGD, "torch")
def torch(optimizer: SGD) -> Call:
    """`torch.optim.SGD` without momentum, else the program's own."""
    parameters = call("model.parameters")
    if not optimizer.momentum:
        return call("torch.optim.SGD", parameters, lr=optimizer.learning_rate)
    return call(
        Name("SGD", "torch/optimizers"),
        parameters,
        lr=optimizer.learning_rate,
        momentum=optimizer.momentum,
        nesterov=optimizer.nesterov,
    )
