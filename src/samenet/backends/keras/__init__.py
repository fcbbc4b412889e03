"""The fields of a Keras program: `Sequential` or the functional API, `compile`, `fit`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from samenet.backends import common, training
from samenet.backends.blocks import Definition, Definitions, whole
from samenet.backends.emitter import Emitter
from samenet.backends.idioms import Idioms
from samenet.backends.keras import optimizer
from samenet.backends.keras.scopes import RESERVED, Form, Scopes
from samenet.codegen.emission import INDENT, Source, emit_signature
from samenet.codegen.expression import Call, Expression, List, Name, call, index
from samenet.graph.ir import Block, InputValue, Node, ResolvedGraph, Value, nodes_of
from samenet.schedules.base import Clock
from samenet.spec.model import Spec

TEMPLATE = "keras/program.py.jinja"

ALWAYS = [
    ("shared/data", "Dataset"),
    ("shared/data", "DataError"),
    ("shared/initializers", "initial_values"),
    ("shared/files", "replacing"),
    ("keras/data", "ShuffledBatches"),
    ("keras/devices", "devices"),
    ("keras/checkpoints", "Checkpoint"),
    ("keras/checkpoints", "TrainingState"),
]
"""The helpers that the template itself names."""


STEPS_PER_EXECUTION = 16
"""How many steps small networks take in one call: Python between two steps then costs nothing.

The numbers stay the same, to the bit. To trace the loop costs as much as three short epochs save.
"""

FEWEST_EPOCHS = 5
MOST_MULTIPLY_ADDS = 10**9
"""Of a batch; what takes longer gains nothing, and whoever waits wants to see its progress."""


def fields(spec: Spec, graph: ResolvedGraph, idioms: Idioms) -> dict[str, Any]:
    """What the template prints."""
    emitter = Emitter()
    common_fields = common.fields(spec, graph, emitter)
    return {
        **common_fields,
        **network(spec, graph, emitter, idioms),
        **precision(spec),
        "steps_per_execution": steps_per_execution(spec, graph),
        "frozen": frozen(graph, emitter),
        **optimizer.fields(spec, graph, emitter, idioms),
        **(objectives if graph.graph.single_output else named_objectives)(
            spec, graph, emitter, idioms
        ),
        "callbacks": [emitter(item, indent=8, used=1) for item in callbacks(spec, idioms)],
        "helpers": emitter.helpers(ALWAYS, common.variants(spec, graph)),
    }


def precision(spec: Spec) -> dict[str, Any]:
    """What the layers compute in, where that is not Keras' default."""
    name = spec.training.precision
    return {"double": name == "float64", "policy": None if name == "float32" else name}


def steps_per_execution(spec: Spec, graph: ResolvedGraph) -> int | None:
    """How many steps one call takes, or None where each must be seen or it does not pay."""
    seen = training.by_step(spec) or any(callback.READS_BATCHES for callback in spec.callbacks)
    small = graph.multiply_adds * spec.training.batch_size <= MOST_MULTIPLY_ADDS
    pays = small and spec.training.epochs >= FEWEST_EPOCHS
    return STEPS_PER_EXECUTION if pays and not seen else None


def callbacks(spec: Spec, idioms: Idioms) -> list[Call]:
    """The callbacks; for those that write files the learning rate is among the logs."""
    calls = training.callbacks(spec, idioms, scheduler)
    if training.writes_files(spec):
        return [call(Name("LogLearningRate", "keras/callbacks")), *calls]
    return calls


def scheduler(clock: Clock, function: Expression) -> Call:
    """The callback that sets the learning rate."""
    if clock == "step":
        by_step = Name("LearningRateByStep", "keras/callbacks")
        return call(by_step, function, Name("steps_per_epoch"))
    return call("keras.callbacks.LearningRateScheduler", function)


def objectives(
    spec: Spec, graph: ResolvedGraph, emitter: Emitter, idioms: Idioms
) -> dict[str, Any]:
    """The loss and the metrics of a single output."""
    (output,) = graph.outputs
    loss: Call = idioms.lower(spec.training.loss_of(output))
    return {
        "loss": emitter(loss, indent=8, used=len("loss=,")),
        "metrics": [
            emitter(metric, indent=12, used=1)
            for metric in training.metrics(spec, graph, output, "keras").values()
        ],
    }


def named_objectives(
    spec: Spec, graph: ResolvedGraph, emitter: Emitter, idioms: Idioms
) -> dict[str, Any]:
    """The losses, their weights and the metrics of several outputs, by the names of these."""
    losses: dict[str, Expression] = {
        name: idioms.lower(spec.training.loss_of(name)) for name in graph.outputs
    }
    weights: dict[str, Expression] = {
        name: float(spec.training.loss_weights.get(name, 1.0)) for name in graph.outputs
    }
    metrics: dict[str, Expression] = {
        name: List(tuple(training.metrics(spec, graph, name, "keras").values()))
        for name in graph.outputs
    }
    return {
        "loss": emitter.dictionary(losses, indent=8),
        "loss_weights": emitter.dictionary(weights, indent=8),
        "metrics_by_output": emitter.dictionary(metrics, indent=8),
        "metrics": [],
    }


def frozen(graph: ResolvedGraph, emitter: Emitter) -> Source | None:
    """The statement that lets weights be as they are; None where all are trained."""
    names = tuple(frozen_names(graph.graph.body, graph))
    if not names:
        return None
    return emitter(call(Name("freeze", "keras/layers"), Name("model"), List(names)), indent=4)


def frozen_names(body: Iterable[Node | Block], graph: ResolvedGraph) -> Iterator[str]:
    """The names of the layers with weights that are not trained; `block.*` for all of a block."""
    owners = [node for node in graph.nodes if node.weights]
    frozen = {node.name for node in owners if not node.trainable}
    trained = [node.name for node in owners if node.trainable]
    for item in body:
        if isinstance(item, Node):
            yield from {item.name} & frozen
        elif any(name.startswith(f"{item.name}.") for name in trained):
            yield from frozen_names(item.body, graph)
        elif any(node.name in frozen for node in nodes_of(item.body)):
            yield f"{item.name}.*"


def network(spec: Spec, graph: ResolvedGraph, emitter: Emitter, idioms: Idioms) -> dict[str, Any]:
    """The fields of the model and of the functions of its blocks."""
    scopes = Scopes(graph, idioms, mixed=spec.training.mixed is not None)
    single, first = len(graph.inputs) == 1, next(iter(graph.inputs.values()))
    if scopes.is_chain():
        return {
            "sequential": True,
            "functions": [],
            "input": emitter(_input(first), indent=12, used=1),
            "layers": [
                _layer(constructor, shape, emitter) for constructor, shape in scopes.chain()
            ],
        }
    definitions = Definitions(graph.graph.body, scopes.block, _function_name, RESERVED)
    inputs = [Value(name) for name in graph.inputs]
    names: dict[Value, Expression] = {
        value: Name("inputs") if single else index(Name("inputs"), value.node) for value in inputs
    }
    draft = scopes.draft(
        graph.graph.body, (), list(graph.outputs.values()), definitions, "network", names
    )
    function = _function(whole(draft, "build_model"), emitter)
    return {
        "sequential": False,
        "functions": [_function(definition, emitter) for definition in definitions.all],
        "single_input": single,
        "input": emitter(_input(first), indent=4, used=14),
        "inputs": [_named_input(name, value, emitter) for name, value in graph.inputs.items()],
        "lines": function["lines"],
        "outputs": common.returned(graph, function["returns"], emitter, indent=4),
    }


def _input(value: InputValue, name: str | None = None) -> Call:
    options: dict[str, Expression] = {} if name is None else {"name": name}
    if value.dtype == "int":
        options["dtype"] = "int32"
    return call("keras.Input", value.shape, **options)


def _named_input(name: str, value: InputValue, emitter: Emitter) -> dict[str, Any]:
    key = emitter(name)
    return {"name": key, "constructor": emitter(_input(value, name), indent=8, used=len(key) + 3)}


def _layer(constructor: Expression, shape: str, emitter: Emitter) -> dict[str, Any]:
    source = emitter(constructor, indent=3 * INDENT, used=len(f",  # {shape}"))
    return {"constructor": source, "shape": Source(shape)}


def _function_name(stem: str, number: int) -> str:
    return stem if number == 1 else f"{stem}_{number}"


def _function(definition: Definition, emitter: Emitter) -> dict[str, Any]:
    """A function as the template prints it: layers applied to its arguments."""
    form: Form = definition.form[0]
    count = len(form.targets)
    lines, returns = definition.expressions[:count], definition.expressions[count:]
    before, after, *shapes = definition.shapes
    tensors = [f"{name}: Any" for name in form.inputs]
    numbers = [f"{p.name}: {p.annotation}" for p in definition.parameters]
    result = "Any" if len(returns) == 1 else "tuple[Any, ...]"
    return {
        "signature": emit_signature(definition.name, [*tensors, *numbers, "name: str"], result),
        "before": Source(", ".join(before)),
        "after": Source(", ".join(after)),
        "lines": [
            common.line(targets, expression, shape, emitter, indent=4)
            for targets, expression, shape in zip(form.targets, lines, shapes, strict=True)
        ],
        "returned": Source(", ".join(emitter(value) for value in returns)),
        "returns": [emitter(value, indent=4, used=len("return ")) for value in returns],
    }
