"""What the parts of a spec demand of each other: names, shapes, loss, monitors, data.

Only for specs whose keys, types and ranges are right, so that no mistake is reported twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from samenet.callbacks import ReduceLROnPlateau
from samenet.data import CSV, Arrays, Embedded
from samenet.diagnostics import Code, Diagnostic, listed, nearest
from samenet.document import Document
from samenet.graph.expand import GraphError, expand
from samenet.graph.ir import ResolvedGraph, shape_text
from samenet.graph.resolve import LocatedShapeError, resolve
from samenet.layers import WeightedLayer
from samenet.losses import LOSSES
from samenet.metrics import metrics_for
from samenet.spec.model import Spec


def check(spec: Spec, document: Document) -> list[Diagnostic]:
    """The mistakes in a spec, with their places in its document."""
    found = list(_metrics(spec, document))
    found += _callbacks(spec, document)
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
    found += _expectations(spec, graph, document)
    found += _output(spec, graph, document)
    found += _data(spec, graph, document)
    return found


def _expectations(spec: Spec, graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
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


def _metrics(spec: Spec, document: Document) -> Iterator[Diagnostic]:
    loss = spec.training.loss
    known = metrics_for(LOSSES[loss].targets)
    for index, name in enumerate(spec.training.metrics):
        path = ("training", "metrics", index)
        if name not in known:
            message = f"the metric {name} cannot be computed with the loss {loss}"
            yield document.diagnostic(Code.LOSS, message, f"allowed: {listed(known)}", path)
        elif name in spec.training.metrics[:index]:
            message = f"the metric {name} stands twice"
            yield document.diagnostic(Code.DUPLICATE_NAME, message, "remove one of them", path)


def _callbacks(spec: Spec, document: Document) -> Iterator[Diagnostic]:
    values = ["loss", *spec.training.metrics]
    validation = [f"val_{name}" for name in values]
    has_validation = spec.data.validation_split > 0 or isinstance(spec.data, Arrays)
    for index, callback in enumerate(spec.callbacks):
        path = ("callbacks", index)
        monitor = callback.monitor
        if monitor in validation and not has_validation:
            message = f"nothing produces {monitor!r}: there are no validation data"
            hint = "set validation_split in [data], or monitor a value of the training data"
            yield document.diagnostic(Code.MONITOR, message, hint, (*path, "monitor"))
        elif monitor not in values + validation:
            message = f"nothing produces {monitor!r}"
            known = values + (validation if has_validation else [])
            hint = nearest(monitor, known) or f"allowed: {listed(known)}"
            yield document.diagnostic(Code.MONITOR, message, hint, (*path, "monitor"))
        if isinstance(callback, ReduceLROnPlateau) and spec.schedule is not None:
            message = "a schedule and reduce_lr_on_plateau would both set the learning rate"
            hint = "remove [schedule] or the callback"
            yield document.diagnostic(Code.LEARNING_RATE, message, hint, (*path, "type"))


def _output(spec: Spec, graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    name, loss = spec.training.loss, LOSSES[spec.training.loss]
    path = ("training", "loss")
    last = graph.producer(next(iter(graph.outputs.values())))
    ending = last.layer.computes if last else "linear"
    if loss.activation and ending != loss.activation:
        found = f"a {last.kind if last else 'input'} layer" if ending == "linear" else ending
        message = f"the loss {name} needs {loss.activation} as the last step, found {found}"
        hint = f'end the network with activation = "{loss.activation}", or choose another loss'
        layer = spec.layers[-1]
        if isinstance(layer, WeightedLayer) and layer.activation == loss.activation:
            hint = 'set dropout = 0.0 and batch_normalization = "none" in the last layer'
        yield document.diagnostic(Code.LOSS, message, hint, path)
    if loss.targets == "classes" and len(graph.output_shape) != 1:
        shape = shape_text(graph.output_shape)
        message = f"the loss {name} needs outputs of shape (N, classes), found {shape}"
        yield document.diagnostic(
            Code.LOSS, message, "put a flatten layer before the last dense layer", path
        )
    if not graph.parameters(trainable=True):
        message = "the network has no weights that could be trained"
        yield document.diagnostic(Code.LOSS, message, "add a dense layer", ("layers",), key=True)


def _data(spec: Spec, graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    data, loss = spec.data, LOSSES[spec.training.loss]
    if data.stratify and loss.targets == "values":
        message = f"stratify needs classes, and {spec.training.loss} is not a loss on classes"
        path = ("data", "stratify")
        yield document.diagnostic(Code.DATA_MISMATCH, message, "remove stratify", path)
    elif data.stratify and loss.targets == "binary" and math.prod(graph.output_shape) != 1:
        message = f"stratify needs one target a sample, the network has {graph.output_shape}"
        path = ("data", "stratify")
        yield document.diagnostic(Code.DATA_MISMATCH, message, "remove stratify", path)
    if isinstance(data, CSV):
        yield from _columns(data, math.prod(graph.input_shape), document)
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
    if loss.targets != "classes":
        message = (
            f"the targets of {data.source} are classes, which {spec.training.loss} cannot take"
        )
        hint = "use sparse_categorical_crossentropy"
        yield document.diagnostic(Code.DATA_MISMATCH, message, hint, ("training", "loss"))
    elif len(graph.output_shape) == 1 and graph.output_shape[0] < data.classes:
        message = (
            f"{data.source} has {data.classes} classes, the network {graph.output_shape[0]} outputs"
        )
        path = next(node.origin for node in reversed(graph.nodes) if node.weights)
        yield document.diagnostic(
            Code.DATA_MISMATCH, message, f"use units = {data.classes}", (*path, "units")
        )


def _columns(data: CSV, inputs: int, document: Document) -> Iterator[Diagnostic]:
    if data.features and len(data.features) != inputs:
        message = f"there are {len(data.features)} features for {inputs} inputs of the network"
        path = ("data", "features")
        yield document.diagnostic(
            Code.DATA_MISMATCH, message, f"use shape = [{len(data.features)}]", path
        )
    for index, name in enumerate(data.features):
        path = ("data", "features", index)
        if name == data.target:
            message = f"the target {name!r} is a feature as well"
            yield document.diagnostic(Code.DATA_MISMATCH, message, "remove it here", path)
        elif name in data.features[:index]:
            message = f"the feature {name!r} stands twice"
            yield document.diagnostic(Code.DUPLICATE_NAME, message, "remove one of them", path)
