"""Layers and models that Keras does not have."""

from collections.abc import Callable, Sequence
from typing import Any

import keras


def shared_model(
    function: Callable[..., Any],
    inputs: Sequence[Any],
    name: str,
    **parameters: Any,
) -> keras.Model:
    """The layers that a function makes, as a model that can be applied again."""
    own = [keras.Input(x.shape[1:], dtype=x.dtype) for x in inputs]
    return keras.Model(own, function(*own, **parameters, name=name), name=name)
