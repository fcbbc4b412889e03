"""The fields of a Keras program: `Sequential`, `compile`, `fit`."""

from __future__ import annotations

from typing import Any

from samenet.backends import common
from samenet.codegen.expression import INDENT, Call, call
from samenet.graph.ir import ResolvedGraph, ResolvedNode, shape_text
from samenet.layers import Activation, WeightedLayer
from samenet.losses import LOSSES
from samenet.lowering import lower
from samenet.spec.model import Spec

TEMPLATE = "keras/program.py.jinja"

ALWAYS = [
    ("shared/data", "Dataset"),
    ("shared/data", "DataError"),
    ("shared/initializers", "initial_values"),
    ("keras/data", "ShuffledBatches"),
]
"""The helpers that the template itself names."""


def fields(spec: Spec, graph: ResolvedGraph) -> dict[str, Any]:
    """What the template prints."""
    emitter = common.Emitter()
    common_fields = common.fields(spec, graph, emitter)
    return {
        **common_fields,
        "input": emitter(call("keras.Input", graph.input_shape), indent=12, used=1),
        "layers": [_layer(node, emitter) for node in folded(graph)],
        "optimizer": emitter(lower(spec.optimizer, "keras"), indent=8, used=len("optimizer=,")),
        "loss": emitter(LOSSES[spec.training.loss].keras, indent=8, used=len("loss=,")),
        "metrics": [
            emitter(metric.keras, indent=12, used=1) for metric in common.metrics(spec).values()
        ],
        "callbacks": [emitter(item, indent=12, used=1) for item in _callbacks(spec)],
        "helpers": emitter.helpers(ALWAYS),
    }


def folded(graph: ResolvedGraph) -> list[ResolvedNode]:
    """The nodes, an activation right after its own layer as that layer's argument.

    It is what a Keras person would have written: `Dense(128, activation="relu")`.
    """
    nodes: list[ResolvedNode] = []
    for node in graph.nodes:
        before = nodes[-1] if nodes else None
        if (
            isinstance(node.layer, Activation)
            and before is not None
            and isinstance(before.layer, WeightedLayer)
            and before.origin == node.origin
        ):
            layer = before.layer.model_copy(update={"activation": node.layer.activation})
            nodes[-1] = _with_layer(before, layer)
        else:
            nodes.append(node)
    return nodes


def _with_layer(node: ResolvedNode, layer: WeightedLayer) -> ResolvedNode:
    return ResolvedNode(
        node.name,
        node.identifier,
        layer,
        node.inputs,
        node.origin,
        node.input_shapes,
        node.output_shape,
        node.weights,
    )


def _layer(node: ResolvedNode, emitter: common.Emitter) -> dict[str, Any]:
    shape = shape_text(node.output_shape)
    constructor: Call = lower(node.layer, "keras", node)
    source = emitter(constructor, indent=3 * INDENT, used=len(f",  # {shape}"))
    return {"constructor": source, "shape": common.Source(shape)}


def _callbacks(spec: Spec) -> list[Call]:
    calls = [lower(callback, "keras", common.mode(spec, callback)) for callback in spec.callbacks]
    if spec.schedule is not None:
        scheduler = "keras.callbacks.LearningRateScheduler"
        calls.insert(0, call(scheduler, common.Name("learning_rate")))
    return calls
