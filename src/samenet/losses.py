"""Losses: what training makes small.

A loss on class probabilities is computed from the scores before the last softmax or sigmoid, in
both frameworks: Keras finds the scores by itself when the network ends in that activation, the
PyTorch network returns them. The mean over all samples of a batch is taken, as in Keras.
Source: https://keras.io/api/losses/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from samenet.codegen.expression import Call, Name, call
from samenet.layers.base import ActivationName

LossName = Literal[
    "binary_crossentropy",
    "mean_absolute_error",
    "mean_squared_error",
    "sparse_categorical_crossentropy",
]

Targets = Literal["classes", "binary", "values"]
"""What one sample's target is: a class index, zeros and ones, or numbers of the output's shape."""


@dataclass(frozen=True)
class Loss:
    """A loss.

    Attributes:
        targets: what it compares the outputs with.
        activation: the function in which the network must end, or None for any.
        keras: the loss object.
        torch: the function of (outputs before `activation`, targets).
    """

    targets: Targets
    activation: ActivationName | None
    keras: Call
    torch: Name


LOSSES: Mapping[LossName, Loss] = MappingProxyType(
    {
        "binary_crossentropy": Loss(
            "binary",
            "sigmoid",
            call("keras.losses.BinaryCrossentropy"),
            Name("F.binary_cross_entropy_with_logits"),
        ),
        "mean_absolute_error": Loss(
            "values", None, call("keras.losses.MeanAbsoluteError"), Name("F.l1_loss")
        ),
        "mean_squared_error": Loss(
            "values", None, call("keras.losses.MeanSquaredError"), Name("F.mse_loss")
        ),
        "sparse_categorical_crossentropy": Loss(
            "classes",
            "softmax",
            call("keras.losses.SparseCategoricalCrossentropy"),
            Name("F.cross_entropy"),
        ),
    }
)
