"""Keras' metrics where they need help."""

from typing import Any

import keras
from keras import ops


def in_single(values: Any) -> Any:
    """Values in 32 bits, with the mask that comes with them."""
    single = ops.cast(values, "float32")
    single._keras_mask = getattr(values, "_keras_mask", None)
    return single


@keras.saving.register_keras_serializable()
class SparseTopKCategoricalAccuracy(keras.metrics.SparseTopKCategoricalAccuracy):
    """Keras' own, of probabilities in 32 bits: TensorFlow takes no others."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        return super().update_state(y_true, in_single(y_pred), sample_weight)


@keras.saving.register_keras_serializable()
class TopKCategoricalAccuracy(keras.metrics.TopKCategoricalAccuracy):
    """Keras' own, of probabilities in 32 bits: TensorFlow takes no others."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        return super().update_state(y_true, in_single(y_pred), sample_weight)
