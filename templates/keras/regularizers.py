"""Keras' regularizers where they need help."""

import keras


def orthogonal_regularizer(factor: float, mode: str) -> keras.regularizers.Regularizer:
    """Keras' own, whose factor is a tensor of 32 bits and refuses weights of 64."""
    regularizer = keras.regularizers.OrthogonalRegularizer(factor, mode)
    regularizer.factor = factor
    return regularizer
