"""Losses on distributions: of classes, and of counts.

Source: https://keras.io/api/losses/probabilistic_losses/
"""

from __future__ import annotations

from typing import Literal

from samenet.losses.base import Loss, helper, keras_class
from samenet.lowering import lowers


class KLDivergence(Loss):
    """sum y log(y / p) over the last axis; both are cut at 1e-7 and 1."""

    WHOLE = True

    type: Literal["kl_divergence"]


class Poisson(Loss):
    """p - y log(p + 1e-7)."""

    type: Literal["poisson"]


lowers(
    (
        KLDivergence,
        Poisson,
    ),
    "keras",
)(keras_class)
lowers(
    (
        KLDivergence,
        Poisson,
    ),
    "torch",
)(helper)
