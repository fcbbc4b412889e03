"""Keras' metrics where they need help."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable()
class SparseTopKCategoricalAccuracy(keras.metrics.SparseTopKCategoricalAccuracy):
    """Keras' own, of probabilities in 32 bits: TensorFlow takes no others."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        y_pred = ops.cast(y_pred, "float32")
        return super().update_state(y_true, y_pred, sample_weight)


@keras.saving.register_keras_serializable()
class TopKCategoricalAccuracy(keras.metrics.TopKCategoricalAccuracy):
    """Keras' own, of probabilities in 32 bits: TensorFlow takes no others."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        y_pred = ops.cast(y_pred, "float32")
        return super().update_state(y_true, y_pred, sample_weight)
