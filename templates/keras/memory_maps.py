"""Arrays that stay in their files as Keras takes them."""

import math
from typing import Any

import numpy as np

import keras

from ..shared.data import Dataset
from ..shared.random_numbers import epoch_order


class OrderedBatches(keras.utils.PyDataset):
    """Batches in the order of the samples, each read when its turn comes."""

    def __init__(self, data: Dataset, batch_size: int) -> None:
        super().__init__()
        self.data, self.batch_size = data, batch_size
        self.order = np.arange(data.size)

    def __len__(self) -> int:
        return math.ceil(len(self.order) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        batch = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return keras.tree.map_structure(np.asarray, tuple(self.data.take(batch)))


class ShuffledBatches(OrderedBatches):
    """Batches in an order that is the same in every framework and new in each epoch."""

    def __init__(
        self, data: Dataset, batch_size: int, seed: int, next_epoch: int = 0
    ) -> None:
        super().__init__(data, batch_size)
        self.seed, self.next_epoch = seed, next_epoch

    def on_epoch_begin(self) -> None:
        self.order = epoch_order(self.seed, self.next_epoch, len(self.order))
        self.next_epoch += 1
