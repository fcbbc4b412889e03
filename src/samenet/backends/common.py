"""What the programs of all backends share: constants, initial weights, data, training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from samenet.callbacks.base import Mode, Monitor
from samenet.codegen import helpers
from samenet.codegen.expression import (
    Call,
    Expression,
    Name,
    Source,
    call,
    emit,
    emit_dict,
    emit_merged,
)
from samenet.codegen.expression import helpers as helpers_of
from samenet.constraints import Constraint
from samenet.graph.ir import ResolvedGraph, Weight, shape_text
from samenet.initializers import Initializer, initializer
from samenet.losses import LOSSES, Targets
from samenet.lowering import Backend, lower
from samenet.metrics import METRICS, Metric, MetricName
from samenet.regularizers import Regularizer
from samenet.schedules import expression as schedule_expression
from samenet.spec.model import Spec

TARGETS: Mapping[Targets, str] = {
    "classes": "holds classes from 0, shape (N,)",
    "binary": "holds 0 or 1 in the outputs' shape",
    "values": "has the outputs' shape",
}

Rule = TypeVar("Rule")
"""What holds for a weight: an initializer, a regularizer, a constraint, or None."""


class Emitter:
    """Emits expressions and remembers which helpers they need."""

    def __init__(self) -> None:
        self.needed: set[tuple[str, str]] = set()

    def __call__(self, expression: Expression, *, indent: int = 0, used: int = 0) -> Source:
        """The source of an expression; see `samenet.codegen.expression.emit`."""
        self.needed |= helpers_of(expression)
        return emit(expression, indent=indent, used=used)

    def dictionary(self, items: Mapping[str, Expression], *, indent: int = 0) -> Source:
        """A dictionary display, one entry on each line."""
        for value in items.values():
            self.needed |= helpers_of(value)
        return emit_dict(items, indent=indent)

    def merged(self, items: Sequence[tuple[str | None, Expression]], *, indent: int = 0) -> Source:
        """A dictionary display in which an entry without a key is merged."""
        for _, value in items:
            self.needed |= helpers_of(value)
        return emit_merged(items, indent=indent)

    def helpers(self, always: Iterable[tuple[str, str]]) -> Source:
        """The definitions that the emitted expressions need, and those that the template names."""
        return helpers.source(self.needed | set(always))


def fields(spec: Spec, graph: ResolvedGraph, emitter: Emitter) -> dict[str, Any]:
    """The fields that every program has, by their names in the templates."""
    data = spec.data
    targets = LOSSES[spec.training.loss].targets
    schedule = spec.schedule and schedule_expression(spec.schedule, spec.optimizer.learning_rate)
    split = call(
        Name("split_samples", "shared/data"),
        Name("data"),
        data.validation_split,
        Name("SEED"),
        stratify=data.stratify,
    )
    return {
        "name": spec.name,
        "seed": spec.training.seed,
        "epochs": spec.training.epochs,
        "batch_size": spec.training.batch_size,
        "data_file": data.file and emitter(call("HERE.joinpath", data.file), used=7),
        "initializers": emitter.dictionary(initial_weights(graph)),
        "schedule": schedule and emitter(schedule, indent=4, used=7),
        "read_data": emitter(data.reader(graph.input_shape), indent=4, used=len("x, y, source = ")),
        "split_data": emitter(split, indent=4, used=7),
        "check_inputs": emitter(check_inputs(graph), indent=4, used=4),
        "check_targets": emitter(check_targets(targets, graph), indent=4, used=19),
        "targets": Source(TARGETS[targets]),
        "input_shape": Source(shape_text(graph.input_shape)),
        "output_shape": Source(shape_text(graph.output_shape)),
    }


def initial_weights(graph: ResolvedGraph) -> dict[str, Expression]:
    """The initializer of each weight, as `rules`."""
    values: dict[str, Initializer] = {path: w.initializer for path, w in _weights(graph).items()}
    return {key: initializer(value) for key, value in rules(values).items()}


def regularizers(graph: ResolvedGraph) -> dict[str, Expression]:
    """The regularizer of each trainable weight of a PyTorch program, as `rules`."""
    weights = _weights(graph).items()
    return _lowered({path: w.regularizer if w.trainable else None for path, w in weights})


def constraints(graph: ResolvedGraph) -> dict[str, Expression]:
    """The constraint of each trainable weight of a PyTorch program, as `rules`."""
    weights = _weights(graph).items()
    return _lowered({path: w.constraint if w.trainable else None for path, w in weights})


def _weights(graph: ResolvedGraph) -> dict[str, Weight]:
    return {f"{node.name}/{w.name}": w for node in graph.nodes for w in node.weights}


def _lowered(values: Mapping[str, Regularizer | Constraint | None]) -> dict[str, Expression]:
    return {key: value and lower(value, "torch") for key, value in rules(values).items()}


def rules(values: Mapping[str, Rule]) -> dict[str, Rule]:
    """What holds for each weight, in the fewest entries.

    An entry holds for one weight, under its path, or for all of a name, under the name: what
    stands behind the last slash of their paths. The path goes first.

    Args:
        values: what holds for each weight by its path; None for nothing.

    Returns:
        The entries. None stands only where the rule of the name does not hold for a weight.
    """
    named: dict[str, list[Rule]] = {}
    for path, value in values.items():
        named.setdefault(path.rpartition("/")[2], []).append(value)
    usual = {name: _usual(found) for name, found in named.items()}
    entries = {name: value for name, value in usual.items() if value is not None}
    exceptions = {
        path: value for path, value in values.items() if value != usual[path.rpartition("/")[2]]
    }
    return {**entries, **exceptions}


def _usual(values: Sequence[Rule]) -> Rule:
    """The value that leaves the fewest entries: its own, unless it is None, and the others'."""
    counts = Counter(values)
    return max(counts, key=lambda value: (counts[value] + (value is None), value is None))


def check_inputs(graph: ResolvedGraph) -> Call:
    """The call that checks inputs."""
    function = Name("check_inputs", "shared/data")
    return call(function, Name("x"), graph.input_shape, Name("source"))


def check_targets(targets: Targets, graph: ResolvedGraph) -> Call:
    """The call that checks targets of a kind."""
    y, count, source = Name("y"), call("len", Name("x")), Name("source")
    if targets == "classes":
        classes = graph.output_shape[-1]
        return call(Name("check_classes", "shared/data"), y, count, classes, source)
    function = Name(f"check_{targets}", "shared/data")
    return call(function, y, count, graph.output_shape, source)


def metrics(spec: Spec) -> dict[MetricName, Metric]:
    """The metrics of a spec by name."""
    targets = LOSSES[spec.training.loss].targets
    return {name: METRICS[name, targets] for name in spec.training.metrics}


def mode(spec: Spec, callback: Monitor) -> Mode:
    """Whether the value that a callback watches is good when low or when high."""
    if callback.mode != "auto":
        return callback.mode
    return spec.modes()[callback.monitor.removeprefix("val_")]


def callbacks(spec: Spec, backend: Backend, scheduler: Call) -> list[Call]:
    """The callbacks of a spec in their order, behind the scheduler if it has a schedule."""
    calls = [lower(callback, backend, mode(spec, callback)) for callback in spec.callbacks]
    return [scheduler, *calls] if spec.schedule else calls
