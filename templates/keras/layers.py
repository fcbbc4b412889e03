"""Layers and models that Keras does not have."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any

import keras


def freeze(model: keras.Model, names: Sequence[str]) -> None:
    """Train no layer that has one of these names, in which * stands for anything.

    Set in a constructor, `trainable` would not hold for the layers that a layer makes.
    """
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            freeze(layer, names)
        elif any(fnmatchcase(layer.name, name) for name in names):
            layer.trainable = False


def shared_model(
    function: Callable[..., Any],
    inputs: Sequence[Any],
    name: str,
    **parameters: Any,
) -> keras.Model:
    """The layers that a function makes, as a model that can be applied again."""
    own = [keras.Input(x.shape[1:], dtype=x.dtype) for x in inputs]
    return keras.Model(own, function(*own, **parameters, name=name), name=name)
