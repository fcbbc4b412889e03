"""The fields of a PyTorch program: an `nn.Module` and a plain training loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import reduce
from typing import Any

from samenet.backends import common, rules, samples, training
from samenet.backends.blocks import Definition, Definitions, whole
from samenet.backends.emitter import Emitter
from samenet.backends.idioms import Idioms
from samenet.backends.torch import engine
from samenet.backends.torch.layout import assign_layouts
from samenet.backends.torch.scopes import RESERVED, Form, Scopes
from samenet.callbacks.swap_ema_weights import SwapEMAWeights
from samenet.codegen.emission import INDENT, Source, emit_signature
from samenet.codegen.expression import Binary, Call, Expression, Name, call, index, method, rebuilt
from samenet.graph.ir import Node, ResolvedGraph, Value, shape_text, walk_blocks
from samenet.layers.activity_regularization import ActivityRegularization
from samenet.losses import Batch
from samenet.lowering import TorchLayer
from samenet.schedules.base import Clock
from samenet.spec.model import Spec, reported

TEMPLATE = "torch/program.py.jinja"

ALWAYS = [
    ("shared/data", "Dataset"),
    ("shared/data", "DataError"),
    ("shared/initializers", "initial_values"),
    ("shared/random_numbers", "epoch_order"),
    ("shared/files", "replacing"),
    ("torch/data", "as_tensors"),
    ("torch/devices", "devices"),
    ("torch/callbacks", "Callback"),
    ("torch/callbacks", "PrintEpochs"),
    ("torch/checkpoints", "Checkpoint"),
    ("torch/checkpoints", "TrainingState"),
]
"""The helpers that the template itself names."""


OUTPUTS, TARGETS = Name("outputs"), Name("targets")
MASK, MASKS = Name("mask"), Name("masks")
TENSORS = "dict[str, Tensor]"

HEADS = {"softmax": "class scores before the softmax", "sigmoid": "scores before the sigmoid"}


def fields(spec: Spec, graph: ResolvedGraph, idioms: Idioms) -> dict[str, Any]:
    """What the template prints."""
    emitter = Emitter()
    common_fields = common.fields(spec, graph, emitter)
    optimizer: Call = idioms.lower(spec.optimizer)
    averaged = spec.optimizer.use_ema
    made = optimizer.function if averaged else Name("torch.optim.Optimizer")
    regularizers, constraints = rules.regularizers(graph), rules.constraints(graph)
    activities = any(isinstance(node.layer, ActivityRegularization) for node in graph.nodes)
    swaps = [item for item in spec.callbacks if isinstance(item, SwapEMAWeights)]
    swaps_on_epoch = any(item.swap_on_epoch for item in swaps)
    always = [
        *ALWAYS,
        *([("torch/regularizers", "penalty")] if regularizers else []),
        *([("torch/regularizers", "activity_penalties")] if activities else []),
        *([("torch/constraints", "constrain")] if constraints else []),
        *([("torch/averages", "averaged_weights")] if swaps else []),
        *([("torch/averages", "swap_weights")] if swaps_on_epoch else []),
        *engine.helpers(spec),
    ]
    return {
        **common_fields,
        "regularizers": regularizers and emitter.dictionary(regularizers),
        "constraints": constraints and emitter.dictionary(constraints),
        "activities": activities,
        "penalized": bool(regularizers) or activities,
        **network(spec, graph, emitter, idioms),
        **(measures if graph.graph.single_output else named_measures)(spec, graph, emitter, idioms),
        **batches(spec, graph, emitter),
        "weights_of_classes": common_fields["class_weights_alone"]
        and emitter(weights_of_samples(spec, graph), indent=4, used=len("weights = ")),
        "optimizer": emitter(optimizer, indent=4, used=len("return ")),
        "means": emitter(engine.means(spec, sums=has_sums(spec, graph))),
        "optimizer_class": emitter(made),
        **engine.fields(spec, emitter),
        "averaged": averaged,
        "averages_validated": bool(swaps),
        "swaps_on_epoch": swaps_on_epoch,
        "reads_batches": any(callback.READS_BATCHES for callback in spec.callbacks),
        "callbacks": [emitter(item, indent=8, used=1) for item in callbacks(spec, idioms)],
        "helpers": emitter.helpers(
            always, {**common.variants(spec, graph), **engine.variants(spec)}
        ),
    }


def callbacks(spec: Spec, idioms: Idioms) -> list[Expression]:
    """The callbacks; in front of them what scales the loss."""
    found: list[Expression] = [*training.callbacks(spec, idioms, scheduler)]
    return [Name("scaler"), *found] if engine.scaled(spec) else found


def scheduler(clock: Clock, function: Expression) -> Call:
    """The callback that sets the learning rate."""
    optimizer = Name("optimizer")
    if clock == "step":
        by_step = Name("LearningRateByStep", "torch/callbacks")
        return call(by_step, optimizer, function, Name("steps_per_epoch"))
    return call(Name("LearningRateScheduler", "torch/callbacks"), optimizer, function)


def measures(spec: Spec, graph: ResolvedGraph, emitter: Emitter, idioms: Idioms) -> dict[str, Any]:
    """What is measured of a single output."""
    (output,) = graph.outputs
    arrays = (OUTPUTS, TARGETS, MASK if graph.output_masks() else None)
    value: dict[str, Expression] = {"loss": loss(spec, graph, idioms, output, *arrays)}
    values = {**value, **metrics(spec, graph, output, *arrays)}
    return {"measures": emitter.dictionary(values, indent=4)}


def metrics(
    spec: Spec,
    graph: ResolvedGraph,
    output: str,
    outputs: Expression,
    targets: Expression,
    mask: Expression,
) -> dict[str, Call]:
    """The metrics of an output by name; of the steps that count if there is a mask."""
    detached: Expression = method(outputs, "detach")
    predictions = detached
    activation = spec.training.loss_of(output).ACTIVATION
    if activation == "softmax":
        predictions = method(detached, "softmax", dim=-1)
    elif activation == "sigmoid":
        predictions = call("torch.sigmoid", detached)
    values = {"outputs": detached, "predictions": predictions, "targets": targets, "mask": mask}
    return training.metrics(spec, graph, output, "torch", **values)


def has_sums(spec: Spec, graph: ResolvedGraph) -> bool:
    """Whether some metric is no mean over samples, but perhaps over the steps that count."""
    masked = graph.output_masks()
    if any(spec.training.metrics_of(name) for name in masked):
        return True
    return any(m.SUMS for name in spec.output_names() for m in spec.training.metrics_of(name))


def named_measures(
    spec: Spec, graph: ResolvedGraph, emitter: Emitter, idioms: Idioms
) -> dict[str, Any]:
    """What is measured of several outputs: the sum of their losses, these, and the metrics."""
    losses: dict[str, Expression] = {}
    terms: list[Expression] = []
    measured: list[tuple[str | None, Expression]] = []
    for output in graph.outputs:
        mask = index(MASKS, output) if output in graph.output_masks() else None
        arrays = (index(OUTPUTS, output), index(TARGETS, output), mask)
        key = reported(output, "loss")
        losses[key] = loss(spec, graph, idioms, output, *arrays)
        weight = float(spec.training.loss_weights.get(output, 1.0))
        term: Expression = index(Name("losses"), key)
        terms.append(term if weight == 1.0 else Binary(weight, "*", term))
        for name, value in metrics(spec, graph, output, *arrays).items():
            measured.append((reported(output, name), value))
    total = reduce(lambda left, right: Binary(left, "+", right), terms)
    return {
        "losses": emitter.dictionary(losses, indent=4),
        "measures": emitter.merged([("loss", total), (None, Name("losses")), *measured], indent=4),
    }


def loss(
    spec: Spec,
    graph: ResolvedGraph,
    idioms: Idioms,
    output: str,
    outputs: Expression,
    targets: Expression,
    mask: Expression,
) -> Call:
    """The loss of an output, the mean over samples and positions, or those that count."""
    positions = len(graph.shapes[graph.outputs[output]]) > 1
    weighted = bool(spec.training.class_weight) or spec.data.weights is not None
    masked, function = mask is not None, spec.training.loss_of(output)
    batch = Batch(outputs, targets, positions, single=weighted or masked, mask=masked)
    value: Call = idioms.lower(function, batch)
    if masked:
        ignored = function.ignored()
        if ignored is not None:
            mask = Binary(mask, "&", Binary(targets, "!=", ignored))
        weights = [Name("weights")] if weighted else []
        return call(Name("mean_over_steps", "torch/losses"), value, mask, *weights)
    if not weighted:
        return value
    factors: Expression = Name("weights")
    if samples.positions(graph):
        factors = method(factors, "flatten")
    own = spec.data.weights is None and idioms.takes("class_weight")
    return call(Name("weighted_mean", "torch/own" if own else "torch/losses"), value, factors)


def weights_of_samples(spec: Spec, graph: ResolvedGraph) -> Expression:
    """The weight of each sample, that of the class of its target `y`."""
    (output,) = graph.outputs
    loss = spec.training.loss_of(output)
    classes: Expression = Name("y")
    if loss.TARGETS == "binary":
        classes = method(method(classes, "flatten"), "long")
    elif loss.TARGETS == "distributions":
        classes = method(classes, "argmax", dim=-1)
    elif loss.ignored() is not None:  # their weights do not matter
        classes = method(classes, "clamp", 0, loss.classes(graph.output_shape) - 1)
    return index(call("torch.tensor", Name("CLASS_WEIGHTS"), device=Name("device")), classes)


def batches(spec: Spec, graph: ResolvedGraph, emitter: Emitter) -> dict[str, Any]:
    """How batches are taken of tensors, or of dictionaries of these."""
    sample_weights = spec.data.weights is not None
    weights = ["weights: Tensor | None = None"] if spec.training.class_weight else []
    if sample_weights:
        weights = ["weights: Tensor"]
    inputs, outputs = len(graph.inputs) > 1, not graph.graph.single_output
    x, y = f"x: {TENSORS if inputs else 'Tensor'}", f"y: {TENSORS if outputs else 'Tensor'}"

    def select(name: str, *, several: bool) -> Expression:
        if several:
            return call(Name("select", "torch/several"), Name(name), Name("batch"))
        # Copies whole rows, where an index in brackets takes 2.5 times as long.
        return call(f"{name}.index_select", 0, Name("batch"))

    def split(name: str, *, several: bool) -> Expression:
        size = Name("EVALUATION_BATCH_SIZE")
        if several:
            return call(Name("split", "torch/several"), Name(name), size)
        return call(f"{name}.split", size)

    length: Expression = call("len", Name("inputs"))
    if inputs:
        length = call(Name("length", "torch/several"), Name("inputs"))
    both = TENSORS if outputs else "Tensor"
    masks = [f"{'masks' if outputs else 'mask'}: {both}"] if graph.output_masks() else []
    found = "dict[str, Any]" if has_sums(spec, graph) else TENSORS
    doc = "means over its samples" + (", or sums" if has_sums(spec, graph) else "")
    may = "is" if sample_weights else "may be"
    doc_of_weights = f"; the loss {may} weighted" if weights else ""
    return {
        "measure_doc": Source(doc + doc_of_weights),
        "measure_signature": emit_signature(
            "measure", [f"outputs: {both}", *masks, f"targets: {both}", *weights], found
        ),
        "penalized_signature": emit_signature(
            "measure_penalized", ["model: Network", x, y, *weights], found
        ),
        "evaluate_signature": emit_signature(
            "evaluate",
            ["model: Network", x, y, *(weights if sample_weights else [])],
            "dict[str, float]",
        ),
        "batch_inputs": emitter(select("x", several=inputs)),
        "batch_targets": emitter(select("y", several=outputs)),
        "split_inputs": emitter(split("x", several=inputs)),
        "split_targets": emitter(split("y", several=outputs)),
        "batch_length": emitter(length),
    }


def network(spec: Spec, graph: ResolvedGraph, emitter: Emitter, idioms: Idioms) -> dict[str, Any]:
    """The fields of the classes."""
    layouts = assign_layouts(graph)
    nodes = {node.name: replace(node, layout=layouts.nodes[node.name]) for node in graph.nodes}
    lowered: dict[str, TorchLayer] = {
        name: idioms.lower(node.layer, node) for name, node in nodes.items()
    }
    blocks = {block.name: block for block in walk_blocks(graph.graph.body)}
    heads, masks = _heads(spec, graph), graph.output_masks()
    scopes = Scopes(nodes, lowered, layouts, blocks, masks.values())
    definitions = Definitions(graph.graph.body, scopes.block, _class_name, RESERVED)
    read = {graph.resolved(value).node for item in graph.graph.body for value in item.inputs}
    read |= {graph.resolved(v).node for name, v in graph.outputs.items() if name not in heads}
    unread = {head.name for head in heads.values()} - read
    body = tuple(item for item in graph.graph.body if item.name not in unread)
    outputs = [
        heads[name].inputs[0] if name in heads else value for name, value in graph.outputs.items()
    ]
    single = len(graph.inputs) == 1
    inputs = [Value(name) for name in graph.inputs]
    names: Mapping[Value, Expression] = (
        {} if single else {value: index(Name("inputs"), value.node) for value in inputs}
    )
    given = [*outputs, *masks.values()]
    draft = scopes.draft(body, inputs if single else (), given, definitions, "", "network", names)
    definition = whole(draft, "Network")
    fields = _class(definition, emitter)
    input_name, output_name = "x" if single else "inputs", "x" if len(outputs) == 1 else "outputs"
    input_type, output_type = (
        "Tensor" if alone else TENSORS for alone in (single, graph.graph.single_output)
    )
    returned_type = f"tuple[{output_type}, {output_type}]" if masks else output_type
    form: Form = definition.form[0]
    return {
        "classes": [_class(definition, emitter) for definition in definitions.all],
        "network": fields,
        "forward": emit_signature(
            "forward",
            ["self", f"{form.inputs[0] if single else input_name}: {input_type}"],
            returned_type,
            indent=INDENT,
        ),
        "returned_type": Source(returned_type),
        "input_name": Source(input_name),
        "input_type": Source(input_type),
        "output_name": Source(output_name),
        "output_type": Source(output_type),
        "returned": common.returned(graph, fields["returns"][: len(outputs)], emitter, indent=8),
        **_masks(graph, fields["returns"][len(outputs) :], emitter),
        "forward_doc": Source(_outputs(graph, heads, before=True)),
        "predict_doc": Source(_outputs(graph, heads, before=False)),
        "heads": [_head(name, lowered[head.name], graph, emitter) for name, head in heads.items()],
    }


def _masks(graph: ResolvedGraph, returns: Sequence[Source], emitter: Emitter) -> dict[str, Any]:
    """How the masks of outputs are returned beside these, and taken apart again."""
    masks: Source | None = None
    if returns and graph.graph.single_output:
        (masks,) = returns
    elif returns:
        named = zip(graph.output_masks(), returns, strict=True)
        masks = Source(f"{{{', '.join(f'{emitter(name)}: {mask}' for name, mask in named)}}}")
    return {"masks": masks}


def _head(name: str, layer: TorchLayer, graph: ResolvedGraph, emitter: Emitter) -> dict[str, Any]:
    """The line that makes probabilities of the scores of an output."""
    assert layer.function is not None
    target: Expression = Name("x")
    if not graph.graph.single_output:
        target = index(Name("outputs"), name)
    shape = shape_text(graph.shapes[graph.outputs[name]])
    left = emitter(target)
    expression = emitter(layer.function(target), indent=8, used=len(f"{left} =   # {shape}"))
    return {"target": left, "expression": expression, "shape": Source(shape)}


def _class_name(stem: str, number: int) -> str:
    name = "".join(word.capitalize() for word in stem.split("_"))
    return name if number == 1 else f"{name}{number}"


def _heads(spec: Spec, graph: ResolvedGraph) -> dict[str, Node]:
    """For each output, its last activation, if the loss takes the scores before that."""
    own = {item.name: item for item in graph.graph.body if isinstance(item, Node)}
    heads: dict[str, Node] = {}
    for name, value in graph.outputs.items():
        node = own.get(graph.resolved(value).node)
        wanted = spec.training.loss_of(name).ACTIVATION
        if node is not None and wanted is not None and node.layer.computes == wanted:
            heads[name] = node
    return heads


def _class(definition: Definition, emitter: Emitter) -> dict[str, Any]:
    """A class as the template prints it."""
    form: Form = definition.form[0]
    counts = (len(form.modules), len(form.targets), form.returns, len(form.weights))
    parts: list[tuple[Expression, ...]] = []
    start = 0
    for count in counts:
        parts.append(definition.expressions[start : start + count])
        start += count
    parameters = {parameter.name for parameter in definition.parameters}
    kept: dict[str, None] = {}
    lines, returns, weights = (_with_attributes(part, parameters, kept) for part in parts[1:])
    modules = [*((name, Name(name)) for name in kept), *zip(form.modules, parts[0], strict=True)]
    before, after, *shapes = definition.shapes
    return {
        "name": Source(definition.name),
        "before": Source(", ".join(before)),
        "after": Source(", ".join(after)),
        "init": emit_signature(
            "__init__",
            ["self", *(f"{p.name}: {p.annotation}" for p in definition.parameters)],
            "None",
            indent=INDENT,
        ),
        "forward": emit_signature(
            "forward",
            ["self", *(f"{name}: Tensor" for name in form.inputs)],
            "Tensor" if len(returns) == 1 else "tuple[Tensor, ...]",
            indent=INDENT,
        ),
        "modules": [
            {
                "identifier": Source(identifier),
                "constructor": emitter(module, indent=8, used=len(f"self.{identifier} = ")),
            }
            for identifier, module in modules
        ],
        "lines": [
            common.line(targets, expression, shape, emitter, indent=8)
            for targets, expression, shape in zip(form.targets, lines, shapes, strict=True)
        ],
        "returned": Source(", ".join(emitter(value) for value in returns)),
        "returns": [emitter(value, indent=8, used=len("return ")) for value in returns],
        "weights": emitter.merged(list(zip(form.weights, weights, strict=True)), indent=8),
    }


def _with_attributes(
    expressions: tuple[Expression, ...], parameters: AbstractSet[str], kept: dict[str, None]
) -> tuple[Expression, ...]:
    """What stands outside of `__init__`, where parameters are attributes; `kept` takes these."""

    def visit(part: Expression) -> Expression:
        if isinstance(part, Name) and part.text in parameters:
            kept[part.text] = None
            return Name(f"self.{part.text}")
        return rebuilt(part, visit)

    return tuple(map(visit, expressions))


def _outputs(graph: ResolvedGraph, heads: Mapping[str, Node], *, before: bool) -> str:
    """What the network returns, in words."""
    parts: list[str] = []
    for name, value in graph.outputs.items():
        shape = shape_text(graph.shapes[value])
        producer = graph.producer(value)
        ending = producer.layer.computes if producer else "linear"
        if before and name in heads:
            parts.append(f"{HEADS[ending]}, shape {shape}")
        else:
            parts.append(f"{'probabilities' if ending in HEADS else 'outputs'}, shape {shape}")
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]
