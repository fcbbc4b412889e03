"""What a process measures of itself: the time of something, and of each epoch of a training."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable
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
        self.wall: list[float] = []
        self.cpu: list[float] = []
        self.last = (time.perf_counter(), cpu_seconds())

    def tick(self, *_: Any) -> None:
        """At the end of an epoch, after its validation; takes what callbacks are given."""
        now = (time.perf_counter(), cpu_seconds())
        self.wall.append(now[0] - self.last[0])
        self.cpu.append(now[1] - self.last[1])
        self.last = now

    def report(self) -> None:
        """Print the figures: the first epoch, and the median of the others."""
        report(
            first_epoch_cpu_s=self.cpu[0],
            epoch_cpu_s=median(self.cpu[1:]),
            epoch_wall_s=median(self.wall[1:]),
        )
