"""Learning-rate schedules as functions of a step (or epoch), counted from 0.

The formulas are those of Keras' schedules, computed in double precision.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise


def step_decay(
    step: int, *, initial: float, decay_rate: float, decay_steps: int
) -> float:
    """Multiplied by `decay_rate` every `decay_steps`."""
    return initial * decay_rate ** (step // decay_steps)


def piecewise_constant_decay(
    step: int, *, boundaries: Sequence[int], values: Sequence[float]
) -> float:
    """The first value up to and with the first boundary, then the next, and so on."""
    return values[sum(step > boundary for boundary in boundaries)]


def exponential_decay(
    step: int, *, initial: float, decay_rate: float, decay_steps: int
) -> float:
    """Multiplied by `decay_rate` over every `decay_steps`, a little in each."""
    return initial * decay_rate ** (step / decay_steps)


def inverse_time_decay(
    step: int, *, initial: float, decay_rate: float, decay_steps: int
) -> float:
    """Divided by 1 + `decay_rate` * step / `decay_steps`."""
    return initial / (1.0 + decay_rate * (step / decay_steps))


def inverse_time_decay_in_steps(
    step: int, *, initial: float, decay_rate: float, decay_steps: int
) -> float:
    """Divided by 1 + `decay_rate` * n after n times `decay_steps`."""
    return initial / (1.0 + decay_rate * (step // decay_steps))


def polynomial_decay(
    step: int,
    *,
    initial: float,
    end_learning_rate: float,
    power: float,
    decay_steps: int,
) -> float:
    """Down to `end_learning_rate`, which it keeps."""
    remaining = 1.0 - min(step, decay_steps) / decay_steps
    return (initial - end_learning_rate) * remaining**power + end_learning_rate


def polynomial_decay_in_cycles(
    step: int,
    *,
    initial: float,
    end_learning_rate: float,
    power: float,
    decay_steps: int,
) -> float:
    """Down to `end_learning_rate` in every `decay_steps`, each time from less high."""
    cycles = max(math.ceil(step / decay_steps), 1)
    remaining = 1.0 - step / (cycles * decay_steps)
    return (initial - end_learning_rate) * remaining**power + end_learning_rate


def inverse_square_root_decay(step: int, *, initial: float, warmup_steps: int) -> float:
    """Up to `initial` over `warmup_steps`, then in proportion to 1 / sqrt(step)."""
    if step < warmup_steps:
        return initial * step / warmup_steps
    return initial * math.sqrt(warmup_steps / step)


def linear_warmup(
    step: int, *, initial: float, start_factor: float, warmup_steps: int
) -> float:
    """From `start_factor * initial` up to `initial`, which it keeps."""
    progress = min(step, warmup_steps) / warmup_steps
    return initial * (start_factor + (1.0 - start_factor) * progress)


def cosine_decay(step: int, *, initial: float, decay_steps: int, alpha: float) -> float:
    """Half a cosine from `initial` down to `alpha * initial`, which it keeps."""
    progress = min(step, decay_steps) / decay_steps
    return initial * (
        alpha + (1.0 - alpha) * 0.5 * (1.0 + math.cos(math.pi * progress))
    )


def cosine_decay_after_warmup(
    step: int,
    *,
    initial: float,
    warmup_target: float,
    warmup_steps: int,
    decay_steps: int,
    alpha: float,
) -> float:
    """Straight from `initial` to `warmup_target`, then half a cosine down."""
    if step < warmup_steps:
        return initial + (warmup_target - initial) * (step / warmup_steps)
    return cosine_decay(
        step - warmup_steps,
        initial=warmup_target,
        decay_steps=decay_steps,
        alpha=alpha,
    )


def cosine_decay_restarts(
    step: int,
    *,
    initial: float,
    first_decay_steps: int,
    t_mul: float,
    m_mul: float,
    alpha: float,
) -> float:
    """Cosine periods, each `t_mul` times as long, `m_mul` times as high as the last."""
    start, length, height = 0.0, float(first_decay_steps), 1.0
    while step >= start + length:
        start, length, height = start + length, length * t_mul, height * m_mul
    progress = (step - start) / length
    cosine = 0.5 * height * (1.0 + math.cos(math.pi * progress))
    return initial * (alpha + (1.0 - alpha) * cosine)


def one_cycle(
    step: int,
    *,
    initial: float,
    total_steps: int,
    pct_start: float,
    div_factor: float,
    final_div_factor: float,
    three_phase: bool,
    between: Callable[[float, float, float], float],
) -> float:
    """Up to `initial`, then far down: PyTorch's OneCycleLR; Smith and Topin (2017)."""
    low = initial / div_factor
    points = [(0.0, low), (pct_start * total_steps - 1, initial)]
    if three_phase:
        points.append((2 * pct_start * total_steps - 2, low))
    points.append((total_steps - 1, low / final_div_factor))
    return along(points, step, between)


def along(
    points: Sequence[tuple[float, float]],
    step: int,
    between: Callable[[float, float, float], float],
) -> float:
    """The value at a step on the way from point to point; the last one is kept."""
    for (start, first), (end, last) in pairwise(points):
        if step < end:
            return between(first, last, (step - start) / (end - start))
    return points[-1][1]


def cosine_between(first: float, last: float, progress: float) -> float:
    """From the first value to the last along half a cosine."""
    return last + (first - last) / 2.0 * (1.0 + math.cos(math.pi * progress))


def straight_between(first: float, last: float, progress: float) -> float:
    """From the first value to the last in a straight line."""
    return (last - first) * progress + first
