"""Keras' initializers, drawn with NumPy: the same numbers in every framework.

Kernels have Keras' layout: inputs before outputs, both last.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from .random_numbers import random_generator
from .rules import rule


def initial_values(
    initializers: Mapping, path: str, shape: Sequence[int], seed: int
) -> np.ndarray:
    """The first values of a weight, drawn for its path."""
    initializer = rule(initializers, path)
    return initializer(random_generator(seed, path), tuple(shape))


def fans(
    shape: Sequence[int],
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """How many inputs an output has and how many outputs an input has.

    Of a vector, both are its length; else, where no axes are named, inputs and outputs
    are the last two axes, and each of them has all the positions on those before.
    """
    if input_axes is not None and output_axes is not None:
        sizes = ([shape[axis] for axis in axes] for axes in (input_axes, output_axes))
        inputs, outputs = map(math.prod, sizes)
        return inputs, outputs
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


def truncated_normal(
    generator: np.random.Generator,
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 0.05,
) -> np.ndarray:
    """Normal numbers, drawn again where they lie beyond two standard deviations."""
    values = generator.normal(size=shape)
    while (beyond := np.abs(values) > 2.0).any():
        values[beyond] = generator.normal(size=int(beyond.sum()))
    return mean + stddev * values


# The standard deviation of a normal distribution cut at two standard deviations.
TRUNCATED_STDDEV = 0.87962566103423978


def zeros(generator: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """All zero."""
    return np.zeros(shape)


def ones(generator: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """All one."""
    return np.ones(shape)


def constant(
    generator: np.random.Generator,
    shape: Sequence[int],
    value: float | Sequence[float] = 0.0,
) -> np.ndarray:
    """All the same, or the same numbers along the last axis everywhere."""
    return np.full(shape, value, dtype=np.float64)


def identity(
    generator: np.random.Generator, shape: Sequence[int], gain: float = 1.0
) -> np.ndarray:
    """A matrix with ones, times the gain, on its diagonal."""
    rows, columns = shape
    return gain * np.eye(rows, columns)


def lstm_bias(
    generator: np.random.Generator, shape: Sequence[int], initializer: Callable = zeros
) -> np.ndarray:
    """The bias of an LSTM: ones for the forget gate, the second of four."""
    units = shape[0] // 4
    before, after = (
        initializer(generator, (units,)),
        initializer(generator, (2 * units,)),
    )
    return np.concatenate([before, np.ones(units), after])


def glorot_uniform(
    generator: np.random.Generator, shape: Sequence[int], **axes: Sequence[int]
) -> np.ndarray:
    """Glorot and Bengio (2010): uniform, variance 2 / (fan in + fan out)."""
    limit = math.sqrt(6.0 / sum(fans(shape, **axes)))
    return generator.uniform(-limit, limit, shape)


def glorot_normal(
    generator: np.random.Generator, shape: Sequence[int], **axes: Sequence[int]
) -> np.ndarray:
    """Glorot and Bengio (2010): truncated normal, variance 2 / (fan in + fan out)."""
    stddev = math.sqrt(2.0 / sum(fans(shape, **axes)))
    return truncated_normal(generator, shape, stddev=stddev / TRUNCATED_STDDEV)


def he_uniform(
    generator: np.random.Generator, shape: Sequence[int], **axes: Sequence[int]
) -> np.ndarray:
    """He et al. (2015): uniform, variance 2 / fan in."""
    limit = math.sqrt(6.0 / fans(shape, **axes)[0])
    return generator.uniform(-limit, limit, shape)


def he_normal(
    generator: np.random.Generator, shape: Sequence[int], **axes: Sequence[int]
) -> np.ndarray:
    """He et al. (2015): truncated normal, variance 2 / fan in."""
    stddev = math.sqrt(2.0 / fans(shape, **axes)[0])
    return truncated_normal(generator, shape, stddev=stddev / TRUNCATED_STDDEV)


def lecun_uniform(
    generator: np.random.Generator, shape: Sequence[int], **axes: Sequence[int]
) -> np.ndarray:
    """LeCun et al. (1998): uniform, variance 1 / fan in."""
    limit = math.sqrt(3.0 / fans(shape, **axes)[0])
    return generator.uniform(-limit, limit, shape)


def lecun_normal(
    generator: np.random.Generator, shape: Sequence[int], **axes: Sequence[int]
) -> np.ndarray:
    """LeCun et al. (1998): truncated normal, variance 1 / fan in."""
    stddev = math.sqrt(1.0 / fans(shape, **axes)[0])
    return truncated_normal(generator, shape, stddev=stddev / TRUNCATED_STDDEV)


def variance_scaling(
    generator: np.random.Generator,
    shape: Sequence[int],
    scale: float = 1.0,
    mode: str = "fan_in",
    distribution: str = "truncated_normal",
    **axes: Sequence[int],
) -> np.ndarray:
    """Random numbers of variance scale / fan."""
    fan_in, fan_out = fans(shape, **axes)
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[
        mode
    ]
    stddev = math.sqrt(scale / fan)
    if distribution == "uniform":
        limit = math.sqrt(3.0) * stddev
        return generator.uniform(-limit, limit, shape)
    if distribution == "untruncated_normal":
        return generator.normal(0.0, stddev, shape)
    return truncated_normal(generator, shape, stddev=stddev / TRUNCATED_STDDEV)


def orthogonal(
    generator: np.random.Generator, shape: Sequence[int], gain: float = 1.0
) -> np.ndarray:
    """Saxe et al. (2014): orthogonal rows or columns, whichever are fewer.

    All axes but the last count as one. Each row or column is as long as the gain.
    """
    rows, columns = math.prod(shape[:-1]), shape[-1]
    normal = generator.normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(normal)
    q *= np.sign(np.diag(r))  # without it, the choice of signs is LAPACK's
    return gain * (q.T if rows < columns else q).reshape(shape)


def random_uniform(
    generator: np.random.Generator,
    shape: Sequence[int],
    minval: float = -0.05,
    maxval: float = 0.05,
) -> np.ndarray:
    """Uniform between two bounds."""
    return generator.uniform(minval, maxval, shape)


def random_normal(
    generator: np.random.Generator,
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 0.05,
) -> np.ndarray:
    """Normal with a mean and a standard deviation."""
    return generator.normal(mean, stddev, shape)
