"""Poolings that Keras does not have."""

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops


def adaptive_pooling(x: Any, sizes: Sequence[int], pool: Callable[..., Any]) -> Any:
    """Adaptive pooling to or from a size of 1, at which Keras' layers fail."""
    for axis, count in enumerate(sizes, start=1):
        length = x.shape[axis]
        parts = [
            ops.take(x, range(i * length // count, -(-(i + 1) * length // count)), axis)
            for i in range(count)
        ]
        x = ops.concatenate([pool(part, axis, keepdims=True) for part in parts], axis)
    return x
