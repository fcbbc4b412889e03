"""Initializers: how a weight starts.

Both programs draw the numbers with NumPy, keyed by the spec's seed and the weight's name, so that
every framework starts from the same weights; the distributions and fans are Keras'. The text of
each is in `templates/shared/initializers.py`.
Source: https://keras.io/api/layers/initializers/
"""

from __future__ import annotations

from typing import Literal

from samenet.codegen.expression import Name

InitializerName = Literal[
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "random_normal",
    "random_uniform",
    "zeros",
]


def initializer(name: str) -> Name:
    """The function that draws a weight: (generator, shape) to an array in Keras' layout."""
    return Name(name, "shared/initializers")
