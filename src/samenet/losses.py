"""Losses: what training makes small.

A loss on probabilities of classes is computed from the scores before the last softmax or sigmoid,
in both frameworks: Keras finds the scores by itself when the network ends in that activation, the
PyTorch network returns them. The mean over all samples of a batch is taken, as in Keras. What
PyTorch has not is in `templates/torch/losses.py`.
Source: https://keras.io/api/losses/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Binary, Call, Expression, Name, call, method
from samenet.graph.ir import Shape
from samenet.layers.base import ActivationName
from samenet.lowering import lowers
from samenet.schema import Fraction, NonNegative, Positive
from samenet.weight_rules import NameOrTable, Rule

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


class SparseCategoricalCrossentropy(ByClasses):
    """-log of the probability of the sample's class.

    With `ignore_class` it is the mean over the targets of other classes. Keras then computes it
    from probabilities, cut at 1e-7 and 1 - 1e-7, and so does the PyTorch program.
    """

    TARGETS = "classes"

    type: Literal["sparse_categorical_crossentropy"]
    ignore_class: int | None = Field(
        None, ge=-(2**31), lt=2**31, description="Targets that do not count, e.g. -1 or 255."
    )

    def ignored(self) -> int | None:
        """The class that is left out."""
        return self.ignore_class


class CategoricalCrossentropy(ByClasses):
    """-sum y log p, of targets that are probabilities of the classes."""

    TARGETS = "distributions"

    type: Literal["categorical_crossentropy"]
    label_smoothing: Fraction = Field(
        0.0, description="The part of each target that is spread over all classes."
    )


class CategoricalFocalCrossentropy(ByClasses):
    """-sum alpha (1 - p)^gamma y log p, which leaves out what is easy.

    From probabilities, cut at 1e-7 and 1 - 1e-7. Source: Lin et al. (2018), arXiv 1708.02002.
    """

    TARGETS = "distributions"

    type: Literal["categorical_focal_crossentropy"]
    alpha: NonNegative = Field(0.25, description="The factor of all classes.")
    gamma: NonNegative = Field(2.0, description="How much less the easy ones count.")
    label_smoothing: Fraction = Field(
        0.0, description="The part of each target that is spread over all classes."
    )


class OnBinary(Loss):
    """A loss on probabilities, each for itself."""

    TARGETS = "binary"
    ACTIVATION = "sigmoid"


class BinaryCrossentropy(OnBinary):
    """-y log p - (1 - y) log(1 - p)."""

    type: Literal["binary_crossentropy"]
    label_smoothing: Fraction = Field(0.0, description="How far targets are moved towards 1/2.")


class BinaryFocalCrossentropy(OnBinary):
    """The binary cross-entropy times (1 - q)^gamma, where q = y p + (1 - y) (1 - p).

    Source: Lin et al. (2018), arXiv 1708.02002.
    """

    type: Literal["binary_focal_crossentropy"]
    apply_class_balancing: bool = Field(
        False, description="Whether ones have the factor alpha, and zeros 1 - alpha."
    )
    alpha: Fraction = Field(0.25, description="The factor of ones.")
    gamma: NonNegative = Field(2.0, description="How much less the easy ones count.")
    label_smoothing: Fraction = Field(0.0, description="How far targets are moved towards 1/2.")


class MeanSquaredError(Loss):
    """(y - p)^2."""

    type: Literal["mean_squared_error"]


class MeanAbsoluteError(Loss):
    """|y - p|."""

    type: Literal["mean_absolute_error"]


class MeanAbsolutePercentageError(Loss):
    """100 |y - p| / max(|y|, 1e-7)."""

    type: Literal["mean_absolute_percentage_error"]


class MeanSquaredLogarithmicError(Loss):
    """(log(1 + max(y, 1e-7)) - log(1 + max(p, 1e-7)))^2."""

    type: Literal["mean_squared_logarithmic_error"]


class Huber(Loss):
    """(y - p)^2 / 2 up to |y - p| = delta, then the line that goes on from there."""

    type: Literal["huber"]
    delta: Positive = Field(1.0, description="The error from which on it is a line.")


class LogCosh(Loss):
    """log(cosh(p - y)): nearly (p - y)^2 / 2 for small errors, |p - y| - log 2 for large ones."""

    type: Literal["log_cosh"]


class KLDivergence(Loss):
    """sum y log(y / p) over the last axis; both are cut at 1e-7 and 1."""

    WHOLE = True

    type: Literal["kl_divergence"]


class Poisson(Loss):
    """p - y log(p + 1e-7)."""

    type: Literal["poisson"]


class Hinge(Loss):
    """max(1 - y p, 0), of targets -1 and 1; if a batch has only 0 and 1, zeros stand for -1."""

    type: Literal["hinge"]


class SquaredHinge(Loss):
    """max(1 - y p, 0)^2, of targets as for `hinge`."""

    type: Literal["squared_hinge"]


class CategoricalHinge(Loss):
    """max(1 + max (1 - y) p - sum y p, 0), of targets that are 1 for the class and 0 elsewhere."""

    WHOLE = True

    type: Literal["categorical_hinge"]


class CosineSimilarity(Loss):
    """Minus the cosine of the angle between target and output along the last axis."""

    WHOLE = True

    type: Literal["cosine_similarity"]


_Loss = (
    BinaryCrossentropy
    | BinaryFocalCrossentropy
    | CategoricalCrossentropy
    | CategoricalFocalCrossentropy
    | CategoricalHinge
    | CosineSimilarity
    | Hinge
    | Huber
    | KLDivergence
    | LogCosh
    | MeanAbsoluteError
    | MeanAbsolutePercentageError
    | MeanSquaredError
    | MeanSquaredLogarithmicError
    | Poisson
    | SparseCategoricalCrossentropy
    | SquaredHinge
)
AnyLoss = Annotated[_Loss, NameOrTable(Annotated[_Loss, Field(discriminator="type")])]
"""What training makes small, by its name or as a table with its arguments."""


@lowers(BinaryCrossentropy, "keras")
@lowers(BinaryFocalCrossentropy, "keras")
@lowers(CategoricalCrossentropy, "keras")
@lowers(CategoricalFocalCrossentropy, "keras")
@lowers(CategoricalHinge, "keras")
@lowers(CosineSimilarity, "keras")
@lowers(Hinge, "keras")
@lowers(Huber, "keras")
@lowers(KLDivergence, "keras")
@lowers(LogCosh, "keras")
@lowers(MeanAbsoluteError, "keras")
@lowers(MeanAbsolutePercentageError, "keras")
@lowers(MeanSquaredError, "keras")
@lowers(MeanSquaredLogarithmicError, "keras")
@lowers(Poisson, "keras")
@lowers(SparseCategoricalCrossentropy, "keras")
@lowers(SquaredHinge, "keras")
def keras(loss: Loss) -> Call:
    """A class of `keras.losses`."""
    return call(f"keras.losses.{type(loss).__name__}", **loss.arguments(defaults=False))


@dataclass(frozen=True)
class Batch:
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


@lowers(MeanSquaredError, "torch")
def torch_squares(loss: MeanSquaredError, batch: Batch) -> Call:
    """`F.mse_loss`."""
    del loss
    return batch.function("mse_loss")


@lowers(MeanAbsoluteError, "torch")
def torch_absolute(loss: MeanAbsoluteError, batch: Batch) -> Call:
    """`F.l1_loss`."""
    del loss
    return batch.function("l1_loss")


@lowers(Huber, "torch")
def torch_huber(loss: Huber, batch: Batch) -> Call:
    """`F.huber_loss`; `F.smooth_l1_loss` divides by its `beta`."""
    return batch.function("huber_loss", **loss.arguments(defaults=False))


@lowers(SparseCategoricalCrossentropy, "torch")
def torch_sparse(loss: SparseCategoricalCrossentropy, batch: Batch) -> Call:
    """`F.cross_entropy`, which takes scores; probabilities where Keras does."""
    outputs, targets = batch.outputs, batch.targets
    if batch.positions:
        outputs, targets = method(outputs, "flatten", 0, -2), method(targets, "flatten")
    if loss.ignore_class is None:
        return batch.function("cross_entropy", outputs, targets)
    name, ignored = "sparse_categorical_crossentropy", loss.ignore_class
    if batch.mask:
        name = "crossentropy_unless_ignored"
    return batch.helper(name, outputs, targets, ignore_class=ignored)


@lowers(CategoricalCrossentropy, "torch")
def torch_categorical(loss: CategoricalCrossentropy, batch: Batch) -> Call:
    """`F.cross_entropy`, which also takes probabilities as targets."""
    return batch.function("cross_entropy", *batch.by_classes(), **loss.arguments(defaults=False))


@lowers(BinaryCrossentropy, "torch")
def torch_binary(loss: BinaryCrossentropy, batch: Batch) -> Call:
    """`F.binary_cross_entropy_with_logits`, of smoothed targets."""
    targets = batch.targets
    if smoothing := float(loss.label_smoothing):
        targets = Binary(Binary(targets, "*", 1.0 - smoothing), "+", 0.5 * smoothing)
    return batch.function("binary_cross_entropy_with_logits", batch.outputs, targets)


@lowers(BinaryFocalCrossentropy, "torch")
@lowers(CategoricalFocalCrossentropy, "torch")
@lowers(CategoricalHinge, "torch")
@lowers(CosineSimilarity, "torch")
@lowers(Hinge, "torch")
@lowers(KLDivergence, "torch")
@lowers(LogCosh, "torch")
@lowers(MeanAbsolutePercentageError, "torch")
@lowers(MeanSquaredLogarithmicError, "torch")
@lowers(Poisson, "torch")
@lowers(SquaredHinge, "torch")
def torch(loss: Loss, batch: Batch) -> Call:
    """A function of `templates/torch/losses.py`."""
    return batch.helper(loss.kind, **loss.arguments(defaults=False))
