"""Metrics: what is reported beside the loss, of all samples of an epoch, without their weights.

`accuracy` means what the targets make of it, as in Keras: the most probable class, or a
probability above one half. Some are means over samples; others, such as the precision, are made of
sums over the epoch (`Sums` in `templates/torch/metrics.py`).
Source: https://keras.io/api/metrics/
"""

from __future__ import annotations

from typing import Annotated

from samenet.catalogue import Catalogue
from samenet.metrics.base import Measured, Metric, Targets
from samenet.weight_rules import NameOrTable

CATALOGUE: Catalogue[Metric] = Catalogue(
    "samenet.metrics",
    {
        "accuracy": "accuracy.Accuracy",
        "auc": "classes.AUC",
        "f1_score": "classes.F1Score",
        "false_negatives": "counts.FalseNegatives",
        "false_positives": "counts.FalsePositives",
        "mean_absolute_error": "regression.MeanAbsoluteError",
        "mean_io_u": "classes.MeanIoU",
        "mean_squared_error": "regression.MeanSquaredError",
        "precision": "counts.Precision",
        "r2_score": "regression.R2Score",
        "recall": "counts.Recall",
        "root_mean_squared_error": "regression.RootMeanSquaredError",
        "sparse_top_k_categorical_accuracy": "accuracy.SparseTopKCategoricalAccuracy",
        "top_k_categorical_accuracy": "accuracy.TopKCategoricalAccuracy",
        "true_negatives": "counts.TrueNegatives",
        "true_positives": "counts.TruePositives",
    },
)
"""The class of each `type`."""

AnyMetric = Annotated[Metric, NameOrTable(CATALOGUE)]
"""What is reported beside the loss, by its name or as a table with its arguments."""

__all__ = ["CATALOGUE", "AnyMetric", "Measured", "Metric", "metrics_for"]


def metrics_for(targets: Targets) -> list[str]:
    """The names of the metrics that can be computed for targets of a kind."""
    return [kind for kind, member in CATALOGUE.items() if targets in member.TARGETS]
