"""Initializers that are said by their names."""

from __future__ import annotations

from typing import Literal

from samenet.weight_rules import WeightRule


class WithoutArguments(WeightRule):
    """Zeros, ones, or numbers whose variance is 1 or 2 over a fan."""

    type: Literal[
        "glorot_normal",
        "glorot_uniform",
        "he_normal",
        "he_uniform",
        "lecun_normal",
        "lecun_uniform",
        "ones",
        "zeros",
    ]

    @property
    def kind(self) -> str:
        """Its `type`, of which the class has several."""
        return self.type
