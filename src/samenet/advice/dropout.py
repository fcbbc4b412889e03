"""Advice on dropout: how much, and where."""

from __future__ import annotations

from collections.abc import Iterator

from samenet.advice.subject import Finding, Setting, Subject, is_weighted
from samenet.diagnostics import Path
from samenet.graph.ir import ResolvedNode
from samenet.layers.base import Layer

LEAST, MOST, MOST_OF_INPUTS = 0.2, 0.5, 0.2
"""The rates that Srivastava et al. (2014) call typical: of hidden units, and of inputs."""

_SPATIAL = ("spatial_dropout1d", "spatial_dropout2d", "spatial_dropout3d")
_STANDARDIZED = ("layer_normalization", "rms_normalization")


def rate(subject: Subject) -> Iterator[Finding]:
    """Rates outside of what is typical.

    A low rate counts behind dense layers only: convolutions, and the blocks of transformers and
    mixers (which have layer normalization), are used with 0.1 or less.
    """
    small = bool(subject.of_kind(*_STANDARDIZED))
    for node in _dropouts(subject):
        value = _rate(node.layer)
        path = _place(subject, node)
        last = next((n for n in subject.back(node.inputs[0]) if subject.has_weights(n)), None)
        if last is None and value > MOST_OF_INPUTS:
            message = f"dropout takes {value} of the inputs, more than {MOST_OF_INPUTS}"
            yield Finding(message, f"use at most {MOST_OF_INPUTS} on inputs", path)
        elif last is not None and value > MOST:
            message = f"dropout takes {value} of the units, more than {MOST}"
            yield Finding(message, f"use {LEAST} to {MOST}, and a larger layer if need be", path)
        elif last is not None and last.kind == "dense" and value < LEAST and not small:
            message = f"dropout takes {value} of hidden units, less than {LEAST}"
            yield Finding(message, f"use {LEAST} to {MOST}, or none", path)


def at_output(subject: Subject) -> Iterator[Finding]:
    """Dropout of what the network says, or of what a regression is computed of."""
    for name, value in subject.graph.outputs.items():
        behind = list(subject.back(value))
        ending = next((node for node in behind if subject.has_weights(node)), None)
        for node in behind:
            if _is_plain(node):
                message = "dropout behind the last weights takes away part of the answer"
                yield _finding(subject, node, message, "drop before the last layer, or remove it")
        if ending is not None and _is_regression(subject, name, ending):
            for node in subject.before(ending):
                if _is_plain(node):
                    message = "dropout right before the output of a regression shifts its scale"
                    yield _finding(subject, node, message, "drop in earlier layers only")


def before_normalization(subject: Subject) -> Iterator[Finding]:
    """Dropout whose outputs are batch-normalized before any other weights."""
    for norm in subject.of_kind("batch_normalization"):
        for node in subject.back(norm.inputs[0]):
            if _is_plain(node):
                message = "batch normalization reads what dropout leaves, whose variance differs "
                message += "between training and inference"
                hint = "put the dropout behind the normalization and the activation"
                yield Finding(message, hint, _place(subject, node))


def _is_plain(node: ResolvedNode) -> bool:
    """Whether a layer drops units or channels; not whole samples, as stochastic depth does."""
    if node.kind == "dropout":
        return getattr(node.layer, "noise_shape", None) is None
    return node.kind in _SPATIAL


def plain_dropouts(subject: Subject) -> list[ResolvedNode]:
    """The layers that drop units or channels."""
    return [node for node in subject.graph.nodes if _is_plain(node)]


def _dropouts(subject: Subject) -> list[ResolvedNode]:
    return [node for node in plain_dropouts(subject) if _rate(node.layer) > 0]


def _rate(layer: Layer) -> float:
    return getattr(layer, "rate", 0.0)


def _place(subject: Subject, node: ResolvedNode) -> Path:
    """Where the rate stands: in a layer of its own, or in the layer that brings it along."""
    return subject.written(node.origin, "rate", "dropout")


def _finding(subject: Subject, node: ResolvedNode, message: str, hint: str) -> Finding:
    """A finding whose change takes the dropout away from the layer that brings it along."""
    path = _place(subject, node)
    setting = Setting(node.origin, "dropout", 0.0) if path[-1] == "dropout" else None
    return Finding(message, hint, path, setting=setting)


def _is_regression(subject: Subject, output: str, ending: ResolvedNode) -> bool:
    name = "" if subject.graph.graph.single_output else output
    return is_weighted(ending) and subject.spec.training.loss_of(name).TARGETS == "values"
