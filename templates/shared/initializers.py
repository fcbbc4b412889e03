"""Keras' initializers, drawn with NumPy: the same numbers in every framework.

Kernels have Keras' layout: inputs before outputs, both last.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from .random_numbers import random_generator


def initial_values(
    initializers: Mapping, path: str, shape: Sequence[int], seed: int
) -> np.ndarray:
    """The first values of a weight, drawn for its path."""
    initializer = initializers.get(path) or initializers[path.rpartition("/")[2]]
    return initializer(random_generator(seed, path), tuple(shape))


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """How many inputs an output has and how many outputs an input has."""
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


def truncated_normal(
    generator: np.random.Generator, shape: Sequence[int], stddev: float
) -> np.ndarray:
    """Normal numbers, drawn again where they lie beyond two standard deviations."""
    values = generator.normal(size=shape)
    while (beyond := np.abs(values) > 2.0).any():
        values[beyond] = generator.normal(size=int(beyond.sum()))
    return stddev * values


# The standard deviation of a normal distribution cut at two standard deviations.
TRUNCATED_STDDEV = 0.87962566103423978


def zeros(generator: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """All zero."""
    return np.zeros(shape)


def ones(generator: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """All one."""
    return np.ones(shape)


def glorot_uniform(generator: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """Glorot and Bengio (2010): uniform, variance 2 / (fan in + fan out)."""
    limit = math.sqrt(6.0 / sum(fans(shape)))
    return generator.uniform(-limit, limit, shape)


def glorot_normal(generator: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """Glorot and Bengio (2010): truncated normal, variance 2 / (fan in + fan out)."""
    stddev = math.sqrt(2.0 / sum(fans(shape)))
    return truncated_normal(generator, shape, stddev / TRUNCATED_STDDEV)


def he_uniform(generator: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """He et al. (2015): uniform, variance 2 / fan in."""
    limit = math.sqrt(6.0 / fans(shape)[0])
    return generator.uniform(-limit, limit, shape)


def he_normal(generator: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """He et al. (2015): truncated normal, variance 2 / fan in."""
    stddev = math.sqrt(2.0 / fans(shape)[0])
    return truncated_normal(generator, shape, stddev / TRUNCATED_STDDEV)


def lecun_uniform(generator: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """LeCun et al. (1998): uniform, variance 1 / fan in."""
    limit = math.sqrt(3.0 / fans(shape)[0])
    return generator.uniform(-limit, limit, shape)


def lecun_normal(generator: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """LeCun et al. (1998): truncated normal, variance 1 / fan in."""
    stddev = math.sqrt(1.0 / fans(shape)[0])
    return truncated_normal(generator, shape, stddev / TRUNCATED_STDDEV)


def random_uniform(generator: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """Uniform between -0.05 and 0.05."""
    return generator.uniform(-0.05, 0.05, shape)


def random_normal(generator: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """Normal with a standard deviation of 0.05."""
    return generator.normal(0.0, 0.05, shape)
