"""Steps of a sequence as samples of a batch."""

from torch import Tensor


def steps_as_samples(x: Tensor) -> Tensor:
    """(N, steps, ..., channels) as (N * steps, channels, ...)."""
    return x.flatten(0, 1).movedim(-1, 1)


def samples_as_steps(y: Tensor, steps: int) -> Tensor:
    """(N * steps, channels, ...) as (N, steps, ..., channels)."""
    return y.movedim(1, -1).unflatten(0, (-1, steps))
