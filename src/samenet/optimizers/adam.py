"""Adam: m and v are running means of the gradient and its square.

Keras: w -= rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon). PyTorch adds
epsilon after the bias correction and has another default for it; with small gradients that moves
weights by 0.17 in 100 steps. The PyTorch program carries a subclass that takes Keras' steps.
Source: Kingma and Ba (2014), https://arxiv.org/abs/1412.6980 (the form before section 2.1);
https://keras.io/api/optimizers/adam/
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.lowering import lowers
from samenet.schema import Model, Positive

Beta = Annotated[float, Field(gt=0, le=0.9999999)]
"""A decay that is below 1 in 32 bits too, as Keras holds it."""


class Adam(Model):
    """The Adam optimizer with Keras' defaults."""

    SLOTS: ClassVar[int] = 2
    """Numbers that are kept for each trainable one."""

    type: Literal["adam"]
    learning_rate: Positive = Field(0.001, description="The (initial) learning rate.")
    beta_1: Beta = Field(0.9, description="The decay of the mean of the gradient.")
    beta_2: Beta = Field(0.999, description="The decay of the mean of its square.")
    epsilon: Positive = Field(1e-7, description="Added to the root of the mean square.")


@lowers(Adam, "keras")
def keras(optimizer: Adam) -> Call:
    """`keras.optimizers.Adam`."""
    return call("keras.optimizers.Adam", **optimizer.model_dump(exclude={"type"}))


@lowers(Adam, "torch")
def torch(optimizer: Adam) -> Call:
    """`torch.optim.Adam` brought to Keras' steps."""
    return call(
        Name("Adam", "torch/optimizers"),
        call("model.parameters"),
        lr=optimizer.learning_rate,
        betas=(optimizer.beta_1, optimizer.beta_2),
        eps=optimizer.epsilon,
        fused=True,
    )
