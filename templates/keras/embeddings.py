"""Positions of a sequence as vectors, layers that KerasHub has and Keras has not."""

from typing import Any

import keras
from keras import layers

from ..shared.positions import sine_positions


@keras.saving.register_keras_serializable()
class PositionEmbedding(layers.Layer):
    """A trained vector for each position, in the shape of the input."""

    def __init__(self, sequence_length: int, **options: Any):
        super().__init__(**options)
        self.sequence_length = sequence_length

    def build(self, input_shape: Any) -> None:
        shape = (self.sequence_length, input_shape[-1])
        self.embeddings = self.add_weight(shape=shape, name="embeddings")

    def call(self, x: Any) -> Any:
        shape: Any = keras.ops.shape(x)
        return keras.ops.broadcast_to(self.embeddings[: shape[-2]], shape)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        return None  # positions have no padding

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sequence_length": self.sequence_length}


@keras.saving.register_keras_serializable()
class SinePositionEncoding(layers.Layer):
    """Sines and cosines of each position, in the shape of the input."""

    def __init__(self, max_wavelength: float, **options: Any):
        super().__init__(**options)
        self.max_wavelength = max_wavelength

    def build(self, input_shape: Any) -> None:
        steps, features = input_shape[-2:]
        self.table = sine_positions(steps, features, self.max_wavelength)

    def call(self, x: Any) -> Any:
        table = keras.ops.convert_to_tensor(self.table, dtype=x.dtype)
        return keras.ops.broadcast_to(table, keras.ops.shape(x))

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        return None  # positions have no padding

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "max_wavelength": self.max_wavelength}
