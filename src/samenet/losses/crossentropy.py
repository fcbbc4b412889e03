"""Cross-entropies: minus the logarithm of the probability of what is.

Source: https://keras.io/api/losses/probabilistic_losses/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Binary, Call, method
from samenet.losses.base import Batch, ByClasses, OnBinary, helper, keras_class
from samenet.lowering import lowers
from samenet.schema import Fraction, NonNegative


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


lowers(
    (
        BinaryCrossentropy,
        BinaryFocalCrossentropy,
        CategoricalCrossentropy,
        CategoricalFocalCrossentropy,
        SparseCategoricalCrossentropy,
    ),
    "keras",
)(keras_class)
lowers(
    (
        BinaryFocalCrossentropy,
        CategoricalFocalCrossentropy,
    ),
    "torch",
)(helper)
