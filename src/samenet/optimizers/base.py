"""What all optimizers have in common: what Keras does around the step of each of them.

In this order: gradients are collected over batches, clipped, the weights decay, the optimizer takes
its step, the average of the weights moves; constraints come last. The PyTorch program says weight
decay by groups of parameters, all else by optimizers around the optimizer.
Source: https://keras.io/api/optimizers/ and `keras/src/optimizers/base_optimizer.py`
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from samenet.codegen.expression import Call, Expression, List, Name, call
from samenet.diagnostics import Refusal
from samenet.graph.ir import Shape
from samenet.schema import Count, Fraction, Model, NonNegative, Positive

Beta = Annotated[float, Field(gt=0, le=0.9999999)]
"""A decay that is below 1 in 32 bits too, as Keras holds it."""

Several = Annotated[int, Field(ge=2, le=2**31 - 1)]
"""A whole number of things, at least two."""

PathPart = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\[\]/-]{1,255}$")]
"""A part of the paths of weights, e.g. `bias` or `head/kernel`."""

CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")
"""The keys of which one can be set."""

BASE, AROUND = "torch/optimizers/base", "torch/optimizers/around"
"""Files of helpers."""


class BaseOptimizer(Model):
    """The keys of every optimizer, with Keras' meaning."""

    SLOTS: ClassVar[int]
    """Numbers that the optimizer itself keeps for each trainable one, unless options add some."""

    learning_rate: Positive = Field(0.001, description="The (initial) learning rate.")
    weight_decay: NonNegative = Field(
        0.0,
        description="Before each step, weights lose this part of themselves, times the rate.",
    )
    exclude_from_weight_decay: tuple[PathPart, ...] = Field(
        (), description="Weights with one of these texts in their path do not decay."
    )
    clipnorm: Positive | None = Field(
        None, description="The gradient of each weight is shortened to this norm."
    )
    clipvalue: Positive | None = Field(
        None, description="The numbers of gradients are cut at this value."
    )
    global_clipnorm: Positive | None = Field(
        None, description="All gradients are shortened to this norm, taken together."
    )
    use_ema: bool = Field(
        False, description="Whether training ends with a moving average of the weights."
    )
    ema_momentum: Fraction = Field(
        0.99, description="The part of the average that each step keeps."
    )
    ema_overwrite_frequency: Count | None = Field(
        None, description="After so many updates the weights are set to their average."
    )
    gradient_accumulation_steps: Several | None = Field(
        None, description="Batches of which the mean gradient makes an update."
    )

    def own(self) -> dict[str, Expression]:
        """The arguments that this optimizer alone has: numbers, and flags that are not as usual."""
        fields = type(self).model_fields
        names = fields.keys() - BaseOptimizer.model_fields.keys() - {"type"}
        values = {name: getattr(self, name) for name in fields if name in names}
        return {
            name: value
            for name, value in values.items()
            if not isinstance(value, bool) or value != fields[name].default
        }

    @property
    def clips(self) -> bool:
        """Whether gradients are clipped."""
        return any(getattr(self, key) is not None for key in CLIPPING)

    @property
    def decays(self) -> bool:
        """Whether any weights decay."""
        return self.weight_decay > 0

    def state_size(self, path: str, shape: Shape) -> int:
        """How many numbers are kept of a weight, beside itself and its gradient, at most.

        Args:
            path: the path of the weight.
            shape: its shape in Keras' layout.
        """
        del path
        around = self.use_ema + (self.gradient_accumulation_steps is not None)
        return math.prod(shape) * (self.SLOTS + around)

    def refusals(self, network: str) -> Iterator[Refusal]:
        """What it demands of the network's name; places are those below `[optimizer]`."""
        del network
        yield from ()

    def paths_named(self) -> dict[str, tuple[str, ...]]:
        """Texts that have to stand in the path of a weight, by the key that they stand at."""
        return {"exclude_from_weight_decay": self.exclude_from_weight_decay}


def keras_optimizer(optimizer: BaseOptimizer, name: str) -> Call:
    """A class of `keras.optimizers` with its arguments, those of all optimizers as far as set."""
    own, common = type(optimizer).model_fields, BaseOptimizer.model_fields
    options: dict[str, Expression] = {
        key: getattr(optimizer, key)
        for key, field in common.items()
        if key not in ("learning_rate", "exclude_from_weight_decay")
        # What is set, and what is not as usual because nothing is set.
        and (getattr(optimizer, key), own[key].default) != (field.default, field.default)
    }
    return call(
        f"keras.optimizers.{name}",
        learning_rate=optimizer.learning_rate,
        **optimizer.own(),
        **options,
    )


def torch_parameters(optimizer: BaseOptimizer) -> Expression:
    """What the optimizer changes: all parameters, in groups if some of them do not decay."""
    excluded = optimizer.exclude_from_weight_decay
    if not (optimizer.weight_decay and excluded):
        return call("model.parameters")
    return call(Name("decay_groups", BASE), call("model.named_weights"), List(excluded))


def torch_optimizer(
    optimizer: BaseOptimizer, function: str | Name, *arguments: Expression, **options: Expression
) -> Call:
    """An optimizer of all parameters, and what stands around it.

    Args:
        optimizer: what the spec says.
        function: the class.
        arguments: what it takes behind the parameters.
        options: likewise, by names.
    """
    inner = call(
        function,
        torch_parameters(optimizer),
        *arguments,
        lr=optimizer.learning_rate,
        **({"weight_decay": optimizer.weight_decay} if optimizer.weight_decay else {}),
        **options,
    )
    return around(optimizer, inner)


def around(optimizer: BaseOptimizer, inner: Call) -> Call:
    """The optimizers around an optimizer: what comes first in a step is the innermost."""
    if optimizer.clipnorm is not None:
        inner = call(Name("ClipNorm", AROUND), inner, optimizer.clipnorm)
    if optimizer.clipvalue is not None:
        inner = call(Name("ClipValue", AROUND), inner, optimizer.clipvalue)
    if optimizer.global_clipnorm is not None:
        inner = call(Name("GlobalClipNorm", AROUND), inner, optimizer.global_clipnorm)
    batches = optimizer.gradient_accumulation_steps
    if batches is not None:
        inner = call(Name("Accumulation", AROUND), inner, batches=batches)
    if optimizer.use_ema:
        options: dict[str, Expression] = {"momentum": optimizer.ema_momentum}
        if optimizer.ema_overwrite_frequency is not None:
            options["frequency"] = optimizer.ema_overwrite_frequency
        if batches is not None:
            options["batches"] = batches
        inner = call(Name("MovingAverage", AROUND), inner, **options)
    return inner
