"""Metrics of classes: F1, areas under curves, unions.

Source: https://keras.io/api/metrics/
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call, method
from samenet.graph.ir import Shape
from samenet.losses.base import Targets
from samenet.lowering import lowers
from samenet.metrics.base import Measured, Metric, helper, keras_class, rows
from samenet.schema import Count


class F1Score(Metric):
    """The harmonic mean of precision and recall, of each class."""

    SUMS = True

    type: Literal["f1_score"]
    average: Literal["macro", "micro", "weighted"] = Field(
        "macro",
        description="The mean of the classes, of all counts, or by the number of targets. In "
        "Keras there may be none, which gives a number for each class.",
    )
    threshold: Annotated[float, Field(gt=0, le=1)] | None = Field(
        None, description="Above it an output is positive; without it the highest is."
    )

    def refusal(self, targets: Targets, shape: Shape) -> tuple[str, str]:
        """It takes rows of probabilities."""
        del targets
        return rows("f1_score", shape)


class AUC(Metric):
    """The area under a curve, from counts above thresholds that are evenly spread over 0 to 1."""

    SUMS = True

    type: Literal["auc"]
    num_thresholds: Annotated[int, Field(ge=2, le=2**31 - 1)] = Field(
        200, description="How many thresholds there are."
    )
    curve: Literal["ROC", "PR"] = Field(
        "ROC", description="True over false positives, or precision over recall."
    )
    summation_method: Literal["interpolation", "minoring", "majoring"] = Field(
        "interpolation", description="Between thresholds: a line, the lower or the higher value."
    )


class MeanIoU(Metric):
    """The mean over classes of hits over the union of outputs and targets.

    Of the most probable classes; outputs for targets that are any numbers are classes themselves.
    """

    TARGETS = ("classes", "distributions", "values")
    SUMS = True

    type: Literal["mean_io_u"]
    num_classes: Count | None = Field(
        None, description="How many classes there are, by default the numbers of an output."
    )
    ignore_class: int | None = Field(
        None, ge=-(2**31), lt=2**31, description="Targets that do not count."
    )

    def refusal(self, targets: Targets, shape: Shape) -> tuple[str, str]:
        """Where outputs are classes, they do not say how many there are."""
        del shape
        if targets == "values" and self.num_classes is None:
            message = "mean_io_u needs num_classes where outputs are classes themselves"
            return message, "add num_classes = ..."
        return "", ""


@lowers(F1Score, "keras")
def keras_f1_score(metric: F1Score, measured: Measured) -> Call:
    """`keras.metrics.F1Score`, whose average is none by default."""
    del measured
    options: dict[str, Expression] = {"average": metric.average}
    if metric.threshold is not None:
        options["threshold"] = float(metric.threshold)
    return call("keras.metrics.F1Score", **options, name=metric.reported)


@lowers(MeanIoU, "keras")
def keras_mean_io_u(metric: MeanIoU, measured: Measured) -> Call:
    """`keras.metrics.MeanIoU`, told what are classes and what are probabilities of these."""
    options: dict[str, Expression] = {"num_classes": metric.num_classes or measured.shape[-1]}
    if metric.ignore_class is not None:
        options["ignore_class"] = metric.ignore_class
    if measured.kind == "distributions":
        options["sparse_y_true"] = False
    if measured.kind != "values":
        options["sparse_y_pred"] = False
    return call("keras.metrics.MeanIoU", **options, name=metric.reported)


@lowers(MeanIoU, "torch")
def torch_mean_io_u(metric: MeanIoU, measured: Measured) -> Call:
    """A function of classes."""
    classes = measured.predictions
    if measured.kind != "values":
        classes = method(classes, "argmax", dim=-1)
    options: dict[str, Expression] = {"num_classes": metric.num_classes or measured.shape[-1]}
    if metric.ignore_class is not None:
        options["ignore_class"] = metric.ignore_class
    return call(Name("mean_io_u", "torch/metrics"), classes, measured.classes(), **options)


lowers(AUC, "keras")(keras_class)
lowers(
    (
        AUC,
        F1Score,
    ),
    "torch",
)(helper)
