"""What the programs of all backends share of training: schedule, callbacks and metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from samenet.backends.emitter import Emitter
from samenet.backends.idioms import Idioms
from samenet.callbacks.base import BaseCallback, Mode, Watching
from samenet.callbacks.tensor_board import TensorBoard
from samenet.codegen.emission import Source, emit_signature
from samenet.codegen.expression import Call, Expression, Name, call, uses
from samenet.graph.ir import ResolvedGraph
from samenet.lowering import Backend, lower
from samenet.metrics import Measured
from samenet.schedules import Schedule, parts
from samenet.schedules.base import Clock
from samenet.spec.model import Spec


def clock(spec: Spec) -> Clock:
    """What the schedule counts."""
    return (spec.schedule and spec.schedule.clock) or "epoch"


def by_step(spec: Spec) -> bool:
    """Whether the learning rate changes from step to step."""
    return clock(spec) == "step"


def schedule(spec: Spec, schedule: Schedule, emitter: Emitter) -> dict[str, Any]:
    """The function that gives the learning rate: its signature and what it returns when."""
    found = parts(schedule, spec.optimizer.learning_rate, spec.training.epochs)
    *turns, last = [
        {
            "condition": emitter(part.condition, indent=4, used=4),
            "rate": emitter(part.rate, indent=4 if part.condition is None else 8, used=7),
        }
        for part in found
    ]
    unit = clock(spec)
    arguments = [f"{unit}: int", *(["steps_per_epoch: int"] if in_epochs(spec) else [])]
    return {
        "signature": emit_signature("learning_rate", arguments, "float"),
        "unit": Source("a step" if unit == "step" else "an epoch"),
        "turns": turns,
        "rate": last["rate"],
    }


def in_epochs(spec: Spec) -> bool:
    """Whether a schedule by step has lengths in epochs, so that it needs the steps of an epoch."""
    if spec.schedule is None or not by_step(spec):
        return False
    found = parts(spec.schedule, spec.optimizer.learning_rate, spec.training.epochs)
    return any(uses(value, "steps_per_epoch") for part in found for value in part)


def metrics(
    spec: Spec, graph: ResolvedGraph, output: str, backend: Backend, **values: Expression
) -> dict[str, Call]:
    """The metrics of an output by name.

    Args:
        spec: the spec.
        graph: its graph.
        output: the name of the output.
        backend: the framework.
        values: the expressions of which a PyTorch program computes them.
    """
    kind = spec.training.loss_of(output).TARGETS
    measured = Measured(kind, graph.shapes[graph.outputs[output]], **values)
    found = spec.training.metrics_of(output)
    return {metric.reported: lower(metric, backend, measured) for metric in found}


def mode(spec: Spec, callback: Watching) -> Mode:
    """Whether the value that a callback watches is good when low or when high."""
    if callback.mode != "auto":
        return callback.mode
    if not callback.watches:
        return "min"  # nobody asks
    return spec.modes()[callback.monitor.removeprefix("val_")]


def callbacks(
    spec: Spec, idioms: Idioms, scheduler: Callable[[Clock, Expression], Call]
) -> list[Call]:
    """The callbacks of a spec in their order, behind the scheduler if it has a schedule.

    Args:
        spec: the spec.
        idioms: lowers them.
        scheduler: makes the call of a scheduler from its clock and its function.
    """
    found = [_callback(spec, callback, idioms) for callback in spec.callbacks]
    calls = [call for call in found if call is not None]
    if spec.schedule is None:
        return calls
    function: Expression = Name("learning_rate")
    if in_epochs(spec):
        function = call("partial", function, steps_per_epoch=Name("steps_per_epoch"))
    return [scheduler(clock(spec), function), *calls]


def writes_files(spec: Spec) -> bool:
    """Whether a callback writes a file."""
    return spec.writing is not None


def _callback(spec: Spec, callback: BaseCallback, idioms: Idioms) -> Call | None:
    if isinstance(callback, Watching):
        return idioms.lower(callback, mode(spec, callback))
    if isinstance(callback, TensorBoard):
        return idioms.lower(callback, spec.optimizer.gradient_accumulation_steps)
    return idioms.lower(callback)
