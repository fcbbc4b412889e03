"""Metrics: what is reported beside the loss, of all samples of an epoch, without their weights.

`accuracy` means what the targets make of it, as in Keras: the most probable class, or a
probability above one half. Some are means over samples; others, such as the precision, are made of
sums over the epoch (`Sums` in `templates/torch/metrics.py`).
Source: https://keras.io/api/metrics/
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call, index, method
from samenet.graph.ir import Shape
from samenet.losses import Targets
from samenet.lowering import lowers
from samenet.schema import Count, Fraction, LayerName, Natural, kind_of
from samenet.weight_rules import NameOrTable, Rule

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
        return _rows("r2_score", shape)


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
        return _rows("f1_score", shape)


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


def _rows(kind: str, shape: Shape) -> tuple[str, str]:
    """The refusal of outputs that are no rows of numbers."""
    if len(shape) == 1:
        return "", ""
    return f"{kind} takes outputs of shape (n), not {shape}", "end the network with a flatten layer"


_Metric = (
    AUC
    | Accuracy
    | F1Score
    | FalseNegatives
    | FalsePositives
    | MeanAbsoluteError
    | MeanIoU
    | MeanSquaredError
    | Precision
    | R2Score
    | Recall
    | RootMeanSquaredError
    | SparseTopKCategoricalAccuracy
    | TopKCategoricalAccuracy
    | TrueNegatives
    | TruePositives
)
AnyMetric = Annotated[_Metric, NameOrTable(Annotated[_Metric, Field(discriminator="type")])]
"""What is reported beside the loss, by its name or as a table with its arguments."""


def metrics_for(targets: Targets) -> list[str]:
    """The names of the metrics that can be computed for targets of a kind."""
    members: tuple[type[Metric], ...] = get_args(_Metric)
    return [kind_of(member) for member in members if targets in member.TARGETS]


@dataclass(frozen=True)
class Measured:
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
        return replace(self, outputs=outputs, predictions=predictions, targets=targets)

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


ACCURACIES = {
    "classes": "SparseCategoricalAccuracy",
    "binary": "BinaryAccuracy",
    "distributions": "CategoricalAccuracy",
}


@lowers(AUC, "keras")
@lowers(FalseNegatives, "keras")
@lowers(FalsePositives, "keras")
@lowers(MeanAbsoluteError, "keras")
@lowers(MeanSquaredError, "keras")
@lowers(Precision, "keras")
@lowers(R2Score, "keras")
@lowers(Recall, "keras")
@lowers(RootMeanSquaredError, "keras")
@lowers(TrueNegatives, "keras")
@lowers(TruePositives, "keras")
def keras(metric: Metric, measured: Measured) -> Call:
    """A class of `keras.metrics`."""
    del measured
    arguments = metric.arguments(defaults=False)
    return call(f"keras.metrics.{type(metric).__name__}", **arguments, name=metric.reported)


@lowers(SparseTopKCategoricalAccuracy, "keras")
@lowers(TopKCategoricalAccuracy, "keras")
def keras_top_k(
    metric: SparseTopKCategoricalAccuracy | TopKCategoricalAccuracy, measured: Measured
) -> Call:
    """Keras' class, brought to probabilities of 64 bits."""
    del measured
    function = Name(type(metric).__name__, "keras/metrics")
    return call(function, **metric.arguments(defaults=False), name=metric.reported)


@lowers(Accuracy, "keras")
def keras_accuracy(metric: Accuracy, measured: Measured) -> Call:
    """The accuracy for a kind of targets."""
    return call(f"keras.metrics.{ACCURACIES[measured.kind]}", name=metric.reported)


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


@lowers(AUC, "torch")
@lowers(F1Score, "torch")
@lowers(FalseNegatives, "torch")
@lowers(FalsePositives, "torch")
@lowers(Precision, "torch")
@lowers(R2Score, "torch")
@lowers(Recall, "torch")
@lowers(RootMeanSquaredError, "torch")
@lowers(TrueNegatives, "torch")
@lowers(TruePositives, "torch")
def torch(metric: Metric, measured: Measured) -> Call:
    """A function of `templates/torch/metrics.py`."""
    arguments = metric.arguments(defaults=False)
    return call(
        Name(metric.kind, "torch/metrics"), measured.predictions, measured.targets, **arguments
    )
