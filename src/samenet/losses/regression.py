"""Losses on numbers, and of rows of numbers.

Source: https://keras.io/api/losses/regression_losses/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call
from samenet.losses.base import Batch, Loss, helper, keras_class
from samenet.lowering import lowers
from samenet.schema import Positive


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


class CosineSimilarity(Loss):
    """Minus the cosine of the angle between target and output along the last axis."""

    WHOLE = True

    type: Literal["cosine_similarity"]


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


lowers(
    (
        CosineSimilarity,
        Huber,
        LogCosh,
        MeanAbsoluteError,
        MeanAbsolutePercentageError,
        MeanSquaredError,
        MeanSquaredLogarithmicError,
    ),
    "keras",
)(keras_class)
lowers(
    (
        CosineSimilarity,
        LogCosh,
        MeanAbsolutePercentageError,
        MeanSquaredLogarithmicError,
    ),
    "torch",
)(helper)
