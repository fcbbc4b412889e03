"""What metrics have in common: for which targets they are, and what they are computed of."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call, index, method
from samenet.graph.ir import Shape
from samenet.losses.base import Targets
from samenet.schema import LayerName
from samenet.weight_rules import Rule

Mode = Literal["min", "max"]

NUMBERS: tuple[Targets, ...] = ("binary", "distributions", "values")
"""The kinds of targets that have the shape of the outputs."""


class Metric(Rule):
    """A metric; its class has Keras' name."""

    TARGETS: ClassVar[tuple[Targets, ...]] = NUMBERS
    """The kinds of targets for which it can be computed."""

    MODE: ClassVar[Mode] = "max"
    """Whether a low or a high value is good."""

    SUMS: ClassVar[bool] = False
    """Whether it is no mean over samples. Keras leaves masked steps out of means alone."""

    name: LayerName | None = Field(None, description="Its name in the history; else its type.")

    @property
    def reported(self) -> str:
        """Its name in the history."""
        return self.name or self.kind

    def arguments(self, *, defaults: bool = True) -> dict[str, Expression]:
        """What it is called with, without its name."""
        found = super().arguments(defaults=defaults)
        return {key: value for key, value in found.items() if key != "name"}

    def refusal(self, targets: Targets, shape: Shape) -> tuple[str, str]:
        """Why it cannot be said of an output of a shape, and a way out; empty if it can."""
        del targets, shape
        return "", ""


class Measured(NamedTuple):
    """What a metric is computed of.

    Attributes:
        kind: what the targets are.
        shape: of an output, without the batch.
        outputs: in a PyTorch program, what the network returns.
        predictions: the same behind the activation in which the network ends.
        targets: the targets.
        mask: which steps count, or None for all.
    """

    kind: Targets
    shape: Shape
    outputs: Expression = None
    predictions: Expression = None
    targets: Expression = None
    mask: Expression = None

    def counted(self) -> Measured:
        """The same of the steps that count alone."""
        if self.mask is None:
            return self
        values = (self.outputs, self.predictions, self.targets)
        outputs, predictions, targets = (index(value, self.mask) for value in values)
        return self._replace(outputs=outputs, predictions=predictions, targets=targets)

    def of_steps(self, mean: Call) -> Call:
        """What an epoch makes of the means over the steps of a batch that count."""
        if self.mask is None:
            return mean
        return call(Name("of_steps", "torch/masked_metrics"), mean, self.mask)

    def classes(self) -> Expression:
        """The class of each target."""
        if self.kind == "distributions":
            return method(self.targets, "argmax", dim=-1)
        return self.targets


def rows(kind: str, shape: Shape) -> tuple[str, str]:
    """The refusal of outputs that are no rows of numbers."""
    if len(shape) == 1:
        return "", ""
    return f"{kind} takes outputs of shape (n), not {shape}", "end the network with a flatten layer"


def keras_class(metric: Metric, measured: Measured) -> Call:
    """A class of `keras.metrics`."""
    del measured
    arguments = metric.arguments(defaults=False)
    return call(f"keras.metrics.{type(metric).__name__}", **arguments, name=metric.reported)


def helper(metric: Metric, measured: Measured) -> Call:
    """A function of `templates/torch/metrics.py`."""
    arguments = metric.arguments(defaults=False)
    return call(
        Name(metric.kind, "torch/metrics"), measured.predictions, measured.targets, **arguments
    )
