"""What losses and metrics demand of outputs, names and classes."""

from __future__ import annotations

from collections.abc import Iterator

from samenet.diagnostics import Code, Diagnostic, Path, listed
from samenet.document import Document
from samenet.graph.ir import ResolvedGraph, Value, shape_text
from samenet.layers.base import WeightedLayer
from samenet.metrics import metrics_for
from samenet.named import ONLY
from samenet.spec.model import Spec

RESERVED = ("loss", "learning_rate")
"""The names of what is reported beside metrics."""


def history(spec: Spec, document: Document) -> Iterator[Diagnostic]:
    """Names of outputs from which Keras cannot make names for the values of its history."""
    names = spec.output_names()
    for index, name in enumerate(names):
        path: Path = ("outputs", index)
        clash = next((other for other in names if name in ("val", f"val_{other}")), None)
        if "[" in name:
            message = f"the output {name!r} has no name of its own, by which its loss is reported"
            hint = 'put an activation layer with activation = "linear" and a name behind it'
            yield document.diagnostic(Code.LOSS, message, hint, path)
        elif name and clash is not None:
            message = f"the loss of the output {name!r} would have the name of a validation loss"
            yield document.diagnostic(Code.DUPLICATE_NAME, message, "choose another name", path)


def metrics(spec: Spec, document: Document) -> Iterator[Diagnostic]:
    """Metrics that do not fit the loss, and names that stand twice."""
    for output in spec.output_names():
        loss, metrics = spec.training.loss_of(output), spec.training.metrics_of(output)
        names = [metric.reported for metric in metrics]
        for index, (metric, name) in enumerate(zip(metrics, names, strict=True)):
            path = ("training", "metrics", *([output] if output else []), index)
            if loss.TARGETS not in metric.TARGETS:
                message = f"the metric {metric.kind} cannot be computed with the loss {loss.kind}"
                hint = f"allowed: {listed(metrics_for(loss.TARGETS))}"
                yield document.diagnostic(Code.LOSS, message, hint, path)
            elif name in names[:index]:
                message = f"the metric {name} stands twice"
                hint = f'remove one of them, or give it another name: {{ type = "{metric.kind}", '
                hint += 'name = "..." }'
                yield document.diagnostic(Code.DUPLICATE_NAME, message, hint, path)
            elif name in RESERVED or name.startswith("val_") or (output and name == "loss"):
                message = f"a metric cannot have the name {name}, which is that of another value"
                hint = "choose another name"
                yield document.diagnostic(Code.DUPLICATE_NAME, message, hint, (*path, "name"))


def output(
    spec: Spec, graph: ResolvedGraph, output: str, value: Value, document: Document
) -> Iterator[Diagnostic]:
    """Whether an output is what its loss takes."""
    loss, shape = spec.training.loss_of(output), graph.shapes[value]
    path = ("training", "loss", *([output] if ONLY not in spec.training.loss else []))
    last = graph.producer(value)
    ending = last.layer.computes if last else "linear"
    if loss.ACTIVATION and ending != loss.ACTIVATION:
        found = f"a {last.kind if last else 'input'} layer" if ending == "linear" else ending
        message = f"the loss {loss.kind} needs {loss.ACTIVATION} as the last step, found {found}"
        end = "the network" if graph.graph.single_output else output
        hint = f'end {end} with activation = "{loss.ACTIVATION}", or choose another loss'
        layer = spec.layers[-1]
        if isinstance(layer, WeightedLayer) and layer.activation == loss.ACTIVATION:
            hint = 'set dropout = 0.0 and batch_normalization = "none" in the last layer'
        yield document.diagnostic(Code.LOSS, message, hint, path)
    elif loss.ACTIVATION and not any(item.name == last.name for item in graph.graph.body if last):
        message = f"the loss {loss.kind} is computed before the {ending}, which is inside a block"
        hint = f'put an activation layer with activation = "{ending}" behind the block'
        yield document.diagnostic(Code.LOSS, message, hint, path)
    elif loss.ACTIVATION == "softmax" and shape[-1:] == (1,):
        message = "a softmax of one number is always 1, so that nothing can be learnt"
        hint = 'use activation = "sigmoid" with loss = "binary_crossentropy", or a unit per class'
        yield document.diagnostic(Code.LOSS, message, hint, path)
    mask = graph.masks.get(graph.resolved(value))
    if mask is not None and len(graph.shapes[mask]) != len(shape) - 1:
        found = shape_text(graph.shapes[mask])
        message = f"a mask of shape {found} does not fit the losses of outputs {shape_text(shape)}"
        hint = "remove mask_zero or the masking layer, or end with a layer that uses the mask up"
        yield document.diagnostic(Code.LOSS, message, hint, path)
    if loss.WHOLE and not shape:
        message = f"the loss {loss.kind} needs outputs of shape (N, ..., n)"
        yield document.diagnostic(Code.LOSS, f"{message}, found {shape_text(shape)}", "", path)


def measured(spec: Spec, graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    """Whether metrics can be computed of outputs of these shapes."""
    for output, value in graph.outputs.items():
        targets = spec.training.loss_of(output).TARGETS
        name = [] if graph.graph.single_output else [output]
        for index, metric in enumerate(spec.training.metrics_of(output)):
            message, hint = metric.refusal(targets, graph.shapes[value])
            if message and targets in metric.TARGETS:
                path = ("training", "metrics", *name, index)
                yield document.diagnostic(Code.LOSS, message, hint, path)


def class_weight(spec: Spec, graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    """Whether each sample has a class, and the network those that have weights."""
    weights, path = spec.training.class_weight, ("training", "class_weight")
    if not weights:
        return
    if not graph.graph.single_output:
        message = "class_weight needs the classes of one output, the network has several"
        hint = "remove class_weight, or weigh the outputs with loss_weights"
        yield document.diagnostic(Code.LOSS, message, hint, path)
        return
    loss = spec.training.loss_of(next(iter(graph.outputs)))
    shape = graph.output_shape
    if loss.TARGETS == "values":
        message = f"class_weight needs classes, and {loss.kind} is not a loss on classes"
        yield document.diagnostic(Code.LOSS, message, "remove class_weight", path)
        return
    if len(shape) != 1 or (loss.TARGETS == "binary" and shape != (1,)):
        message = f"class_weight needs one target a sample, the network has {shape}"
        yield document.diagnostic(Code.LOSS, message, "remove class_weight", path)
        return
    classes = [str(i) for i in range(loss.classes(shape))]
    for name in weights:
        if name not in classes:
            message = f"class_weight has the class {name!r}, of which the network knows nothing"
            hint = f"classes are 0 to {classes[-1]}"
            yield document.diagnostic(Code.UNKNOWN_NAME, message, hint, (*path, name), key=True)
