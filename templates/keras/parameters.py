"""Learned numbers that belong to no layer of Keras."""

from typing import Any

import keras
from keras import layers


class FreeParameter(layers.Layer):
    """The same learned numbers for each sample, e.g. a class token or positions."""

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        regularizer: Any = None,
        constraint: Any = None,
        **options: Any,
    ):
        super().__init__(**options)
        self.shape = shape
        self.value = self.add_weight(
            shape=shape, regularizer=regularizer, constraint=constraint, name="value"
        )

    def call(self, x: Any) -> Any:
        shape: Any = keras.ops.shape(x)
        return keras.ops.broadcast_to(self.value, (shape[0], *self.shape))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], *self.shape)


class LayerScale(layers.Layer):
    """A learned factor for each channel."""

    def __init__(
        self, *, regularizer: Any = None, constraint: Any = None, **options: Any
    ):
        super().__init__(**options)
        self.rules = {"regularizer": regularizer, "constraint": constraint}
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        self.gamma = self.add_weight(shape=input_shape[-1:], name="gamma", **self.rules)

    def call(self, x: Any) -> Any:
        return self.gamma * x

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape
