"""The optimizer of a Keras program."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from samenet.backends.emitter import Emitter
from samenet.backends.idioms import Idioms
from samenet.codegen.emission import Source
from samenet.codegen.expression import Call, Expression, List, Name, call
from samenet.graph.ir import ResolvedGraph
from samenet.optimizers.sgd import SGD
from samenet.spec.model import Spec

HELPERS = "keras/optimizers"

GATHERING = ("embedding", "reversible_embedding")
"""The layers whose gradients TensorFlow gives by rows."""


def fields(spec: Spec, graph: ResolvedGraph, emitter: Emitter, idioms: Idioms) -> dict[str, Any]:
    """What the template prints: the optimizer, what does not decay, a class of its own."""
    made: Call = idioms.lower(spec.optimizer)
    class_fields: dict[str, Any] = {"dense_optimizer": None}
    if needs_dense_gradients(spec, graph) and not idioms.takes("embedding"):
        assert isinstance(made.function, Name)
        name = f"Dense{made.function.text.rpartition('.')[2]}"
        class_fields = {
            "dense_optimizer": Source(name),
            "gradients_class": emitter(Name("DenseGradients", HELPERS)),
            "optimizer_class": emitter(made.function),
        }
        made = replace(made, function=Name(name))
    excluded = spec.optimizer.exclude_from_weight_decay
    if not excluded:
        source = emitter(made, indent=8, used=len("optimizer=,"))
        return {**class_fields, "undecayed": None, "optimizer": source}
    weights = call("named_weights", Name("model"))
    undecayed: Expression = call(Name("containing", HELPERS), weights, List(excluded))
    return {
        **class_fields,
        "undecayed": emitter(call("optimizer.exclude_from_weight_decay", undecayed), indent=4),
        "optimizer_made": emitter(made, indent=4, used=len("optimizer = ")),
        "optimizer": Source("optimizer"),
    }


def needs_dense_gradients(spec: Spec, graph: ResolvedGraph) -> bool:
    """Whether it matters that the gradient of an embedding comes by rows.

    To gradient descent it does not: a step of a sum is the sum of the steps.
    """
    optimizer = spec.optimizer
    if isinstance(optimizer, SGD) and not optimizer.clips:
        return False
    return any(node.kind in GATHERING for node in graph.nodes)
