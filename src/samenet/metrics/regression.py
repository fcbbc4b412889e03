"""Metrics of numbers.

Source: https://keras.io/api/metrics/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, call
from samenet.graph.ir import Shape
from samenet.losses.base import Targets
from samenet.lowering import lowers
from samenet.metrics.base import Measured, Metric, helper, keras_class, rows


class MeanSquaredError(Metric):
    """The mean of (y - p)^2."""

    MODE = "min"

    type: Literal["mean_squared_error"]


class MeanAbsoluteError(Metric):
    """The mean of |y - p|."""

    MODE = "min"

    type: Literal["mean_absolute_error"]


class RootMeanSquaredError(Metric):
    """The root of the mean of (y - p)^2 over the epoch."""

    MODE = "min"
    SUMS = True

    type: Literal["root_mean_squared_error"]


class R2Score(Metric):
    """1 less the squared errors over those of the mean of the targets, of each output number."""

    SUMS = True

    type: Literal["r2_score"]
    class_aggregation: Literal["uniform_average", "variance_weighted_average"] = Field(
        "uniform_average", description="How the numbers of an output are averaged."
    )

    def refusal(self, targets: Targets, shape: Shape) -> tuple[str, str]:
        """It takes rows of numbers."""
        del targets
        return rows("r2_score", shape)


@lowers(MeanSquaredError, "torch")
def torch_squares(metric: MeanSquaredError, measured: Measured) -> Call:
    """`F.mse_loss`."""
    del metric
    counted = measured.counted()
    return measured.of_steps(call("F.mse_loss", counted.predictions, counted.targets))


@lowers(MeanAbsoluteError, "torch")
def torch_absolute(metric: MeanAbsoluteError, measured: Measured) -> Call:
    """`F.l1_loss`."""
    del metric
    counted = measured.counted()
    return measured.of_steps(call("F.l1_loss", counted.predictions, counted.targets))


lowers(
    (
        MeanAbsoluteError,
        MeanSquaredError,
        R2Score,
        RootMeanSquaredError,
    ),
    "keras",
)(keras_class)
lowers(
    (
        R2Score,
        RootMeanSquaredError,
    ),
    "torch",
)(helper)
