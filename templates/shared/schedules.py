"""Learning-rate schedules as functions of the epoch, counted from 0."""

import math


def step_decay(
    epoch: int, *, initial: float, decay_rate: float, decay_steps: int
) -> float:
    """Multiplied by `decay_rate` every `decay_steps` epochs."""
    return initial * decay_rate ** (epoch // decay_steps)


def exponential_decay(
    epoch: int, *, initial: float, decay_rate: float, decay_steps: int
) -> float:
    """Multiplied by `decay_rate` over every `decay_steps` epochs, a little in each."""
    return initial * decay_rate ** (epoch / decay_steps)


def cosine_decay(
    epoch: int, *, initial: float, decay_steps: int, alpha: float
) -> float:
    """Half a cosine from `initial` down to `alpha * initial`, which it keeps."""
    progress = min(epoch, decay_steps) / decay_steps
    return initial * (
        alpha + (1.0 - alpha) * 0.5 * (1.0 + math.cos(math.pi * progress))
    )


def cosine_decay_restarts(
    epoch: int,
    *,
    initial: float,
    first_decay_steps: int,
    t_mul: float,
    m_mul: float,
    alpha: float,
) -> float:
    """Cosine periods, each `t_mul` times as long, `m_mul` times as high as the last."""
    start, length, height = 0.0, float(first_decay_steps), 1.0
    while epoch >= start + length:
        start, length, height = start + length, length * t_mul, height * m_mul
    progress = (epoch - start) / length
    cosine = 0.5 * height * (1.0 + math.cos(math.pi * progress))
    return initial * (alpha + (1.0 - alpha) * cosine)
