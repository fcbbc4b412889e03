"""What the programs of all backends share: constants, initial weights, data, training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from samenet.callbacks.base import BaseCallback, Mode, Watching
from samenet.codegen import helpers
from samenet.codegen.expression import (
    INDENT,
    Call,
    Expression,
    List,
    Name,
    Source,
    call,
    emit,
    emit_dict,
    emit_merged,
    emit_signature,
    index,
    uses,
)
from samenet.codegen.expression import helpers as helpers_of
from samenet.constraints import Constraint
from samenet.graph.bounds import bounds
from samenet.graph.ir import ResolvedGraph, Shape, shape_text
from samenet.initializers import Initializer, initializer
from samenet.losses import Loss, Targets
from samenet.lowering import Backend, lower
from samenet.metrics import Measured
from samenet.regularizers import Regularizer
from samenet.schedules import Schedule, parts
from samenet.schedules.base import Clock
from samenet.spec.model import Spec

TARGETS: Mapping[Targets, str] = {
    "classes": "holds classes from 0, shape",
    "binary": "holds 0 or 1, shape",
    "distributions": "holds probabilities of classes, shape",
    "values": "has shape",
}

WEIGHTS = len("CLASS_WEIGHTS =   # how much samples of each class count in training")
"""The columns that stand around the weights of classes."""

SEVERAL: Mapping[tuple[str, str], str] = {
    ("shared/data", "Dataset"): "shared/several",
    ("torch/data", "as_tensors"): "torch/several",
}
"""The helpers of which programs with several inputs or outputs have another variant."""

SEVERAL_OUTPUTS: Mapping[tuple[str, str], str] = {("torch/metrics", "Means"): "torch/several"}
"""The helpers of which programs with several outputs have another variant."""

Rule = TypeVar("Rule")
"""What holds for a weight: an initializer, a regularizer, a constraint, or None."""


class Emitter:
    """Emits expressions and remembers which helpers they need."""

    def __init__(self) -> None:
        self.needed: set[tuple[str, str]] = set()

    def __call__(
        self, expression: Expression, *, indent: int = 0, used: int = 0, before: int = 0
    ) -> Source:
        """The source of an expression; see `samenet.codegen.expression.emit`."""
        self.needed |= helpers_of(expression)
        return emit(expression, indent=indent, used=used, before=before)

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

    def helpers(
        self, always: Iterable[tuple[str, str]], variants: Mapping[tuple[str, str], str]
    ) -> Source:
        """The definitions that the emitted expressions need, and those that the template names.

        Args:
            always: what the template names.
            variants: as in `samenet.codegen.helpers.source`.
        """
        return helpers.source(self.needed | set(always), variants)


def fields(spec: Spec, graph: ResolvedGraph, emitter: Emitter) -> dict[str, Any]:
    """The fields that every program has, by their names in the templates."""
    data = spec.data
    split = call(
        Name("split_samples", "shared/data"),
        Name("data"),
        data.validation_split,
        Name("SEED"),
        stratify=data.stratify,
    )
    weights = class_weights(spec, graph)
    return {
        "name": spec.name,
        "seed": spec.training.seed,
        "epochs": spec.training.epochs,
        "batch_size": spec.training.batch_size,
        "data_file": data.file and emitter(call("HERE.joinpath", data.file), used=7),
        "initializers": emitter.dictionary(initial_weights(graph)),
        "schedule": spec.schedule and schedule(spec, spec.schedule, emitter),
        "by_step": by_step(spec),
        "writes_files": writes_files(spec),
        "split_data": emitter(split, indent=4, used=7),
        "input_shape": Source(", ".join(shape_text(x.shape) for x in graph.inputs.values())),
        "output_shape": Source(", ".join(shape_text(s) for s in output_shapes(graph).values())),
        "class_weights": weights and emitter(List(weights), used=WEIGHTS),
        "several": is_several(graph),
        "several_outputs": not graph.graph.single_output,
        **(several_data if is_several(graph) else single_data)(spec, graph, emitter),
    }


def class_weights(spec: Spec, graph: ResolvedGraph) -> tuple[float, ...]:
    """The weight of each class in the loss of training; none if all count the same."""
    if not spec.training.class_weight:
        return ()
    (output,) = graph.outputs
    classes = spec.training.loss_of(output).classes(graph.output_shape)
    return spec.training.class_weights(classes)


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


def initial_weights(graph: ResolvedGraph) -> dict[str, Expression]:
    """The initializer of each weight, as `rules`."""
    values: dict[str, Initializer] = {path: w.initializer for path, w in graph.weights().items()}
    return {key: initializer(value) for key, value in rules(values).items()}


def regularizers(graph: ResolvedGraph) -> dict[str, Expression]:
    """The regularizer of each trainable weight of a PyTorch program, as `rules`."""
    weights = graph.weights().items()
    return _lowered({path: w.regularizer if w.trainable else None for path, w in weights})


def constraints(graph: ResolvedGraph) -> dict[str, Expression]:
    """The constraint of each trainable weight of a PyTorch program, as `rules`."""
    weights = graph.weights().items()
    return _lowered({path: w.constraint if w.trainable else None for path, w in weights})


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


def variants(graph: ResolvedGraph) -> dict[tuple[str, str], str]:
    """The helpers of which the program has another variant, and the file of that."""
    return {
        **(SEVERAL if is_several(graph) else {}),
        **({} if graph.graph.single_output else SEVERAL_OUTPUTS),
    }


def is_several(graph: ResolvedGraph) -> bool:
    """Whether a network has several inputs or outputs, so that its samples are dictionaries."""
    return len(graph.inputs) > 1 or not graph.graph.single_output


def output_shapes(graph: ResolvedGraph) -> dict[str, Shape]:
    """The shape of each output of the network, without the batch."""
    return {name: graph.shapes[value] for name, value in graph.outputs.items()}


def single_data(spec: Spec, graph: ResolvedGraph, emitter: Emitter) -> dict[str, Any]:
    """How the samples of one input and one output are read and checked."""
    ((name, taken),), ((output, shape),) = graph.inputs.items(), output_shapes(graph).items()
    loss, source = spec.training.loss_of(output), Name("source")
    check_y = check_targets(loss, Name("y"), call("len", Name("x")), shape, source)
    used = len("x, y, source = ")
    return {
        "read_data": emitter(spec.data.reader(taken.shape), indent=4, used=used),
        "check_inputs": emitter(check_inputs(name, graph, Name("x"), source), indent=4, used=4),
        "check_targets": emitter(check_y, indent=4, used=19),
        "targets": Source(targets_text(loss.TARGETS, shape)),
        "data_help": "an NPZ file with arrays x and y",
    }


def several_data(spec: Spec, graph: ResolvedGraph, emitter: Emitter) -> dict[str, Any]:
    """How the samples of several inputs or outputs are read and checked.

    Where only one side has several, the other is a single array, called `x` or `y`.
    """
    reading = spec.data.reading(spec.input_names(), spec.output_names())
    inputs = {name or "x": value for name, value in reading.inputs.items()}
    targets = {name or "y": value for name, value in reading.targets.items()}
    x: Expression = Name("x") if len(inputs) > 1 else index(Name("x"), "x")
    y: Expression = Name("y") if len(targets) > 1 else index(Name("y"), "y")
    return {
        "inputs_read": emitter.dictionary(inputs, indent=4),
        "targets_read": emitter.dictionary(targets, indent=4),
        "read_data": emitter(
            call(reading.function, Name("path"), Name("inputs"), Name("targets")),
            indent=4,
            used=len("x, y, source = "),
        ),
        "check_read": emitter(call("check_data", x, y, Name("source")), indent=4, used=7),
        "check_signature": emit_signature(
            "check_data",
            [
                f"x: {ARRAYS if len(inputs) > 1 else ARRAY}",
                f"y: {ARRAYS if len(targets) > 1 else ARRAY}",
                f"source: {emitter(Name('Sources', 'shared/several'))}",
            ],
            "Dataset",
        ),
        "checks": [*input_checks(graph, emitter), *target_checks(spec, graph, emitter)],
        "samples_doc": [Source(line) for line in samples_text(spec, graph)],
        "data_help": "an NPZ file with arrays by name",
    }


ARRAY, ARRAYS = "np.ndarray", "dict[str, np.ndarray]"


def input_checks(graph: ResolvedGraph, emitter: Emitter) -> list[Source]:
    """The statements that check the inputs and count the samples."""
    x, source = Name("x"), Name("source")
    if len(graph.inputs) == 1:
        (name,) = graph.inputs
        check = check_inputs(name, graph, x, call("source.input", "x"))
        return [assigned("x", emitter(check, indent=4, used=4)), Source("count = len(x)")]
    check_names = call(
        Name("check_names", "shared/several"), x, tuple(graph.inputs), "the inputs", source
    )
    checks: dict[str, Expression] = {
        name: check_inputs(name, graph, index(x, name), call("source.input", name))
        for name in graph.inputs
    }
    count = call(Name("check_counts", "shared/several"), x, source)
    return [
        emitter(check_names, indent=4),
        assigned("x", emitter.dictionary(checks, indent=4)),
        assigned("count", emitter(count)),
    ]


def target_checks(spec: Spec, graph: ResolvedGraph, emitter: Emitter) -> list[Source]:
    """The statements that check the targets."""
    y, count, source = Name("y"), Name("count"), Name("source")

    def check(output: str, value: Expression, name: str) -> Expression:
        loss = spec.training.loss_of(output)
        shape = graph.shapes[graph.outputs[output]]
        return check_targets(loss, value, count, shape, call("source.target", name))

    if graph.graph.single_output:
        (output,) = graph.outputs
        return [assigned("y", emitter(check(output, y, "y"), indent=4, used=4))]
    check_names = call(
        Name("check_names", "shared/several"), y, tuple(graph.outputs), "the targets", source
    )
    checks = {name: check(name, index(y, name), name) for name in graph.outputs}
    return [
        emitter(check_names, indent=4),
        assigned("y", emitter.dictionary(checks, indent=4)),
    ]


def assigned(name: str, value: Source) -> Source:
    """The statement that gives a name to a value."""
    return Source(f"{name} = {value}")


def samples_text(spec: Spec, graph: ResolvedGraph) -> list[str]:
    """What each array of the samples is, in words; names of a spec need no escapes."""
    lines: list[str] = []
    known = bounds(graph)
    for name, taken in graph.inputs.items():
        array = "x" if len(graph.inputs) == 1 else f'x["{name}"]'
        kind = " and holds whole numbers" if taken.dtype == "int" else ""
        kind += f" from 0 to {known[name] - 1}" if name in known else ""
        lines.append(f"{array} has shape {shape_text(taken.shape)}{kind}.")
    for name, shape in output_shapes(graph).items():
        targets = spec.training.loss_of(name).TARGETS
        array = "y" if graph.graph.single_output else f'y["{name}"]'
        lines.append(f"{array} {targets_text(targets, shape)}.")
    return lines


def targets_text(targets: Targets, shape: Shape) -> str:
    """What an array of targets for an output of a shape holds, in words."""
    return f"{TARGETS[targets]} {shape_text(shape[:-1] if targets == 'classes' else shape)}"


def check_inputs(name: str, graph: ResolvedGraph, x: Expression, source: Expression) -> Call:
    """The call that checks the array of an input."""
    taken = graph.inputs[name]
    if taken.dtype != "int":
        return call(Name("check_inputs", "shared/data"), x, taken.shape, source)
    bound = bounds(graph).get(name)
    options = {} if bound is None else {"below": bound}
    return call(Name("check_whole_numbers", "shared/data"), x, taken.shape, source, **options)


def check_targets(
    loss: Loss, y: Expression, count: Expression, shape: Shape, source: Expression
) -> Call:
    """The call that checks the targets of a loss for an output of a shape."""
    targets, ignored = loss.TARGETS, loss.ignored()
    if targets == "classes":
        *positions, classes = shape
        options: dict[str, Expression] = {"shape": tuple(positions)} if positions else {}
        if ignored is not None:
            options["ignored"] = ignored
        return call(Name("check_classes", "shared/data"), y, count, classes, source, **options)
    return call(Name(f"check_{targets}", "shared/data"), y, count, shape, source)


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
    spec: Spec, backend: Backend, scheduler: Callable[[Clock, Expression], Call]
) -> list[Call]:
    """The callbacks of a spec in their order, behind the scheduler if it has a schedule.

    Args:
        spec: the spec.
        backend: the framework.
        scheduler: makes the call of a scheduler from its clock and its function.
    """
    found = [_callback(spec, callback, backend) for callback in spec.callbacks]
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


def _callback(spec: Spec, callback: BaseCallback, backend: Backend) -> Call | None:
    if isinstance(callback, Watching):
        return lower(callback, backend, mode(spec, callback))
    return lower(callback, backend)


def line(
    targets: tuple[str, ...],
    expression: Expression,
    shapes: tuple[str, ...],
    emitter: Emitter,
    *,
    indent: int,
) -> dict[str, Source]:
    """A line of a model: what it assigns, computes and (in a comment) the shapes of that."""
    assigned = ", ".join(targets)
    comment = f"  # {', '.join(shapes)}" if shapes else ""
    before = len(f"{assigned} = ")
    source = emitter(expression, indent=indent, used=before + len(comment), before=before)
    return {"targets": Source(assigned), "expression": source, "comment": Source(comment)}


def returned(
    graph: ResolvedGraph, values: Sequence[Source], emitter: Emitter, *, indent: int
) -> Source:
    """The outputs of a model: the only one, or a dictionary of several by name."""
    if graph.graph.single_output:
        return values[0]
    margin = " " * (indent + INDENT)
    items = zip(graph.outputs, values, strict=True)
    lines = [f"{margin}{emitter(name)}: {value},\n" for name, value in items]
    return Source("{\n" + "".join(lines) + " " * indent + "}")
