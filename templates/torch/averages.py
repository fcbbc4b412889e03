"""Weights and their moving averages in each other's place, as Keras swaps them."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from .optimizers.around import MovingAverage


@torch.no_grad()
def swap_weights(optimizer: MovingAverage) -> None:
    """Put the averages in place of the weights, and these in their place.

    Sums and differences round as they do in Keras.
    """
    for weight in optimizer.weights():
        average = optimizer.state[weight]["average"]
        weight.add_(average)
        average.copy_(weight - average)
        weight.sub_(average)


@contextmanager
def averaged_weights(optimizer: MovingAverage) -> Iterator[None]:
    """The averages are the weights for a while."""
    swap_weights(optimizer)
    yield
    swap_weights(optimizer)
