"""What the layers of a network demand of each other, and `[expect]` of them."""

from __future__ import annotations

from collections.abc import Iterator

from samenet.diagnostics import Code, Diagnostic, listed
from samenet.document import Document
from samenet.graph.ir import ResolvedGraph
from samenet.graph.reach import dead, read_values
from samenet.initializers import refusal
from samenet.spec.model import Spec


def dead_layers(graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    """Layers in blocks that only outputs depend on which nothing reads."""
    for block, names in dead(graph):
        layers = f"the layer{'s' * (len(names) > 1)} {listed(list(map(repr, names)), 'and')}"
        message = f"no output of the network depends on {layers} of this block"
        hint = "read all outputs of the block, or use one without these layers"
        yield document.diagnostic(Code.UNUSED, message, hint, block.origin, key=True)


def inexact_gradients(graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    """Trained weights before a layer whose gradient is not exact."""
    nodes = {node.name: node for node in graph.nodes}
    for node in graph.nodes:
        if node.layer.EXACT_GRADIENT:
            continue
        before = [nodes[v.node] for v in read_values(graph, node.inputs) if v.node in nodes]
        owners = [nodes[item.share] if item.share else item for item in before]
        trained = [item.name for item in owners if item.parameters(trainable=True)]
        if trained:
            message = f"the gradient of {node.kind} is not exact, and it comes behind weights"
            hint = f"put it before {sorted(trained)[0]}, next to the input"
            yield document.diagnostic(Code.GRADIENT, message, hint, node.origin, key=True)


def weight_rules(graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    """Initializers, regularizers and constraints that cannot be said of a weight of its shape."""
    for node in graph.nodes:
        for weight in node.weights:
            reasons = [refusal(weight.initializer, weight.shape)]
            reasons += [
                rule.refusal(weight.shape)
                for rule in (weight.regularizer, weight.constraint)
                if rule
            ]
            for reason in filter(None, reasons):
                message = f"the {weight.name} of {node.kind}: {reason}"
                yield document.diagnostic(Code.SHAPE, message, "", node.origin, key=True)


def expectations(spec: Spec, graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    """What `[expect]` states and the network is not."""
    if spec.expect is None:
        return
    found = {
        "parameters": graph.parameters(),
        "trainable_parameters": graph.parameters(trainable=True),
        "output_shape": graph.output_shape,
    }
    for name, value in found.items():
        expected = getattr(spec.expect, name)
        if expected is not None and expected != value:
            wanted, text = (
                f"{item:,}" if isinstance(item, int) else str(list(item))
                for item in (expected, value)
            )
            message = f"expected {name} {wanted}, found {text}"
            yield document.diagnostic(Code.EXPECTATION, message, "", ("expect", name))
    limit = spec.expect.max_parameters
    if limit is not None and graph.parameters() > limit:
        message = f"expected at most {limit:,} parameters, found {graph.parameters():,}"
        yield document.diagnostic(Code.EXPECTATION, message, "", ("expect", "max_parameters"))
