"""Contestants run side by side: fresh processes, one after the other, round after round.

A machine is never quiet, and what disturbs it comes and goes. A contestant is therefore compared
with the reference of its group within each round, and the median of these ratios is told with its
quartiles. CPU time (user and system, of all threads of the process) is told beside wall time: other
processes change it less.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryFile
from typing import Any

ROOT = Path(__file__).parent.parent

Figures = dict[str, float]
"""What one process measured, by name: `wall_s`, `cpu_s`, `peak_bytes` and what it printed."""

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
"""Two threads that wait for one another on a shared machine measure the neighbours."""

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "KERAS_BACKEND": "tensorflow"}


@dataclass(frozen=True)
class Contestant:
    """Something that is measured.

    Attributes:
        name: in the results.
        command: the arguments of a Python process. If the last line that it prints is a JSON
            object of numbers, these are figures too.
        environment: variables beside those of every contestant.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Group:
    """Contestants that do the same.

    Attributes:
        title: what they do.
        contestants: the first one is the reference.
        figures: what is compared; all of them cost, so that less is better.
        rounds: how often each one runs, at least 2.
    """

    title: str
    contestants: Sequence[Contestant]
    figures: Sequence[str] = ("cpu_s", "wall_s")
    rounds: int = 5


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    Attributes:
        samples: the part of the samples of a training.
        effort: the part of the rounds, and of the seconds for which short jobs are repeated.
    """

    samples: float = 1.0
    effort: float = 1.0

    def rounds(self, full: int) -> int:
        """How often each contestant runs, at least twice."""
        return max(2, round(full * self.effort))


QUICK = Scale(1 / 16, 0.2)


@dataclass(frozen=True)
class Spread:
    """The median of some values and its quartiles."""

    median: float
    lower: float
    upper: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of at least two values; quartiles as NumPy's default has them."""
        lower, median, upper = quantiles(values, n=4, method="inclusive")
        return cls(median, lower, upper)


def run(group: Group) -> list[dict[str, Figures]]:
    """For each round, the figures of each contestant by its name.

    The order turns by one from round to round, so that nobody always follows the same one.

    Raises:
        RuntimeError: a contestant ends with an error; the message has what it said.
    """
    rounds: list[dict[str, Figures]] = []
    for index in range(group.rounds):
        start = index % len(group.contestants)
        turned = [*group.contestants[start:], *group.contestants[:start]]
        rounds.append({contestant.name: measured(contestant) for contestant in turned})
        print(f"{group.title}: round {index + 1} of {group.rounds}", file=sys.stderr, flush=True)
    return rounds


def measured(contestant: Contestant) -> Figures:
    """The figures of one fresh process."""
    environment = {**os.environ, **QUIET, **ONE_THREAD, **contestant.environment}
    command = [sys.executable, *contestant.command]
    start = time.perf_counter()
    with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        said = output.read()
        if process.returncode:
            raise RuntimeError(f"{contestant.name} failed: {said[-500:]}{errors.read()[-2000:]}")
    return {
        "wall_s": wall,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * 1024,  # Linux counts in KiB
        **_printed(said),
    }


def _printed(output: str) -> Figures:
    """The figures in the last line."""
    last = output.rstrip().rpartition("\n")[2]
    if not last.startswith("{"):
        return {}
    return {name: float(value) for name, value in json.loads(last).items()}


def results(group: Group, rounds: Sequence[Mapping[str, Figures]]) -> Iterator[dict[str, Any]]:
    """A row for each contestant and figure: its spread, and that of its ratio to the reference."""
    reference = group.contestants[0].name
    for contestant in group.contestants:
        for name in group.figures:
            values = [figures[contestant.name].get(name) for figures in rounds]
            others = [figures[reference].get(name) for figures in rounds]
            found = [value for value in values if value is not None]
            if len(found) < len(rounds):
                continue  # a process that only starts has no epochs
            pairs = zip(found, others, strict=True)
            ratios = [value / other for value, other in pairs if other]
            yield {
                "group": group.title,
                "name": contestant.name,
                "figure": name,
                "rounds": group.rounds,
                **vars(Spread.of(found)),
                "ratio": vars(Spread.of(ratios)) if ratios else None,
            }
