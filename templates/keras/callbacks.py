"""What Keras' callbacks do not do."""

from collections.abc import Callable
from typing import Any

import keras


class LearningRateByStep(keras.callbacks.Callback):
    """Sets the learning rate of each step before it is taken."""

    def __init__(self, schedule: Callable[[int], float], steps_per_epoch: int) -> None:
        super().__init__()
        self.schedule, self.steps_per_epoch = schedule, steps_per_epoch
        self.first_step = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.first_step = epoch * self.steps_per_epoch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        model: Any = self.model
        model.optimizer.learning_rate = self.schedule(self.first_step + batch)
