"""What a process measures of itself: the time of something, and of each epoch of a training."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from typing import Any


def cpu_seconds() -> float:
    """User and system time of this process and of those that it has waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def report(**figures: float) -> None:
    """Print figures for the harness."""
    print(json.dumps(figures), flush=True)


def repeated(action: Callable[[], Any], seconds: float) -> dict[str, float]:
    """Milliseconds that an action takes, warm: a mean over `seconds` of CPU time."""
    action()
    count, start, cpu = 0, time.perf_counter(), cpu_seconds()
    while cpu_seconds() - cpu < seconds:
        action()
        count += 1
    return {
        "cpu_ms": (cpu_seconds() - cpu) / count * 1000,
        "wall_ms": (time.perf_counter() - start) / count * 1000,
    }


class EpochClock:
    """The time of each epoch; the first one may trace, compile and allocate."""

    def __init__(self) -> None:
        self.ticks: list[tuple[float, float]] = []

    def tick(self, *_: Any) -> None:
        """At the end of an epoch, after its validation; takes what callbacks are given."""
        self.ticks.append((time.perf_counter(), cpu_seconds()))

    def report(self, samples: int) -> None:
        """Print the figures of at least two epochs of so many samples.

        The first one is not counted for itself, but with all of the process that comes before it.
        """
        wall, cpu = zip(*self.ticks, strict=True)
        epoch_cpu, epoch_wall = (
            median(after - before for before, after in pairwise(times)) for times in (cpu, wall)
        )
        report(
            epoch_cpu_s=epoch_cpu,
            epoch_wall_s=epoch_wall,
            sample_cpu_us=epoch_cpu / samples * 1e6,
            sample_wall_us=epoch_wall / samples * 1e6,
            start_and_first_epoch_cpu_s=cpu[0],
        )
