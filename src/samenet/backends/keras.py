"""The fields of a Keras program: `Sequential`, `compile`, `fit`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from samenet.backends import common
from samenet.codegen.expression import INDENT, Call, Name, Source, call
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

SCHEDULER = call("keras.callbacks.LearningRateScheduler", Name("learning_rate"))


def fields(spec: Spec, graph: ResolvedGraph) -> dict[str, Any]:
    """What the template prints."""
    emitter = common.Emitter()
    common_fields = common.fields(spec, graph, emitter)
    return {
        **common_fields,
        "input": emitter(call("keras.Input", graph.input_shape), indent=12, used=1),
        "layers": _layers(graph, emitter),
        "optimizer": emitter(lower(spec.optimizer, "keras"), indent=8, used=len("optimizer=,")),
        "loss": emitter(LOSSES[spec.training.loss].keras, indent=8, used=len("loss=,")),
        "metrics": [
            emitter(metric.keras, indent=12, used=1) for metric in common.metrics(spec).values()
        ],
        "callbacks": [
            emitter(item, indent=12, used=1) for item in common.callbacks(spec, "keras", SCHEDULER)
        ],
        "helpers": emitter.helpers(ALWAYS),
    }


def _layers(graph: ResolvedGraph, emitter: common.Emitter) -> list[dict[str, Any]]:
    """The constructors, an activation right after its own layer as that layer's argument.

    It is what a Keras person would have written: `Dense(128, activation="relu")`.
    """
    constructors: list[tuple[ResolvedNode, Call]] = []
    for node in graph.nodes:
        before, constructor = constructors[-1] if constructors else (None, None)
        if (
            constructor is not None
            and before is not None
            and isinstance(node.layer, Activation)
            and isinstance(before.layer, WeightedLayer)
            and before.origin == node.origin
        ):
            keywords = (("activation", node.layer.activation), *constructor.keywords)
            constructors[-1] = (before, replace(constructor, keywords=keywords))
        else:
            constructors.append((node, lower(node.layer, "keras", node)))
    return [_line(node, constructor, emitter) for node, constructor in constructors]


def _line(node: ResolvedNode, constructor: Call, emitter: common.Emitter) -> dict[str, Any]:
    shape = shape_text(node.output_shape)
    source = emitter(constructor, indent=3 * INDENT, used=len(f",  # {shape}"))
    return {"constructor": source, "shape": Source(shape)}
