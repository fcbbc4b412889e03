"""The training data as Keras takes them."""

import math
from typing import Any

import numpy as np

import keras

from ..shared.data import Dataset
from ..shared.random_numbers import epoch_order


class ShuffledBatches(keras.utils.PyDataset):
    """Batches in an order that is the same in every framework and new in each epoch."""

    def __init__(
        self, data: Dataset, batch_size: int, seed: int, next_epoch: int = 0
    ) -> None:
        super().__init__()
        self.data, self.batch_size, self.seed = data, batch_size, seed
        self.next_epoch = next_epoch
        self.order = np.arange(data.size)  # until the first epoch begins

    def on_epoch_begin(self) -> None:
        self.order = epoch_order(self.seed, self.next_epoch, len(self.order))
        self.next_epoch += 1

    def __len__(self) -> int:
        return math.ceil(len(self.order) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        batch = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return tuple(self.data.take(batch))
