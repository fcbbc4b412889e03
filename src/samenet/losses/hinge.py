"""Hinges: what is right by a margin costs nothing.

Source: https://keras.io/api/losses/hinge_losses/
"""

from __future__ import annotations

from typing import Literal

from samenet.losses.base import Loss, helper, keras_class
from samenet.lowering import lowers


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


lowers(
    (
        Hinge,
        SquaredHinge,
        CategoricalHinge,
    ),
    "keras",
)(keras_class)
lowers(
    (
        Hinge,
        SquaredHinge,
        CategoricalHinge,
    ),
    "torch",
)(helper)
