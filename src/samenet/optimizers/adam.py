"""Adam: m and v are running means of the gradient and its square. AdamW: weights decay, too.

Keras: w -= rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon). PyTorch adds
epsilon after the bias correction and has another default for it; with small gradients that moves
weights by 0.17 in 100 steps. The PyTorch program carries a subclass that takes Keras' steps.
Weight decay is that of AdamW in both (w -= rate * weight_decay * w), with other defaults.
Source: Kingma and Ba (2014), https://arxiv.org/abs/1412.6980 (the form before section 2.1);
Loshchilov and Hutter (2017), https://arxiv.org/abs/1711.05101;
Reddi et al. (2018), https://openreview.net/forum?id=ryQu7f-RZ (amsgrad);
https://keras.io/api/optimizers/adam/, https://keras.io/api/optimizers/adamw/
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name
from samenet.graph.ir import Shape
from samenet.lowering import lowers
from samenet.optimizers.base import BaseOptimizer, Beta, keras_optimizer, torch_optimizer
from samenet.schema import NonNegative, Positive


class AdamForm(BaseOptimizer):
    """Steps by the running means of the gradient and its square."""

    SLOTS: ClassVar[int] = 2

    beta_1: Beta = Field(0.9, description="The decay of the mean of the gradient.")
    beta_2: Beta = Field(0.999, description="The decay of the mean of its square.")
    epsilon: Positive = Field(1e-7, description="Added to the root of the mean square.")
    amsgrad: bool = Field(
        False, description="Whether the largest mean square so far takes the place of the last."
    )

    def state_size(self, path: str, shape: Shape) -> int:
        """One number more with `amsgrad`."""
        return super().state_size(path, shape) + self.amsgrad * math.prod(shape)


class Adam(AdamForm):
    """The Adam optimizer with Keras' defaults."""

    type: Literal["adam"]


class AdamW(AdamForm):
    """Adam with weight decay, with Keras' defaults."""

    type: Literal["adamw"]
    weight_decay: NonNegative = Field(
        0.004,
        description="Before each step, weights lose this part of themselves, times the rate.",
    )


@lowers(Adam, "keras")
@lowers(AdamW, "keras")
def keras(optimizer: Adam | AdamW) -> Call:
    """`keras.optimizers.Adam` or `keras.optimizers.AdamW`."""
    return keras_optimizer(optimizer, type(optimizer).__name__)


@lowers(Adam, "torch")
@lowers(AdamW, "torch")
def torch(optimizer: Adam | AdamW) -> Call:
    """`torch.optim.Adam` brought to Keras' steps."""
    options: dict[str, Expression] = {"amsgrad": True} if optimizer.amsgrad else {}
    if optimizer.weight_decay:
        options["decoupled_weight_decay"] = True
    return torch_optimizer(
        optimizer,
        Name("Adam", "torch/optimizers/adam"),
        betas=(optimizer.beta_1, optimizer.beta_2),
        eps=optimizer.epsilon,
        **options,
        fused=True,
    )
