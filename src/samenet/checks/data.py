"""What the data demand of the network and its loss."""

from __future__ import annotations

import math
from collections.abc import Iterator

from samenet.data.base import WEIGHTS
from samenet.diagnostics import Code, Diagnostic
from samenet.document import Document
from samenet.graph.ir import ResolvedGraph, shape_text
from samenet.spec.model import Spec


def samples(spec: Spec, graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    """Whether the data fit the inputs and outputs of the network."""
    data = spec.data
    if data.weights is not None:
        yield from _weights(spec, graph, document)
    if data.stratify and len(graph.outputs) > 1:
        message = "stratify needs the classes of one output, the network has several"
        path = ("data", "stratify")
        yield document.diagnostic(Code.DATA_MISMATCH, message, "remove stratify", path)
    elif data.stratify:
        yield from _strata(spec, graph, document)
    if data.IMAGES and (len(graph.inputs) > 1 or len(graph.outputs) > 1):
        message = f"{data.kind} is one array of images with their classes"
        hint = "use a network of one input and one output, or other data"
        yield document.diagnostic(Code.DATA_MISMATCH, message, hint, ("data", "source"))
        return
    for code, path, message, hint in data.refusals(spec, graph):
        yield document.diagnostic(code, message, hint, path)


def _weights(spec: Spec, graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    """Whether weights of samples have a column of their own and losses that they fit."""
    path = ("data", "sample_weight")
    if WEIGHTS in spec.output_names():
        message = f"an output has the name {WEIGHTS!r}, which is that of the weights"
        yield document.diagnostic(Code.DUPLICATE_NAME, message, "choose another name", path)
    wide = [name for name, value in graph.outputs.items() if len(graph.shapes[value]) > 2]
    if wide and not graph.graph.single_output:
        shape = shape_text(graph.shapes[graph.outputs[wide[0]]])
        message = f"Keras has no weights of samples for {wide[0]!r} of shape {shape} beside others"
        hint = "remove sample_weight, or flatten the output to (N, steps, n)"
        yield document.diagnostic(Code.DATA_MISMATCH, message, hint, path)


def _strata(spec: Spec, graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    """A split that keeps the proportions of classes needs one class a sample."""
    (name,) = graph.outputs
    loss, path = spec.training.loss_of(name), ("data", "stratify")
    targets, shape = loss.TARGETS, graph.output_shape
    if targets == "values":
        message = f"stratify needs classes, and {loss.kind} is not a loss on classes"
        yield document.diagnostic(Code.DATA_MISMATCH, message, "remove stratify", path)
    elif math.prod(shape if targets == "binary" else shape[:-1]) != 1:
        message = f"stratify needs one target a sample, the network has {shape}"
        yield document.diagnostic(Code.DATA_MISMATCH, message, "remove stratify", path)
