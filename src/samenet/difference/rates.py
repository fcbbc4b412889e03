"""The learning rate of each epoch, before any callback has changed it.

It is what the function of the compiled programs gives, which is executed: there is one lowering.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from samenet.backends import training
from samenet.backends.emitter import Emitter
from samenet.codegen.imports import imports
from samenet.codegen.render import environment
from samenet.data.embedded import Embedded
from samenet.spec.model import Spec

MAX_ROWS = 11
"""How many epochs are shown of a long training."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The learning rates at the beginning of an epoch, counted from 0; None behind the end."""

    epoch: int
    old: float | None
    new: float | None


def rates(old: Spec, new: Spec) -> tuple[Rate, ...]:
    """The learning rates of two trainings; nothing if they are the same, or the data decide."""
    functions = [rate_of_epoch(spec) for spec in (old, new)]
    first, second = functions
    if first is None or second is None:
        return ()
    ends = (old.training.epochs, new.training.epochs)
    found = tuple(
        Rate(
            epoch,
            first(epoch) if epoch < ends[0] else None,
            second(epoch) if epoch < ends[1] else None,
        )
        for epoch in _chosen(max(ends))
    )
    both = [row for row in found if row.old is not None and row.new is not None]
    return found if any(row.old != row.new for row in both) else ()


def _chosen(epochs: int) -> list[int]:
    """All epochs, or some at equal distances with the first and the last."""
    if epochs <= MAX_ROWS:
        return list(range(epochs))
    return [round(i * (epochs - 1) / (MAX_ROWS - 1)) for i in range(MAX_ROWS)]


def rate_of_epoch(spec: Spec) -> Callable[[int], float] | None:
    """The learning rate at the beginning of an epoch, or None where only the data tell it."""
    if spec.schedule is None:
        return lambda _: spec.optimizer.learning_rate
    function = _compiled(spec)
    if not training.by_step(spec):
        return function
    steps = steps_per_epoch(spec)
    if steps is None:
        return None
    more = {"steps_per_epoch": steps} if training.in_epochs(spec) else {}
    return lambda epoch: function(epoch * steps, **more)


def _compiled(spec: Spec) -> Callable[..., float]:
    """The function `learning_rate` of the programs."""
    assert spec.schedule is not None
    emitter = Emitter()
    fields = training.schedule(spec, spec.schedule, emitter)
    helpers = emitter.helpers((), {})
    function = environment().get_template("schedule.py.jinja").render(schedule=fields)
    text = f"{helpers}\n\n\n{function}"
    names: dict[str, Any] = {"EPOCHS": spec.training.epochs}
    exec(f"{imports(text)}\n{text}", names)
    return names["learning_rate"]


def steps_per_epoch(spec: Spec) -> int | None:
    """The batches of an epoch with data inside the package; of others only the reader knows."""
    if not isinstance(spec.data, Embedded):
        return None
    with np.load(spec.data.stored()) as arrays:
        y = arrays["y"]
    groups = np.unique(y, return_counts=True)[1] if spec.data.stratify else [len(y)]
    kept = 1.0 - spec.data.validation_split
    return math.ceil(sum(math.floor(size * kept) for size in groups) / spec.training.batch_size)
