"""Advice on normalization: where it helps, and what stands around it."""

from __future__ import annotations

from collections.abc import Iterator

from samenet.advice.subject import NORMALIZATIONS, Finding, Setting, Subject, is_weighted
from samenet.graph.ir import ResolvedNode
from samenet.layers.base import KernelAndBias

FEWEST = 3
"""Layers with weights from which on batch normalization pays."""

DEEPEST = 3
"""Layers with weights, one behind the other, up to which no normalization is needed."""

SMALLEST = 8
"""Samples of a batch from which on its mean and variance are good estimates."""

_ACTIVATIONS = ("elu", "gelu", "leaky_relu", "prelu", "relu")


def small_network(subject: Subject) -> Iterator[Finding]:
    """Batch normalization in a network of few layers."""
    norms = subject.of_kind("batch_normalization")
    count = sum(is_weighted(node) for node in subject.graph.nodes)
    recurrent = any(n.multiply_adds and not is_weighted(n) for n in subject.graph.nodes)
    if norms and count < FEWEST and not recurrent:
        message = f"batch normalization in a network of {count} layer{'s' * (count > 1)} "
        message += "with weights"
        path = subject.written(norms[0].origin, "batch_normalization")
        yield Finding(message, f"leave it out of networks of fewer than {FEWEST}", path, key=True)


def after_activation(subject: Subject) -> Iterator[Finding]:
    """Batch normalization of what an activation has cut."""
    for norm in subject.of_kind("batch_normalization"):
        activations = filter(_is_activation, subject.before(norm))
        if not any(is_weighted(node) for item in activations for node in subject.before(item)):
            continue
        path = subject.written(norm.origin, "batch_normalization")
        setting = None
        if path[-1] == "batch_normalization":
            setting = Setting(path[:-1], "batch_normalization", "before_activation")
        message = "batch normalization stands after the activation"
        hint = "put it between the weights and the activation"
        yield Finding(message, hint, path, key=setting is None, setting=setting)


def _is_activation(node: ResolvedNode) -> bool:
    return node.kind in _ACTIVATIONS or _activation(node) != "linear"


def _activation(node: ResolvedNode) -> str:
    """The function that an activation layer is."""
    return getattr(node.layer, "activation", "") if node.kind == "activation" else "linear"


def needless_bias(subject: Subject) -> Iterator[Finding]:
    """A bias that batch normalization takes away with the mean."""
    shared = {node.share for node in subject.graph.nodes if node.share}
    for norm in subject.of_kind("batch_normalization"):
        for node in subject.before(norm):
            layer = node.layer
            if not isinstance(layer, KernelAndBias) or not layer.use_bias:
                continue
            alone = subject.readers(node) == 1 and not node.share and node.name not in shared
            if alone and _by_channel(norm):
                message = f"the bias of this {node.kind} is lost: batch normalization subtracts it"
                path = subject.written(node.origin, "use_bias")
                if path[0] == "defaults":
                    path = node.origin
                setting = Setting(node.origin, "use_bias", False, safe=True)
                yield Finding(message, "set use_bias = false", path, path == node.origin, setting)


def _by_channel(norm: ResolvedNode) -> bool:
    return getattr(norm.layer, "axis", -1) in (-1, len(norm.input_shape))


def no_normalization(subject: Subject) -> Iterator[Finding]:
    """A deep network that nothing normalizes."""
    nodes = subject.graph.nodes
    selu = any(_activation(node) == "selu" for node in nodes)
    normalized = selu or bool(subject.of_kind(*NORMALIZATIONS))
    depth = subject.depth()
    if depth > DEEPEST and not normalized:
        message = f"{depth} layers with weights, one behind the other, without a normalization"
        hint = "normalize behind the weights of hidden layers: "
        hint += 'batch_normalization = "before_activation"'
        yield Finding(message, hint, ("layers",), key=True)


def small_batches(subject: Subject) -> Iterator[Finding]:
    """Batch normalization whose batches are too small to be normalized by."""
    size = subject.spec.training.batch_size
    if subject.of_kind("batch_normalization") and size < SMALLEST:
        message = f"batch normalization of batches of {size}, fewer than {SMALLEST} samples"
        hint = f"use a batch_size of {SMALLEST} or more, or group_normalization"
        yield Finding(message, hint, ("training", "batch_size"))
