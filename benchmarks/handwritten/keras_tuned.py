"""The fastest Keras on TensorFlow that is known to us: a whole epoch is one graph."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from benchmarks.clock import EpochClock
from benchmarks.handwritten.keras_networks import NETWORKS
from benchmarks.workloads import BATCH_SIZE, EVALUATION_BATCH_SIZE, Samples


def train(name: str, training: Samples, validation: Samples, epochs: int) -> EpochClock:
    """Train a workload; returns the times of its epochs."""
    clock = EpochClock()
    model = NETWORKS[name]()
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    loss_of = keras.losses.SparseCategoricalCrossentropy()
    loss, accuracy = keras.metrics.Mean(), keras.metrics.SparseCategoricalAccuracy()
    x, y = tf.constant(training.x), tf.constant(training.y)
    held_out_x, held_out_y = tf.constant(validation.x), tf.constant(validation.y)

    def step(indices: tf.Tensor) -> None:
        inputs, targets = tf.gather(x, indices), tf.gather(y, indices)
        with tf.GradientTape() as tape:
            outputs = model(inputs, training=True)
            value = loss_of(targets, outputs)
        variables = model.trainable_variables
        optimizer.apply(tape.gradient(value, variables), variables)
        loss.update_state(value, sample_weight=tf.shape(targets)[0])
        accuracy.update_state(targets, outputs)

    @tf.function
    def train_epoch(order: tf.Tensor) -> None:
        count = tf.shape(order)[0]
        for start in tf.range(0, count, BATCH_SIZE):
            step(order[start : tf.minimum(start + BATCH_SIZE, count)])

    @tf.function
    def evaluate() -> None:
        count = tf.shape(held_out_y)[0]
        for start in tf.range(0, count, EVALUATION_BATCH_SIZE):
            end = tf.minimum(start + EVALUATION_BATCH_SIZE, count)
            targets = held_out_y[start:end]
            outputs = model(held_out_x[start:end], training=False)
            loss.update_state(loss_of(targets, outputs), sample_weight=end - start)
            accuracy.update_state(targets, outputs)

    generator = np.random.default_rng(0)
    for _ in range(epochs):
        for run in (lambda: train_epoch(generator.permutation(len(training.y))), evaluate):
            loss.reset_state()
            accuracy.reset_state()
            run()
            float(loss.result())
            float(accuracy.result())
        clock.tick()
    return clock
