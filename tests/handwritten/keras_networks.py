"""The article's networks in plain Keras, written by hand.

They know nothing of samenet: they say what its programs ought to be.
"""

from __future__ import annotations

import keras
from keras import layers


def basic() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(128, activation="relu"),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def dropout(rate: float = 0.5) -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(128, activation="relu"),
            layers.Dropout(rate),
            layers.Dense(128, activation="relu"),
            layers.Dropout(rate),
            layers.Dense(10, activation="softmax"),
        ]
    )


def batch_normalization() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(128),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dense(128),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def batch_normalization_after() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(128, activation="relu"),
            layers.BatchNormalization(),
            layers.Dense(128, activation="relu"),
            layers.BatchNormalization(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def schedule_network() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def complete(rate: float = 0.3) -> keras.Sequential:
    model = keras.Sequential([keras.Input((784,))])
    for units in (256, 256, 128):
        model.add(layers.Dense(units))
        model.add(layers.BatchNormalization())
        model.add(layers.ReLU())
        model.add(layers.Dropout(rate))
    model.add(layers.Dense(10, activation="softmax"))
    return model
