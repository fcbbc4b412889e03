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
        if trainable_variables is not None:
            grads = list(map(dense_gradient, grads, trainable_variables))
        super().apply(grads, trainable_variables)


def dense_gradient(gradient: Any, weight: Any) -> Any:
    """A gradient as an array of the weight's shape; rows for one token are added up."""
    if not hasattr(gradient, "indices"):
        return gradient
    places = ops.expand_dims(gradient.indices, -1)
    return ops.scatter(places, gradient.values, tuple(weight.shape))
