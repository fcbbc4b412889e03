"""Counts of outputs above a threshold, and quotients of these.

Source: https://keras.io/api/metrics/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.graph.ir import Shape
from samenet.losses.base import Targets
from samenet.lowering import lowers
from samenet.metrics.base import Metric, helper, keras_class
from samenet.schema import Fraction, Natural


class ByThreshold(Metric):
    """Counts outputs above a threshold; targets that are not 0 are positive."""

    SUMS = True

    thresholds: Fraction = Field(0.5, description="Above it an output is positive.")


class TruePositives(ByThreshold):
    """How many positive outputs have positive targets."""

    type: Literal["true_positives"]


class TrueNegatives(ByThreshold):
    """How many negative outputs have negative targets."""

    type: Literal["true_negatives"]


class FalsePositives(ByThreshold):
    """How many positive outputs have negative targets."""

    MODE = "min"

    type: Literal["false_positives"]


class FalseNegatives(ByThreshold):
    """How many negative outputs have positive targets."""

    MODE = "min"

    type: Literal["false_negatives"]


class OfOneClass(ByThreshold):
    """A quotient of such counts, of all outputs or those of one class."""

    class_id: Natural | None = Field(None, description="The only class that counts.")

    def refusal(self, targets: Targets, shape: Shape) -> tuple[str, str]:
        """The class must be there."""
        del targets
        if self.class_id is None or (shape and self.class_id < shape[-1]):
            return "", ""
        message = f"there is no class {self.class_id} in outputs of shape {shape}"
        return message, f"classes are 0 to {shape[-1] - 1}" if shape else "remove class_id"


class Precision(OfOneClass):
    """The fraction of positive outputs that have positive targets, 0 if there are none."""

    type: Literal["precision"]


class Recall(OfOneClass):
    """The fraction of positive targets that have positive outputs, 0 if there are none."""

    type: Literal["recall"]


lowers(
    (
        FalseNegatives,
        FalsePositives,
        Precision,
        Recall,
        TrueNegatives,
        TruePositives,
    ),
    "keras",
)(keras_class)
lowers(
    (
        FalseNegatives,
        FalsePositives,
        Precision,
        Recall,
        TrueNegatives,
        TruePositives,
    ),
    "torch",
)(helper)
