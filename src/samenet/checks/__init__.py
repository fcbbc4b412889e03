"""What the parts of a spec demand of each other: names, shapes, loss, monitors, data.

Only for specs whose keys, types and ranges are right, so that no mistake is reported twice.
"""

from __future__ import annotations

from samenet.advice import ignores
from samenet.checks import data, network, objectives, splits, tables, training
from samenet.diagnostics import Code, Diagnostic, SpecError, unique
from samenet.document import Document
from samenet.graph.expand import GraphError, expand
from samenet.graph.ir import ResolvedGraph
from samenet.graph.resolve import LocatedShapeError, resolve
from samenet.spec.model import Spec


def checked(spec: Spec, document: Document) -> ResolvedGraph:
    """The network of a spec whose parts fit each other.

    Raises:
        SpecError: with every mistake, each with its place in the document of the spec.
    """
    graph, found = _network(spec, document)
    found = [*_found(spec, graph, document), *found, *ignores.mistakes(document)]
    if graph is None or found:
        raise SpecError(unique(found))
    return graph


def _network(spec: Spec, document: Document) -> tuple[ResolvedGraph | None, list[Diagnostic]]:
    """The network of a spec, or why there is none."""
    try:
        return resolve(expand(spec)), []
    except GraphError as error:
        return None, [
            document.diagnostic(item.code, item.message, item.hint, item.path, key=item.key)
            for item in error.mistakes
        ]
    except LocatedShapeError as error:
        shape, path = error.error, error.node.origin
        return None, [document.diagnostic(Code.SHAPE, shape.message, shape.hint, path, key=True)]


def _found(spec: Spec, graph: ResolvedGraph | None, document: Document) -> list[Diagnostic]:
    found = list(tables.tables(spec, document))
    named = not found
    if named:
        found += objectives.metrics(spec, document)
        found += objectives.history(spec, document)
        found += training.schedule(spec, document)
        found += training.callbacks(spec, document)
        found += training.studies(spec, document)
    found += training.optimizer(spec, document)
    found += splits.splits(spec, document)
    if graph is None:
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
        found += training.distributed(spec, graph, document)
        found += data.samples(spec, graph, document)
    if not graph.parameters(trainable=True):
        message = "the network has no weights that could be trained"
        found.append(
            document.diagnostic(Code.LOSS, message, "add a dense layer", ("layers",), key=True)
        )
    return found
