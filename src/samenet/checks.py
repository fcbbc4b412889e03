"""What the parts of a spec demand of each other: names, shapes, loss, monitors, data.

Only for specs whose keys, types and ranges are right, so that no mistake is reported twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from samenet.callbacks import EarlyStopping, ReduceLROnPlateau, SwapEMAWeights
from samenet.callbacks.base import Watching
from samenet.callbacks.refusals import refusals as refused_files
from samenet.data import CSV, NPZ, Embedded
from samenet.diagnostics import Code, Diagnostic, Path, dotted, listed, nearest, unique
from samenet.document import Document
from samenet.graph.expand import GraphError, expand
from samenet.graph.ir import ResolvedGraph, Value, shape_text
from samenet.graph.reach import dead, read_values
from samenet.graph.resolve import LocatedShapeError, resolve
from samenet.initializers import refusal
from samenet.layers.base import WeightedLayer
from samenet.metrics import metrics_for
from samenet.named import ONLY
from samenet.optimizers.refusals import conflicts, unknown_paths
from samenet.schedules import refusals
from samenet.spec.model import Spec

RESERVED = ("loss", "learning_rate")
"""The names of what is reported beside metrics."""


def check(spec: Spec, document: Document) -> list[Diagnostic]:
    """The mistakes in a spec, with their places in its document."""
    return unique(_found(spec, document))


def _found(spec: Spec, document: Document) -> list[Diagnostic]:
    found = list(_tables(spec, document))
    named = not found
    if named:
        found += _metrics(spec, document)
        found += _history(spec, document)
        found += _schedule(spec, document)
        found += _callbacks(spec, document)
    found += _optimizer(spec, document)
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
    found += _dead(graph, document)
    found += _gradients(graph, document)
    found += _weights(graph, document)
    found += _weights_of_optimizer(spec, graph, document)
    found += _expectations(spec, graph, document)
    if named:
        for name, value in graph.outputs.items():
            found += _output(spec, graph, name, value, document)
        found += _class_weight(spec, graph, document)
        found += _measured(spec, graph, document)
        found += _data(spec, graph, document)
    if not graph.parameters(trainable=True):
        message = "the network has no weights that could be trained"
        found.append(
            document.diagnostic(Code.LOSS, message, "add a dense layer", ("layers",), key=True)
        )
    return found


def _dead(graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    """Layers in blocks that only outputs depend on which nothing reads."""
    for block, names in dead(graph):
        layers = f"the layer{'s' * (len(names) > 1)} {listed(list(map(repr, names)), 'and')}"
        message = f"no output of the network depends on {layers} of this block"
        hint = "read all outputs of the block, or use one without these layers"
        yield document.diagnostic(Code.UNUSED, message, hint, block.origin, key=True)


def _gradients(graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
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


def _tables(spec: Spec, document: Document) -> Iterator[Diagnostic]:
    """What is said once of a single input or output is a table for several, and only then."""
    training, data = spec.training, spec.data
    inputs, outputs = spec.input_names(), spec.output_names()
    tables: list[tuple[Path, Mapping[str, Any], str, bool]] = [
        (("training", "loss"), training.loss, "output", True),
        (("training", "loss_weights"), training.loss_weights, "output", False),
        (("training", "metrics"), training.metrics, "output", False),
    ]
    if isinstance(data, NPZ):
        tables.append((("data", "x"), data.x, "input", False))
        tables.append((("data", "y"), data.y, "output", False))
    if isinstance(data, CSV):
        several = len(inputs) > 1
        tables.append((("data", "features"), data.features, "input", several))
        tables.append((("data", "target"), data.target, "output", True))
    for path, values, kind, complete in tables:
        names = inputs if kind == "input" else outputs
        if names == (ONLY,):
            yield from _not_a_table(path, values, kind, complete, document)
        elif ONLY in values:
            yield from _not_for_all(path, values[ONLY], names, kind, document)
        else:
            yield from _names(path, values, names, kind, complete, document)


def _not_a_table(
    path: Path, values: Mapping[str, Any], kind: str, complete: bool, document: Document
) -> Iterator[Diagnostic]:
    """A table by names where there is a single input or output."""
    named = [name for name in values if name != ONLY]
    if not named and not (complete and not values):
        return
    message = f"{dotted(path)} is a table, but the network has one {kind}"
    hint = f"write the value of its {kind} in place of the table"
    if path[-1] == "loss_weights":
        hint = "remove it: there is nothing to weigh a single loss against"
    yield document.diagnostic(
        Code.LOSS if path[0] == "training" else Code.DATA_MISMATCH, message, hint, path
    )


def _not_for_all(
    path: Path, value: Any, names: Sequence[str], kind: str, document: Document
) -> Iterator[Diagnostic]:
    """A single value where there are several inputs or outputs."""
    if value == ():
        return
    code = Code.LOSS if path[0] == "training" else Code.DATA_MISMATCH
    message = f"{dotted(path)} is said once, but the network has {len(names)} {kind}s"
    hint = f"write a table with a key for each: {listed(names, 'and')}"
    yield document.diagnostic(code, message, hint, path)


def _names(
    path: Path,
    values: Mapping[str, Any],
    names: Sequence[str],
    kind: str,
    complete: bool,
    document: Document,
) -> Iterator[Diagnostic]:
    """Keys of a table that are no input or output, and those that it lacks."""
    unknown = [name for name in values if name not in names]
    missing = [name for name in names if name not in values] if complete else []
    for name in unknown:
        message = f"the network has no {kind} {name!r}"
        hint = nearest(name, names) or f"there are {listed(names, 'and')}"
        yield document.diagnostic(Code.UNKNOWN_NAME, message, hint, (*path, name), key=True)
    for name in missing:
        if not any(nearest(name, [word]) for word in unknown):  # it is only misspelt
            message = f"{dotted(path)} lacks the {kind} {name!r}"
            yield document.diagnostic(Code.MISSING_KEY, message, f"add {name} = ...", path)


def _history(spec: Spec, document: Document) -> Iterator[Diagnostic]:
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


def _weights(graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
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
    for output in spec.output_names():
        loss, metrics = spec.training.loss_of(output), spec.training.metrics_of(output)
        known = metrics_for(loss.TARGETS)
        names = [metric.reported for metric in metrics]
        for index, (metric, name) in enumerate(zip(metrics, names, strict=True)):
            path = ("training", "metrics", *([output] if output else []), index)
            if metric.kind not in known:
                message = f"the metric {metric.kind} cannot be computed with the loss {loss.kind}"
                yield document.diagnostic(Code.LOSS, message, f"allowed: {listed(known)}", path)
            elif name in names[:index]:
                message = f"the metric {name} stands twice"
                hint = f'remove one of them, or give it another name: {{ type = "{metric.kind}", '
                hint += 'name = "..." }'
                yield document.diagnostic(Code.DUPLICATE_NAME, message, hint, path)
            elif name in RESERVED or name.startswith("val_") or (output and name == "loss"):
                message = f"a metric cannot have the name {name}, which is that of another value"
                hint = "choose another name"
                yield document.diagnostic(Code.DUPLICATE_NAME, message, hint, (*path, "name"))


def _schedule(spec: Spec, document: Document) -> Iterator[Diagnostic]:
    """What the schedule, the optimizer and the training demand of each other."""
    if spec.schedule is None:
        return
    rate, epochs = spec.optimizer.learning_rate, spec.training.epochs
    for path, message, hint in refusals(spec.schedule, rate, epochs):
        yield document.diagnostic(Code.LEARNING_RATE, message, hint, ("schedule", *path))


def _optimizer(spec: Spec, document: Document) -> Iterator[Diagnostic]:
    """Keys of the optimizer that exclude each other, or have no effect."""
    restores = any(
        isinstance(callback, EarlyStopping) and callback.restore_best_weights
        for callback in spec.callbacks
    )
    for code, path, message, hint in conflicts(spec.optimizer, restores=restores):
        yield document.diagnostic(code, message, hint, ("optimizer", *path))


def _weights_of_optimizer(
    spec: Spec, graph: ResolvedGraph, document: Document
) -> Iterator[Diagnostic]:
    """Weights that the optimizer treats in another way, and that are not there."""
    weights = [path for path, weight in graph.weights().items() if weight.trainable]
    if not weights:
        return  # which is a mistake of its own
    for code, path, message, hint in unknown_paths(spec.optimizer, spec.name, weights):
        yield document.diagnostic(code, message, hint, ("optimizer", *path))


def _callbacks(spec: Spec, document: Document) -> Iterator[Diagnostic]:
    for code, path, message, hint in refused_files(spec):
        yield document.diagnostic(code, message, hint, ("callbacks", *path))
    swaps = [i for i, item in enumerate(spec.callbacks) if isinstance(item, SwapEMAWeights)]
    if swaps and not spec.optimizer.use_ema:
        message = "there is nothing to swap: the optimizer keeps no average of the weights"
        hint = "set use_ema = true in [optimizer], or remove the callback"
        yield document.diagnostic(Code.UNUSED, message, hint, ("callbacks", swaps[0], "type"))
    for index in swaps[1:]:
        message = "it swaps back what the other swap_ema_weights has swapped"
        path = ("callbacks", index, "type")
        yield document.diagnostic(Code.UNUSED, message, "remove one of them", path)
    for index, callback in enumerate(spec.callbacks):
        path = ("callbacks", index)
        if isinstance(callback, Watching) and callback.watches:
            yield from _monitor(spec, callback.monitor, (*path, "monitor"), document)
        if isinstance(callback, ReduceLROnPlateau) and spec.schedule is not None:
            message = "a schedule and reduce_lr_on_plateau would both set the learning rate"
            hint = "remove [schedule] or the callback"
            yield document.diagnostic(Code.LEARNING_RATE, message, hint, (*path, "type"))


def _monitor(spec: Spec, monitor: str, path: Path, document: Document) -> Iterator[Diagnostic]:
    """A value that a callback watches and that is not reported."""
    values = spec.losses_and_metrics()
    validation = [f"val_{name}" for name in values]
    if monitor in validation and not spec.has_validation:
        message = f"nothing produces {monitor!r}: there are no validation data"
        hint = "set validation_split in [data], or monitor a value of the training data"
        yield document.diagnostic(Code.MONITOR, message, hint, path)
    elif monitor not in values + validation:
        message = f"nothing produces {monitor!r}"
        known = values + (validation if spec.has_validation else [])
        hint = nearest(monitor, known) or f"allowed: {listed(known)}"
        yield document.diagnostic(Code.MONITOR, message, hint, path)


def _output(
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
    if graph.resolved(value) in graph.masks:
        message = "the output has a mask, and losses that leave out masked steps are not supported"
        hint = "remove mask_zero or the masking layer, or end with a layer that uses the mask up"
        yield document.diagnostic(Code.LOSS, message, hint, path)
    if loss.WHOLE and not shape:
        message = f"the loss {loss.kind} needs outputs of shape (N, ..., n)"
        yield document.diagnostic(Code.LOSS, f"{message}, found {shape_text(shape)}", "", path)


def _measured(spec: Spec, graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    """Whether metrics can be computed of outputs of these shapes."""
    for output, value in graph.outputs.items():
        targets = spec.training.loss_of(output).TARGETS
        name = [] if graph.graph.single_output else [output]
        for index, metric in enumerate(spec.training.metrics_of(output)):
            message, hint = metric.refusal(targets, graph.shapes[value])
            if message and targets in metric.TARGETS:
                path = ("training", "metrics", *name, index)
                yield document.diagnostic(Code.LOSS, message, hint, path)


def _class_weight(spec: Spec, graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
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


def _data(spec: Spec, graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    data = spec.data
    if len(graph.inputs) == 1 and len(graph.outputs) == 1:
        yield from _single_data(spec, graph, document)
        return
    if data.stratify and len(graph.outputs) > 1:
        message = "stratify needs the classes of one output, the network has several"
        path = ("data", "stratify")
        yield document.diagnostic(Code.DATA_MISMATCH, message, "remove stratify", path)
    elif data.stratify:
        yield from _strata(spec, graph, document)
    if isinstance(data, Embedded):
        message = f"{data.source} is one array of images with their classes"
        hint = "use a network of one input and one output, or other data"
        yield document.diagnostic(Code.DATA_MISMATCH, message, hint, ("data", "source"))
    if isinstance(data, CSV):
        sizes = {name: math.prod(value.shape) for name, value in graph.inputs.items()}
        for name in spec.input_names():
            size = sizes[name] if name else next(iter(sizes.values()))
            yield from _columns(data, name, size, document)


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
    if isinstance(data, CSV):
        yield from _columns(data, ONLY, math.prod(graph.input_shape), document)
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


def _columns(data: CSV, name: str, size: int, document: Document) -> Iterator[Diagnostic]:
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
        elif column in features[:index]:
            message = f"the feature {column!r} stands twice"
            yield document.diagnostic(
                Code.DUPLICATE_NAME, message, "remove one of them", (*path, index)
            )
