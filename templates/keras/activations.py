"""Activation functions that Keras has no name for."""

from typing import Any

import keras


@keras.saving.register_keras_serializable()
def gelu_tanh(x: Any) -> Any:
    """GELU approximated by tanh."""
    return keras.ops.gelu(x, approximate=True)
