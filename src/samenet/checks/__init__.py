"""What the parts of a spec demand of each other: names, shapes, loss, monitors, data.

Only for specs whose keys, types and ranges are right, so that no mistake is reported twice.
"""

from __future__ import annotations

from samenet.checks import data, network, objectives, tables, training
from samenet.diagnostics import Code, Diagnostic, unique
from samenet.document import Document
from samenet.graph.expand import GraphError, expand
from samenet.graph.resolve import LocatedShapeError, resolve
from samenet.spec.model import Spec


def check(spec: Spec, document: Document) -> list[Diagnostic]:
    """The mistakes in a spec, with their places in its document."""
    return unique(_found(spec, document))


def _found(spec: Spec, document: Document) -> list[Diagnostic]:
    found = list(tables.tables(spec, document))
    named = not found
    if named:
        found += objectives.metrics(spec, document)
        found += objectives.history(spec, document)
        found += training.schedule(spec, document)
        found += training.callbacks(spec, document)
        found += training.studies(spec, document)
    found += training.optimizer(spec, document)
    try:
        graph = resolve(expand(spec))
    except GraphError as error:
        found += [
            document.diagnostic(item.code, item.message, item.hint, item.path, key=item.key)
            for item in error.mistakes
        ]
        return found
    except LocatedShapeError as error:
        shape = error.error
        found.append(
            document.diagnostic(Code.SHAPE, shape.message, shape.hint, error.node.origin, key=True)
        )
        return found
    found += network.dead_layers(graph, document)
    found += network.inexact_gradients(graph, document)
    found += network.weight_rules(graph, document)
    found += training.weights_of_optimizer(spec, graph, document)
    found += network.expectations(spec, graph, document)
    if named:
        for name, value in graph.outputs.items():
            found += objectives.output(spec, graph, name, value, document)
        found += objectives.class_weight(spec, graph, document)
        found += objectives.measured(spec, graph, document)
        found += data.samples(spec, graph, document)
    if not graph.parameters(trainable=True):
        message = "the network has no weights that could be trained"
        found.append(
            document.diagnostic(Code.LOSS, message, "add a dense layer", ("layers",), key=True)
        )
    return found
