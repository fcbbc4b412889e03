"""Accuracies: the fraction of targets that are met.

Source: https://keras.io/api/metrics/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.lowering import lowers
from samenet.metrics.base import Measured, Metric
from samenet.schema import Count

ACCURACIES = {
    "classes": "SparseCategoricalAccuracy",
    "binary": "BinaryAccuracy",
    "distributions": "CategoricalAccuracy",
}


class Accuracy(Metric):
    """The fraction of targets that are met: the most probable class, or the side of 1/2."""

    TARGETS = ("classes", "binary", "distributions")

    type: Literal["accuracy"]


class SparseTopKCategoricalAccuracy(Metric):
    """The fraction of classes with fewer than k more probable ones; ties are hits."""

    TARGETS = ("classes",)

    type: Literal["sparse_top_k_categorical_accuracy"]
    k: Count = Field(5, description="How many classes may be named.")


class TopKCategoricalAccuracy(Metric):
    """The same for targets that are probabilities, of which the highest is the class."""

    TARGETS = ("distributions",)

    type: Literal["top_k_categorical_accuracy"]
    k: Count = Field(5, description="How many classes may be named.")


@lowers(Accuracy, "keras")
def keras_accuracy(metric: Accuracy, measured: Measured) -> Call:
    """The accuracy for a kind of targets."""
    return call(f"keras.metrics.{ACCURACIES[measured.kind]}", name=metric.reported)


@lowers(SparseTopKCategoricalAccuracy, "keras")
@lowers(TopKCategoricalAccuracy, "keras")
def keras_top_k(
    metric: SparseTopKCategoricalAccuracy | TopKCategoricalAccuracy, measured: Measured
) -> Call:
    """Keras' class, brought to probabilities of 64 bits."""
    del measured
    function = Name(type(metric).__name__, "keras/metrics")
    return call(function, **metric.arguments(defaults=False), name=metric.reported)


@lowers(Accuracy, "torch")
def torch_accuracy(metric: Accuracy, measured: Measured) -> Call:
    """The accuracy for a kind of targets, from scores."""
    del metric
    counted = measured.counted()
    name = "binary_accuracy" if measured.kind == "binary" else "sparse_categorical_accuracy"
    value = call(Name(name, "torch/metrics"), counted.outputs, counted.classes())
    return measured.of_steps(value)


@lowers(SparseTopKCategoricalAccuracy, "torch")
@lowers(TopKCategoricalAccuracy, "torch")
def torch_top_k(
    metric: SparseTopKCategoricalAccuracy | TopKCategoricalAccuracy, measured: Measured
) -> Call:
    """The same function of probabilities and classes."""
    function, counted = Name("top_k_accuracy", "torch/metrics"), measured.counted()
    value = call(function, counted.predictions, counted.classes(), k=metric.k)
    return measured.of_steps(value)
