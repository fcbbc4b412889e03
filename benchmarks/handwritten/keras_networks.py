"""The networks of the workloads as somebody would write them in Keras."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from benchmarks.workloads import CLASSES


def mlp() -> keras.Model:
    """Dense layers with batch normalization and dropout."""
    model = keras.Sequential([keras.Input((784,))])
    for units in (256, 256, 128):
        model.add(layers.Dense(units))
        model.add(layers.BatchNormalization())
        model.add(layers.ReLU())
        model.add(layers.Dropout(0.3))
    model.add(layers.Dense(CLASSES, activation="softmax"))
    return model


def cnn() -> keras.Model:
    """Two convolutions."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def lstm() -> keras.Model:
    """One LSTM."""
    return keras.Sequential(
        [
            keras.Input((64, 32)),
            layers.LSTM(64),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def transformer() -> keras.Model:
    """One encoder, normalized behind its parts."""
    inputs: Any = keras.Input((64, 32))
    x: Any = layers.Dense(64)(inputs)
    attention: Any = layers.MultiHeadAttention(4, 16)(x, x)
    x = layers.LayerNormalization()(x + attention)
    hidden: Any = layers.Dense(256, activation="relu")(x)
    x = layers.LayerNormalization()(x + layers.Dense(64)(hidden))
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(x))


NETWORKS = {"mlp": mlp, "cnn": cnn, "lstm": lstm, "transformer": transformer}
