"""The fields of a PyTorch program: an `nn.Module` and a plain training loop."""

from __future__ import annotations

from typing import Any

from samenet.backends import common
from samenet.codegen.expression import Call, Expression, Name, Source, call, prefixed
from samenet.graph.ir import ResolvedGraph, ResolvedNode, shape_text
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
    nodes = list(graph.nodes)
    lowered: dict[str, TorchLayer] = {node.name: lower(node.layer, "torch", node) for node in nodes}
    # A loss on probabilities takes the scores before the last activation.
    head = nodes[-1] if loss.activation else None
    body = nodes[:-1] if head else nodes
    measures: dict[str, Expression] = {"loss": call(loss.torch, OUTPUTS, TARGETS)}
    for name, metric in common.metrics(spec).items():
        measures[name] = call(metric.torch, call("outputs.detach"), TARGETS)
    optimizer: Call = lower(spec.optimizer, "torch")
    return {
        **common_fields,
        "modules": [
            {
                "identifier": Source(node.identifier),
                "constructor": emitter(module, indent=8, used=len(f"self.{node.identifier} = ")),
            }
            for node in nodes
            if (module := lowered[node.name].module) is not None
        ],
        "forward": [_line(node, lowered[node.name], emitter) for node in body],
        "forward_doc": Source(_outputs(graph, before_head=head is not None)),
        "predict_doc": Source(_outputs(graph, before_head=False)),
        "head": head and emitter(_applied(head, lowered[head.name])),
        "weights": emitter.dictionary(_weights(nodes, lowered), indent=8),
        "measures": emitter.dictionary(measures, indent=4),
        "optimizer": emitter(optimizer, indent=4, used=len("return ")),
        "callbacks": [
            emitter(item, indent=8, used=1) for item in common.callbacks(spec, "torch", SCHEDULER)
        ],
        "helpers": emitter.helpers(ALWAYS),
    }


def _applied(node: ResolvedNode, layer: TorchLayer) -> Expression:
    """The expression that computes a node from `x`."""
    if layer.function is not None:
        return layer.function(Name("x"))
    return call(f"self.{node.identifier}", Name("x"))


def _line(node: ResolvedNode, layer: TorchLayer, emitter: common.Emitter) -> dict[str, Any]:
    shape = shape_text(node.output_shape)
    expression = _applied(node, layer)
    source = emitter(expression, indent=8, used=len(f"x =   # {shape}"))
    return {"expression": source, "shape": Source(shape)}


def _weights(nodes: list[ResolvedNode], lowered: dict[str, TorchLayer]) -> dict[str, Expression]:
    """The view of each weight in Keras' layout, by path."""
    return {
        f"{node.name}/{weight.name}": prefixed(
            lowered[node.name].weights[weight.name], f"self.{node.identifier}"
        )
        for node in nodes
        for weight in node.weights
    }


def _outputs(graph: ResolvedGraph, *, before_head: bool) -> str:
    """What the network returns, in words."""
    shape = shape_text(graph.output_shape)
    ending = graph.nodes[-1].layer.computes
    if before_head:
        return f"{HEADS[ending].capitalize()}, shape {shape}"
    return f"{'Probabilities' if ending in HEADS else 'Outputs'}, shape {shape}"
