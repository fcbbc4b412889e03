"""The script that one would write first in Keras: `fit` on arrays."""

from __future__ import annotations

import keras

from benchmarks.clock import EpochClock
from benchmarks.handwritten.keras_networks import NETWORKS
from benchmarks.workloads import BATCH_SIZE, Samples


def train(name: str, training: Samples, validation: Samples, epochs: int) -> EpochClock:
    """Train a workload; returns the times of its epochs."""
    clock = EpochClock()
    model = NETWORKS[name]()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(
        training.x,
        training.y,
        batch_size=BATCH_SIZE,
        epochs=epochs,
        validation_data=(validation.x, validation.y),
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=clock.tick)],
    )
    return clock
