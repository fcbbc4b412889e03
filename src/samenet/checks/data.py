"""What the data demand of the network and its loss."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from samenet.checks.images import images
from samenet.data import NPY, Embedded, ImageFolder, Table
from samenet.data.base import WEIGHTS
from samenet.diagnostics import Code, Diagnostic, Path
from samenet.document import Document
from samenet.graph.ir import ResolvedGraph, shape_text
from samenet.named import ONLY
from samenet.spec.model import Spec


def samples(spec: Spec, graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    """Whether the data fit the inputs and outputs of the network."""
    data = spec.data
    if data.weights is not None:
        yield from _weights(spec, graph, data.weights, document)
    if isinstance(data, NPY):
        yield from _file_names(data, document)
    if len(graph.inputs) == 1 and len(graph.outputs) == 1:
        yield from _single_data(spec, graph, document)
        return
    if data.stratify and len(graph.outputs) > 1:
        message = "stratify needs the classes of one output, the network has several"
        path = ("data", "stratify")
        yield document.diagnostic(Code.DATA_MISMATCH, message, "remove stratify", path)
    elif data.stratify:
        yield from _strata(spec, graph, document)
    if isinstance(data, Embedded | ImageFolder):
        message = f"{data.source} is one array of images with their classes"
        hint = "use a network of one input and one output, or other data"
        yield document.diagnostic(Code.DATA_MISMATCH, message, hint, ("data", "source"))
    if isinstance(data, Table):
        sizes = {name: math.prod(value.shape) for name, value in graph.inputs.items()}
        for name in spec.input_names():
            size = sizes[name] if name else next(iter(sizes.values()))
            yield from _columns(data, name, size, document)


def _file_names(data: NPY, document: Document) -> Iterator[Diagnostic]:
    """Whether the arrays have the names of files of the folder and of no other."""
    names: list[tuple[Path, str | None]] = [
        (("data", key), getattr(data, key)) for key in ("sample_weight", "groups", "order_by")
    ]
    for key, table in (("x", data.x), ("y", data.y)):
        names += [
            (("data", key, *([name] if name else [])), array) for name, array in table.items()
        ]
    for path, name in names:
        if name is not None and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
            message = f"{name!r} is not the name of an NPY file of the folder"
            hint = 'write it without ".npy", in letters, digits, "_", "-" and "."'
            yield document.diagnostic(Code.DATA_MISMATCH, message, hint, path)


def _weights(
    spec: Spec, graph: ResolvedGraph, weights: str, document: Document
) -> Iterator[Diagnostic]:
    """Whether weights of samples have a column of their own and losses that they fit."""
    path = ("data", "sample_weight")
    if isinstance(spec.data, Table) and weights in spec.data.target.values():
        message = f"the weight {weights!r} is a target as well"
        yield document.diagnostic(Code.DATA_MISMATCH, message, "name another column", path)
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


def _single_data(spec: Spec, graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    """Whether the data fit a network of one input and one output."""
    data = spec.data
    if data.stratify:
        yield from _strata(spec, graph, document)
    if isinstance(data, Table):
        yield from _columns(data, ONLY, math.prod(graph.input_shape), document)
    if isinstance(data, ImageFolder):
        yield from images(data, spec, graph, document)
    if not isinstance(data, Embedded):
        return
    if math.prod(graph.input_shape) != data.size:
        message = (
            f"the images of {data.source} have {data.size} pixels, "
            f"the input has {math.prod(graph.input_shape)}"
        )
        side = math.isqrt(data.size)
        hint = f"use shape = [{data.size}] or [{side}, {side}, 1]"
        yield document.diagnostic(Code.DATA_MISMATCH, message, hint, ("input", "shape"))
    (name,) = graph.outputs
    loss = spec.training.loss_of(name)
    if loss.TARGETS != "classes":
        message = f"the targets of {data.source} are classes, which {loss.kind} cannot take"
        hint = "use sparse_categorical_crossentropy"
        yield document.diagnostic(Code.DATA_MISMATCH, message, hint, ("training", "loss"))
    elif len(graph.output_shape) != 1:
        message = f"{data.source} has one class for each image, the network {graph.output_shape}"
        hint = "put a flatten layer before the last dense layer"
        yield document.diagnostic(Code.DATA_MISMATCH, message, hint, ("training", "loss"))
    elif graph.output_shape[0] < data.classes:
        message = (
            f"{data.source} has {data.classes} classes, the network {graph.output_shape[0]} outputs"
        )
        path = next(node.origin for node in reversed(graph.nodes) if node.weights)
        yield document.diagnostic(
            Code.DATA_MISMATCH, message, f"use units = {data.classes}", (*path, "units")
        )


def _columns(data: Table, name: str, size: int, document: Document) -> Iterator[Diagnostic]:
    """Whether the columns of an input are as many as its numbers, and no target among them."""
    features = data.features.get(name, ())
    path = ("data", "features", *([name] if name else []))
    if features and len(features) != size:
        whose = f"the input {name!r}" if name else "the network"
        message = f"there are {len(features)} features for {size} inputs of {whose}"
        hint = f"use shape = [{len(features)}]"
        yield document.diagnostic(Code.DATA_MISMATCH, message, hint, path)
    for index, column in enumerate(features):
        if column in data.target.values():
            message = f"the target {column!r} is a feature as well"
            yield document.diagnostic(Code.DATA_MISMATCH, message, "remove it here", (*path, index))
        elif column == data.weights:
            message = f"the weight {column!r} is a feature as well"
            yield document.diagnostic(Code.DATA_MISMATCH, message, "remove it here", (*path, index))
        elif column in features[:index]:
            message = f"the feature {column!r} stands twice"
            yield document.diagnostic(
                Code.DUPLICATE_NAME, message, "remove one of them", (*path, index)
            )
