"""What losses have in common: what they compare, and what the programs compute them of."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

from samenet.codegen.expression import Call, Expression, Name, call, method
from samenet.graph.ir import Shape
from samenet.layers.base import ActivationName
from samenet.weight_rules import Rule

Targets = Literal["classes", "binary", "distributions", "values"]
"""What one sample's target is: a class index; or numbers of the output's shape, zeros and ones,
probabilities of classes that add up to 1, or any."""


class Loss(Rule):
    """A loss; its class has Keras' name."""

    TARGETS: ClassVar[Targets] = "values"
    """What it compares the outputs with."""

    ACTIVATION: ClassVar[ActivationName | None] = None
    """The function in which the network must end, or None for any."""

    WHOLE: ClassVar[bool] = False
    """Whether it takes the last axis as a whole, and not number by number."""

    def ignored(self) -> int | None:
        """A class that no output stands for, and whose targets do not count."""
        return None

    def classes(self, shape: Shape) -> int:
        """How many classes a sample may have, for an output of a shape."""
        return 2 if self.TARGETS == "binary" else shape[-1]


class ByClasses(Loss):
    """A loss on the probabilities of classes that exclude each other."""

    ACTIVATION = "softmax"
    WHOLE = True


class OnBinary(Loss):
    """A loss on probabilities, each for itself."""

    TARGETS = "binary"
    ACTIVATION = "sigmoid"


class Batch(NamedTuple):
    """What a PyTorch program computes a loss of.

    Attributes:
        outputs: what the network returns, before `ACTIVATION`.
        targets: the targets.
        positions: whether a sample has more than one distribution over classes.
        single: whether a value of each sample or number is asked for, since they have weights or
            masks, and not their mean.
        mask: whether the classes that do not count join a mask.
    """

    outputs: Expression
    targets: Expression
    positions: bool = False
    single: bool = False
    mask: bool = False

    def by_classes(self) -> tuple[Expression, Expression]:
        """Outputs and probabilities of classes, these on axis 1, where PyTorch wants them."""
        if not self.positions:
            return self.outputs, self.targets
        return method(self.outputs, "flatten", 0, -2), method(self.targets, "flatten", 0, -2)

    def function(self, name: str, *arguments: Expression, **options: Expression) -> Call:
        """A function of PyTorch, by default of outputs and targets."""
        if self.single:
            options["reduction"] = "none"
        return call(f"F.{name}", *(arguments or (self.outputs, self.targets)), **options)

    def helper(self, name: str, *arguments: Expression, **options: Expression) -> Call:
        """A function of ours that gives a value of each sample or number."""
        function = Name(name, "torch/losses")
        value = call(function, *(arguments or (self.outputs, self.targets)), **options)
        return value if self.single else method(value, "mean")


def keras_class(loss: Loss) -> Call:
    """A class of `keras.losses`."""
    return call(f"keras.losses.{type(loss).__name__}", **loss.arguments(defaults=False))


def helper(loss: Loss, batch: Batch) -> Call:
    """A function of `templates/torch/losses.py`."""
    return batch.helper(loss.kind, **loss.arguments(defaults=False))
