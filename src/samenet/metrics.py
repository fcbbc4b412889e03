"""Metrics: what is reported beside the loss, as means over the samples of an epoch.

`accuracy` means what the targets make of it, as in Keras: the most probable class, or a
probability above one half. The PyTorch functions take the scores before the last activation.
Source: https://keras.io/api/metrics/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from samenet.codegen.expression import Call, Name, call
from samenet.losses import Targets

MetricName = Literal["accuracy", "mean_absolute_error", "mean_squared_error"]


@dataclass(frozen=True)
class Metric:
    """A metric for one kind of targets.

    Attributes:
        keras: the metric object.
        torch: the function of (outputs before the last activation, targets) that gives the mean.
        mode: whether a high ("max") or a low ("min") value is good.
    """

    keras: Call
    torch: Name
    mode: Literal["min", "max"]


METRICS: Mapping[tuple[MetricName, Targets], Metric] = MappingProxyType(
    {
        ("accuracy", "classes"): Metric(
            call("keras.metrics.SparseCategoricalAccuracy", name="accuracy"),
            Name("sparse_categorical_accuracy", "torch/metrics"),
            "max",
        ),
        ("accuracy", "binary"): Metric(
            call("keras.metrics.BinaryAccuracy", name="accuracy"),
            Name("binary_accuracy", "torch/metrics"),
            "max",
        ),
        ("mean_absolute_error", "values"): Metric(
            call("keras.metrics.MeanAbsoluteError", name="mean_absolute_error"),
            Name("F.l1_loss"),
            "min",
        ),
        ("mean_squared_error", "values"): Metric(
            call("keras.metrics.MeanSquaredError", name="mean_squared_error"),
            Name("F.mse_loss"),
            "min",
        ),
    }
)


def metrics_for(targets: Targets) -> list[MetricName]:
    """The names of the metrics that can be computed for targets of a kind."""
    return [name for name, kind in METRICS if kind == targets]
