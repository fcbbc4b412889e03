"""Advice on training: learning rates, callbacks, what is measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from samenet.advice.dropout import plain_dropouts
from samenet.advice.subject import Finding, Setting, Subject
from samenet.callbacks.base import Watching
from samenet.diagnostics import Path
from samenet.schema import kind_of

HIGHEST_RATES: Mapping[str, float] = MappingProxyType(
    {
        "adafactor": 0.01,
        "adagrad": 0.1,
        "adam": 0.01,
        "adamax": 0.01,
        "adamw": 0.01,
        "lamb": 0.02,
        "lion": 0.001,
        "muon": 0.05,
        "nadam": 0.01,
        "rmsprop": 0.01,
        "sgd": 0.5,
    }
)
"""The highest rate of each optimizer that is usual without a schedule: ten times Keras' default,
or what its paper recommends. Others bring a scale of their own."""


def high_rate(subject: Subject) -> Iterator[Finding]:
    """A learning rate that is high and stays so."""
    optimizer = subject.spec.optimizer
    kind = kind_of(type(optimizer))
    highest = HIGHEST_RATES.get(kind)
    if highest is not None and optimizer.learning_rate > highest and not _rate_changes(subject):
        message = f"a constant learning rate of {optimizer.learning_rate} is high for "
        message += f"{kind}, beyond {highest}"
        hint = "choose a lower one, or add a [schedule] that warms up and lowers it"
        yield Finding(message, hint, ("optimizer", "learning_rate"))


def _rate_changes(subject: Subject) -> bool:
    return subject.spec.schedule is not None or bool(_callbacks(subject, "reduce_lr_on_plateau"))


def _callbacks(subject: Subject, kind: str) -> list[tuple[Path, Any]]:
    """The callbacks of a type, each with its place."""
    callbacks = enumerate(subject.spec.callbacks)
    return [(("callbacks", i), item) for i, item in callbacks if kind_of(type(item)) == kind]


def no_validation(subject: Subject) -> Iterator[Finding]:
    """No samples that the network is not trained on."""
    data = subject.spec.data
    if not data.validation_split and not data.HANDED_OVER:
        message = "no samples are kept for validation, so overfitting cannot be seen"
        setting = Setting(("data",), "validation_split", 0.2)
        yield Finding(message, "set validation_split = 0.2", ("data",), True, setting)


def training_watched(subject: Subject) -> Iterator[Finding]:
    """A callback that watches training values though there are others."""
    if not subject.spec.data.validation_split:
        return
    for index, callback in enumerate(subject.spec.callbacks):
        if isinstance(callback, Watching) and callback.watches:
            monitor, path = callback.monitor, ("callbacks", index)
            if not monitor.startswith("val_"):
                message = f"{callback_type(callback)} watches {monitor!r} of the training data, "
                message += "which improves with overfitting too"
                setting = Setting(path, "monitor", f"val_{monitor}")
                hint = f'set monitor = "val_{monitor}"'
                yield Finding(message, hint, (*path, "monitor"), setting=setting)


def callback_type(callback: Watching) -> str:
    """The word for a callback in a spec."""
    return str(getattr(callback, "type", "callback"))


def best_weights(subject: Subject) -> Iterator[Finding]:
    """Early stopping that ends with the weights of epochs without improvement."""
    if any(item.save_best_only for _, item in _callbacks(subject, "model_checkpoint")):
        return
    for path, callback in _callbacks(subject, "early_stopping"):
        if not callback.restore_best_weights:
            message = "early_stopping ends with the weights of its last epoch, not the best ones"
            setting = Setting(path, "restore_best_weights", True, safe=True)
            hint = "set restore_best_weights = true"
            yield Finding(message, hint, path, True, setting)


def patience(subject: Subject) -> Iterator[Finding]:
    """A plateau that waits until early stopping ends the training."""
    stops = _callbacks(subject, "early_stopping")
    for path, callback in _callbacks(subject, "reduce_lr_on_plateau"):
        for _, stop in stops:
            if stop.monitor == callback.monitor and callback.patience >= stop.patience:
                message = f"reduce_lr_on_plateau waits {callback.patience} epochs, and "
                message += f"early_stopping ends the training after {stop.patience}"
                half = stop.patience // 2
                setting = Setting(path, "patience", half) if half else None
                hint = "give it less patience than early_stopping"
                yield Finding(message, hint, (*path, "patience"), setting=setting)
                break


def no_metric(subject: Subject) -> Iterator[Finding]:
    """A classification of which only the loss is reported."""
    for output, value in subject.graph.outputs.items():
        single = subject.graph.graph.single_output
        name = "" if single else output
        training, shape = subject.spec.training, subject.graph.shapes[value]
        kind = training.loss_of(name).TARGETS
        classes = len(shape) == 1 and kind != "values" and (kind != "binary" or shape == (1,))
        if classes and not training.metrics_of(name):
            where = "the classes" if single else f"the classes of {output!r}"
            message = f"only a loss is reported of {where}, which says little to people"
            setting = Setting(("training",), "metrics", ["accuracy"], safe=True)
            hint = 'add metrics = ["accuracy"], or precision and recall where classes are rare'
            yield Finding(message, hint, ("training",), True, setting if single else None)


def techniques(subject: Subject) -> Iterator[Finding]:
    """Dropout among batch normalizations, under a changing rate: nobody knows what helped."""
    dropped = {node.name for node in plain_dropouts(subject)}
    for node in subject.graph.nodes:
        if any(item.name in dropped for item in subject.before(node)):
            dropped.add(node.name)
            if node.kind == "batch_normalization" and _rate_changes(subject):
                message = "dropout, batch normalization behind it and a changing learning rate at "
                message += "once: which of them helps cannot be told"
                hint = "let `samenet ablate` say what each of them buys"
                yield Finding(message, hint, ("layers",), key=True)
                return
