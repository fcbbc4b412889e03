"""What optimizers are told of weights and of gradients."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops


def containing(weights: Mapping[str, Any], texts: Sequence[str]) -> list[Any]:
    """The weights with one of some texts in their path."""
    return [
        weight
        for path, weight in weights.items()
        if any(text in path for text in texts)
    ]


class DenseGradients(keras.optimizers.Optimizer):
    """An optimizer that gets the gradient of an embedding as one array.

    TensorFlow gives a row for each token of a batch; squares and norms of these are not
    those of their sum where a token stands twice.
    """

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        dense = [None if g is None else ops.convert_to_tensor(g) for g in grads]
        super().apply(dense, trainable_variables)
