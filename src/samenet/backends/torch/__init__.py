"""The fields of a PyTorch program: an `nn.Module` and a plain training loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from samenet.backends import common
from samenet.backends.blocks import Definition, Definitions, whole
from samenet.backends.torch.layout import assign_layouts
from samenet.backends.torch.scopes import RESERVED, Form, Scopes
from samenet.codegen.expression import (
    INDENT,
    Call,
    Expression,
    Name,
    Source,
    call,
    emit_signature,
    index,
)
from samenet.graph.ir import Node, ResolvedGraph, ResolvedNode, Value, shape_text, walk_blocks
from samenet.losses import LOSSES
from samenet.lowering import TorchLayer, lower
from samenet.spec.model import Spec

TEMPLATE = "torch/program.py.jinja"

ALWAYS = [
    ("shared/data", "Dataset"),
    ("shared/data", "DataError"),
    ("shared/initializers", "initial_values"),
    ("shared/random_numbers", "epoch_order"),
    ("torch/data", "as_tensors"),
    ("torch/metrics", "Means"),
    ("torch/callbacks", "Callback"),
    ("torch/callbacks", "PrintEpochs"),
]
"""The helpers that the template itself names."""

SCHEDULER = call(
    Name("LearningRateScheduler", "torch/callbacks"), Name("optimizer"), Name("learning_rate")
)

OUTPUTS, TARGETS = Name("outputs"), Name("targets")

HEADS = {"softmax": "class scores before the softmax", "sigmoid": "scores before the sigmoid"}


def fields(spec: Spec, graph: ResolvedGraph) -> dict[str, Any]:
    """What the template prints."""
    emitter = common.Emitter()
    common_fields = common.fields(spec, graph, emitter)
    loss = LOSSES[spec.training.loss]
    measures: dict[str, Expression] = {"loss": call(loss.torch, OUTPUTS, TARGETS)}
    for name, metric in common.metrics(spec).items():
        measures[name] = call(metric.torch, call("outputs.detach"), TARGETS)
    optimizer: Call = lower(spec.optimizer, "torch")
    return {
        **common_fields,
        **network(spec, graph, emitter),
        "measures": emitter.dictionary(measures, indent=4),
        "optimizer": emitter(optimizer, indent=4, used=len("return ")),
        "callbacks": [
            emitter(item, indent=8, used=1) for item in common.callbacks(spec, "torch", SCHEDULER)
        ],
        "helpers": emitter.helpers(ALWAYS),
    }


def network(spec: Spec, graph: ResolvedGraph, emitter: common.Emitter) -> dict[str, Any]:
    """The fields of the classes."""
    layouts = assign_layouts(graph)
    nodes = {node.name: _laid_out(node, layouts.nodes[node.name]) for node in graph.nodes}
    lowered: dict[str, TorchLayer] = {
        name: lower(node.layer, "torch", node) for name, node in nodes.items()
    }
    blocks = {block.name: block for block in walk_blocks(graph.graph.body)}
    scopes = Scopes(nodes, lowered, layouts, blocks)
    definitions = Definitions(graph.graph.body, scopes.block, _class_name, RESERVED)
    heads = _heads(spec, graph)
    body = tuple(item for item in graph.graph.body if item.name not in {h.name for h in heads.values()})
    outputs = [
        heads[name].inputs[0] if name in heads else value for name, value in graph.outputs.items()
    ]
    single = len(graph.inputs) == 1
    inputs = [Value(name) for name in graph.inputs]
    names: Mapping[Value, Expression] = (
        {} if single else {value: index(Name("inputs"), value.node) for value in inputs}
    )
    draft = scopes.draft(
        body, inputs if single else (), outputs, definitions, "", "network", names
    )
    fields = _class(whole(draft, "Network"), emitter)
    input_name, output_name = "x" if single else "inputs", "x" if len(outputs) == 1 else "outputs"
    return {
        "classes": [_class(definition, emitter) for definition in definitions.all],
        "network": fields,
        "single_input": single,
        "input_name": Source(input_name),
        "input_type": Source("Tensor" if single else "dict[str, Tensor]"),
        "output_name": Source(output_name),
        "output_type": Source("Tensor" if graph.graph.single_output else "dict[str, Tensor]"),
        "returned": _returned(graph, fields["returns"], emitter),
        "forward_doc": Source(_outputs(graph, heads, before=True)),
        "predict_doc": Source(_outputs(graph, heads, before=False)),
        "heads": [
            _head(name, lowered[head.name], graph, emitter) for name, head in heads.items()
        ],
    }


def _returned(graph: ResolvedGraph, values: list[Source], emitter: common.Emitter) -> Source:
    """What `forward` returns: the output, or a dictionary of several."""
    if graph.graph.single_output:
        return values[0]
    items = dict(zip(graph.outputs, values, strict=True))
    lines = [f"            {emitter(name)}: {value},\n" for name, value in items.items()]
    return Source("{\n" + "".join(lines) + "        }")


def _head(
    name: str, layer: TorchLayer, graph: ResolvedGraph, emitter: common.Emitter
) -> dict[str, Any]:
    """The line that makes probabilities of the scores of an output."""
    assert layer.function is not None
    target: Expression = Name("x")
    if not graph.graph.single_output:
        target = index(Name("outputs"), name)
    shape = shape_text(graph.shapes[graph.outputs[name]])
    left = emitter(target)
    expression = emitter(layer.function(target), indent=8, used=len(f"{left} =   # {shape}"))
    return {"target": left, "expression": expression, "shape": Source(shape)}


def _laid_out(node: ResolvedNode, layout: Any) -> ResolvedNode:
    return replace(node, layout=layout)


def _class_name(stem: str, number: int) -> str:
    name = "".join(word.capitalize() for word in stem.split("_"))
    return name if number == 1 else f"{name}{number}"


def _heads(spec: Spec, graph: ResolvedGraph) -> dict[str, Node]:
    """For each output, its last activation, if the loss takes the scores before that."""
    wanted = LOSSES[spec.training.loss].activation
    if wanted is None:
        return {}
    own = {item.name: item for item in graph.graph.body if isinstance(item, Node)}
    heads: dict[str, Node] = {}
    for name, value in graph.outputs.items():
        node = own.get(graph.resolved(value).node)
        if node is not None and node.layer.computes == wanted:
            heads[name] = node
    return heads


def _class(definition: Definition, emitter: common.Emitter) -> dict[str, Any]:
    """A class as the template prints it."""
    form: Form = definition.form[0]
    counts = (len(form.modules), len(form.targets), form.returns, len(form.weights))
    parts: list[tuple[Expression, ...]] = []
    start = 0
    for count in counts:
        parts.append(definition.expressions[start : start + count])
        start += count
    modules, lines, returns, weights = parts
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
            for identifier, module in zip(form.modules, modules, strict=True)
        ],
        "lines": [
            _line(targets, expression, shape, emitter)
            for targets, expression, shape in zip(form.targets, lines, shapes, strict=True)
        ],
        "returned": Source(", ".join(emitter(value) for value in returns)),
        "returns": [emitter(value, indent=8, used=len("return ")) for value in returns],
        "weights": emitter.merged(list(zip(form.weights, weights, strict=True)), indent=8),
    }


def _line(
    targets: tuple[str, ...], expression: Expression, shapes: tuple[str, ...], emitter: common.Emitter
) -> dict[str, Any]:
    assigned, shape = ", ".join(targets), ", ".join(shapes)
    source = emitter(expression, indent=8, used=len(f"{assigned} =   # {shape}"))
    return {"targets": Source(assigned), "expression": source, "shape": Source(shape)}


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
