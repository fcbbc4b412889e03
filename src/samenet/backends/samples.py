"""How the programs of all backends read their samples and check them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samenet.backends.emitter import Emitter
from samenet.codegen.emission import Source, emit_signature
from samenet.codegen.expression import Call, Expression, Name, call, index, method
from samenet.data.base import WEIGHTS
from samenet.graph.bounds import bounds
from samenet.graph.ir import ResolvedGraph, Shape, shape_text
from samenet.losses import Loss, Targets
from samenet.spec.model import Spec

TARGETS: Mapping[Targets, str] = {
    "classes": "holds classes from 0, shape",
    "binary": "holds 0 or 1, shape",
    "distributions": "holds probabilities of classes, shape",
    "values": "has shape",
}


ARRAY, ARRAYS = "np.ndarray", "dict[str, np.ndarray]"


def class_weights(spec: Spec, graph: ResolvedGraph) -> tuple[float, ...]:
    """The weight of each class in the loss of training; none if all count the same."""
    if not spec.training.class_weight:
        return ()
    (output,) = graph.outputs
    classes = spec.training.loss_of(output).classes(graph.output_shape)
    return spec.training.class_weights(classes)


def positions(graph: ResolvedGraph) -> int:
    """How many axes of positions the losses of a sample have at most."""
    return max(max(len(shape) - 1, 0) for shape in output_shapes(graph).values())


def weighted_training(spec: Spec, graph: ResolvedGraph, emitter: Emitter) -> Source:
    """The training samples, whose weights are multiplied by those of their classes."""
    function = Name("weighted_by_class", "shared/sample_weights")
    classes = classes_of(spec, graph, Name("training.y"))
    made = call(function, Name("training"), classes, Name("CLASS_WEIGHTS"))
    return emitter(made, indent=4, used=len("training = "))


def classes_of(spec: Spec, graph: ResolvedGraph, y: Expression) -> Expression:
    """The class of each target `y`, an array."""
    (output,) = graph.outputs
    loss = spec.training.loss_of(output)
    if loss.TARGETS == "binary":
        return method(method(y, "reshape", -1), "astype", Name("int"))
    if loss.TARGETS == "distributions":
        return method(y, "argmax", axis=-1)
    if loss.ignored() is not None:  # their weights do not matter
        return method(y, "clip", 0, loss.classes(graph.output_shape) - 1)
    return y


def output_shapes(graph: ResolvedGraph) -> dict[str, Shape]:
    """The shape of each output of the network, without the batch."""
    return {name: graph.shapes[value] for name, value in graph.outputs.items()}


def is_several(graph: ResolvedGraph) -> bool:
    """Whether a network has several inputs or outputs, so that its samples are dictionaries."""
    return len(graph.inputs) > 1 or not graph.graph.single_output


def single_data(spec: Spec, graph: ResolvedGraph, emitter: Emitter) -> dict[str, Any]:
    """How the samples of one input and one output are read and checked."""
    ((name, taken),), ((output, shape),) = graph.inputs.items(), output_shapes(graph).items()
    loss, source, weights = spec.training.loss_of(output), Name("source"), spec.data.weights
    count = call("len", Name("x"))
    check_y = check_targets(loss, Name("y"), count, shape, source)
    fields = {
        "check_inputs": emitter(check_inputs(name, graph, Name("x"), source), indent=4, used=4),
        "targets": Source(targets_text(loss.TARGETS, shape)),
    }
    reader, arrays = spec.data.reader(taken.shape), [f"x: {ARRAY}", f"y: {ARRAY}"]
    if weights is None:
        return {
            **fields,
            "read_data": emitter(reader, indent=4, used=len("x, y, source = ")),
            "check_signature": _check_signature(arrays, "Source"),
            "check_targets": emitter(check_y, indent=4, used=len("return Dataset(x, )")),
            "data_help": "an NPZ file with arrays x and y",
        }
    check = check_weights(graph, count, method(source, "_replace", y=weights))
    return {
        **fields,
        "read_data": emitter(reader, indent=4, used=len("x, y, weights, source = ")),
        "check_signature": _check_signature([*arrays, f"weights: {ARRAY}"], "Source"),
        "check_targets": emitter(check_y, indent=4, used=len("y = ")),
        "check_weights": emitter(check, indent=4, used=len("weights = ")),
        "data_help": "an NPZ file with arrays by name",
    }


def _check_signature(arrays: list[str], source: str) -> Source:
    return emit_signature("check_data", [*arrays, f"source: {source}"], "Dataset")


def several_data(spec: Spec, graph: ResolvedGraph, emitter: Emitter) -> dict[str, Any]:
    """How the samples of several inputs or outputs are read and checked.

    Where only one side has several, the other is a single array, called `x` or `y`.
    """
    reading = spec.data.reading(spec.input_names(), spec.output_names())
    inputs = {name or "x": value for name, value in reading.inputs.items()}
    targets = {name or "y": value for name, value in reading.targets.items()}
    several_targets = not graph.graph.single_output
    x: Expression = Name("x") if len(inputs) > 1 else index(Name("x"), "x")
    y: Expression = Name("y") if several_targets else index(Name("y"), "y")
    weights = [] if spec.data.weights is None else [Name("weights")]
    return {
        "inputs_read": emitter.dictionary(inputs, indent=4),
        "targets_read": emitter.dictionary(targets, indent=4),
        "read_data": emitter(
            call(reading.function, Name("path"), Name("inputs"), Name("targets")),
            indent=4,
            used=len("x, y, source = "),
        ),
        "weights_read": emitter(method(Name("y"), "pop", WEIGHTS)),
        "check_read": emitter(call("check_data", x, y, *weights, Name("source")), indent=4, used=7),
        "check_signature": _check_signature(
            [
                f"x: {ARRAYS if len(inputs) > 1 else ARRAY}",
                f"y: {ARRAYS if several_targets else ARRAY}",
                *(f"{name.text}: {ARRAY}" for name in weights),
            ],
            emitter(Name("Sources", "shared/several")),
        ),
        "checks": [
            *input_checks(graph, emitter),
            *target_checks(spec, graph, emitter),
            *(weight_check(graph, emitter) if weights else []),
        ],
        "samples_doc": [Source(line) for line in samples_text(spec, graph)],
        "data_help": "an NPZ file with arrays by name",
    }


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


def weight_check(graph: ResolvedGraph, emitter: Emitter) -> list[Source]:
    """The statement that checks the weights of samples."""
    check = check_weights(graph, Name("count"), call("source.target", WEIGHTS))
    return [assigned("weights", emitter(check, indent=4, used=len("weights = ")))]


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
    if spec.data.weights is not None:
        lines.append("There is a weight for each sample, not negative.")
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


def check_weights(graph: ResolvedGraph, count: Expression, source: Expression) -> Call:
    """The call that checks the weights of samples, which get an axis for each of positions."""
    axes = positions(graph)
    options: dict[str, Expression] = {"axes": axes} if axes else {}
    function = Name("check_weights", "shared/sample_weights")
    return call(function, Name("weights"), count, source, **options)


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
