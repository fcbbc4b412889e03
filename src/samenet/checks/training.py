"""What the optimizer, the schedule and the callbacks demand of each other."""

from __future__ import annotations

from collections.abc import Iterator

from samenet.callbacks.base import Watching
from samenet.callbacks.refusals import refusals as refused_files
from samenet.diagnostics import Code, Diagnostic, Path, listed, nearest
from samenet.document import Document
from samenet.edits import respelt
from samenet.graph.ir import ResolvedGraph
from samenet.optimizers.refusals import conflicts, unknown_paths
from samenet.schedules import refusals
from samenet.spec.model import Spec


def schedule(spec: Spec, document: Document) -> Iterator[Diagnostic]:
    """What the schedule, the optimizer and the training demand of each other."""
    if spec.schedule is None:
        return
    rate, epochs = spec.optimizer.learning_rate, spec.training.epochs
    for path, message, hint in refusals(spec.schedule, rate, epochs):
        yield document.diagnostic(Code.LEARNING_RATE, message, hint, ("schedule", *path))


def optimizer(spec: Spec, document: Document) -> Iterator[Diagnostic]:
    """Keys of the optimizer that exclude each other, or have no effect."""
    restores = any(callback.restores for callback in spec.callbacks)
    for code, path, message, hint in conflicts(spec.optimizer, restores=restores):
        yield document.diagnostic(code, message, hint, ("optimizer", *path))


def weights_of_optimizer(
    spec: Spec, graph: ResolvedGraph, document: Document
) -> Iterator[Diagnostic]:
    """Weights that the optimizer treats in another way, and that are not there."""
    weights = [path for path, weight in graph.weights().items() if weight.trainable]
    if not weights:
        return  # which is a mistake of its own
    for code, path, message, hint in unknown_paths(spec.optimizer, spec.name, weights):
        yield document.diagnostic(code, message, hint, ("optimizer", *path))


def callbacks(spec: Spec, document: Document) -> Iterator[Diagnostic]:
    """What the callbacks, the optimizer and the schedule demand of each other."""
    for code, path, message, hint in refused_files(spec):
        yield document.diagnostic(code, message, hint, ("callbacks", *path))
    swaps = [i for i, item in enumerate(spec.callbacks) if item.SWAPS]
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
            yield from monitor(spec, callback.monitor, (*path, "monitor"), document)
        rate, lowest = spec.optimizer.learning_rate, callback.lowest_rate
        if lowest is not None and lowest >= rate:
            message = f"it can never lower the learning rate, {rate}, to a min_lr of {lowest}"
            hint = "choose a min_lr below learning_rate"
            yield document.diagnostic(Code.LEARNING_RATE, message, hint, (*path, "min_lr"))
        if lowest is not None and spec.schedule is not None:
            message = "a schedule and reduce_lr_on_plateau would both set the learning rate"
            hint = "remove [schedule] or the callback"
            yield document.diagnostic(Code.LEARNING_RATE, message, hint, (*path, "type"))


def distributed(spec: Spec, graph: ResolvedGraph, document: Document) -> Iterator[Diagnostic]:
    """What cannot be put together from the shares of several processes."""
    if not spec.training.distributed:
        return
    normalized = any(node.kind == "batch_normalization" for node in graph.nodes)
    refusals = [
        (not graph.graph.single_output, "several outputs"),
        (
            any(spec.training.loss_of(name).ignored() is not None for name in graph.outputs),
            "a loss that leaves out targets",
        ),
        (spec.data.weights is not None, "weights of samples"),
        (bool(graph.output_masks()), "a mask at an output"),
        (normalized and bool(graph.masks), "batch normalization and masks"),
    ]
    for refused, what in refusals:
        if refused:
            message = f"a network with {what} cannot be trained in several processes"
            path = ("training", "distributed")
            yield document.diagnostic(Code.LOSS, message, "remove distributed", path)


def studies(spec: Spec, document: Document) -> Iterator[Diagnostic]:
    """What the tables of studies watch."""
    for key, table in (("ablation", spec.ablation), ("search", spec.search)):
        if table is not None and table.monitor is not None:
            yield from monitor(spec, table.monitor, (key, "monitor"), document)


def monitor(spec: Spec, name: str, path: Path, document: Document) -> Iterator[Diagnostic]:
    """A value that is watched and that is not reported."""
    values = spec.losses_and_metrics()
    validation = [f"val_{name}" for name in values]
    if name in validation and not spec.has_validation:
        message = f"nothing produces {name!r}: there are no validation data"
        hint = "set validation_split in [data], or monitor a value of the training data"
        yield document.diagnostic(Code.MONITOR, message, hint, path)
    elif name not in values + validation:
        message = f"nothing produces {name!r}"
        known = values + (validation if spec.has_validation else [])
        hint = nearest(name, known) or f"allowed: {listed(known)}"
        found = document.diagnostic(Code.MONITOR, message, hint, path)
        yield respelt(found, document, name, known)
