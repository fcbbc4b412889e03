"""What a spec may do beyond plain training: how one sees that it does, and how to take it out.

All of it works on the tree of a rendered spec. The order of the table is that of the ladder: first
what stands in the network, then what the loss and the optimizer add, last what acts on epochs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, cast

from samenet.ablation.layers import (
    Table,
    Tree,
    layers_of,
    with_layers,
    with_lists,
    without_layers,
)
from samenet.diagnostics import listed
from samenet.optimizers.base import CLIPPING


@dataclass(frozen=True)
class Technique:
    """A technique.

    Attributes:
        key: its name on the command line and in results.
        title: its name in words.
        detail: how a tree uses it, or an empty text if it does not.
        without: the tree without it.
    """

    key: str
    title: str
    detail: Callable[[Tree], str]
    without: Callable[[Tree], Tree]


NORMALIZATIONS = (
    "layer_normalization",
    "group_normalization",
    "rms_normalization",
    "unit_normalization",
)
DROPOUTS = (
    "dropout",
    "alpha_dropout",
    "gaussian_dropout",
    "spatial_dropout1d",
    "spatial_dropout2d",
    "spatial_dropout3d",
)
DROPOUT_KEYS = ("dropout", "recurrent_dropout")
AUGMENTATIONS = (
    "random_flip",
    "random_rotation",
    "random_zoom",
    "random_contrast",
)
"""`random_crop` is none of them: without it the shape would be another."""


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _layers(kinds: Collection[str]) -> tuple[Callable[[Tree], str], Callable[[Tree], Tree]]:
    """Layers of some types, each of them with its number."""

    def detail(tree: Tree) -> str:
        found = Counter[str]()
        for layer, times in layers_of(tree):
            if layer["type"] in kinds:
                found[layer["type"]] += times
        return listed((f"{count} x {kind}" for kind, count in found.items()), "and")

    return detail, lambda tree: without_layers(tree, kinds)


def _batch_normalizations(tree: Tree) -> str:
    places = Counter[str]()
    for layer, times in layers_of(tree):
        placement = layer.get("batch_normalization", "none")
        if layer["type"] == "batch_normalization":
            places["as a layer"] += times
        elif placement != "none":
            places[placement.replace("_", " the ")] += times
    return listed((f"{_counted(n, 'time')} {place}" for place, n in places.items()), "and")


def _with_biases(items: list[Table]) -> list[Table]:
    """A list in which what is normalized by the next layer has a bias."""
    nexts = [*items[1:], {}]
    return [
        {**item, "use_bias": True}
        if item.get("use_bias") is False and following.get("type") == "batch_normalization"
        else item
        for item, following in zip(items, nexts, strict=True)
    ]


def _without_batch_normalization(tree: Tree) -> Tree:
    """A layer that has no bias because of it gets one, as in the plain network."""

    def plain(layer: Table) -> Table:
        if layer.get("batch_normalization", "none") == "none":
            return layer
        bias = {"use_bias": True} if layer.get("use_bias") is False else {}
        return {**layer, **bias, "batch_normalization": "none"}

    tree = with_lists(with_layers(tree, plain), _with_biases)
    tree = without_layers(tree, ("batch_normalization",))
    return {key: value for key, value in tree.items() if key != "defaults"}


def _dropouts(tree: Tree) -> str:
    rates = Counter[float]()
    for layer, times in layers_of(tree):
        if layer["type"] in DROPOUTS:
            rates[layer["rate"]] += times
        for key in DROPOUT_KEYS:
            if layer.get(key):
                rates[layer[key]] += times
    return listed((f"{rate} in {_counted(n, 'layer')}" for rate, n in rates.items()), "and")


def _without_dropout(tree: Tree) -> Tree:
    def plain(layer: Table) -> Table:
        return {**layer, **{key: 0.0 for key in DROPOUT_KEYS if layer.get(key)}}

    return without_layers(with_layers(tree, plain), DROPOUTS)


def _rules(
    suffix: str, kinds: Collection[str] = ()
) -> tuple[Callable[[Tree], str], Callable[[Tree], Tree]]:
    """Rules of weights and outputs: the keys with an ending, and layers of some types."""

    def detail(tree: Tree) -> str:
        found = Counter[str]()
        for layer, times in layers_of(tree):
            for key, value in layer.items():
                if key.endswith(suffix):
                    found[value["type"] if isinstance(value, dict) else value] += times
            if layer["type"] in kinds:
                found[layer["type"]] += times
        return listed((f"{name} in {_counted(n, 'place')}" for name, n in found.items()), "and")

    def plain(layer: Table) -> Table:
        return {key: value for key, value in layer.items() if not key.endswith(suffix)}

    return detail, lambda tree: without_layers(with_layers(tree, plain), kinds)


DECAYS = ("weight_decay", "adam_weight_decay")


def _weight_decay(tree: Tree) -> str:
    optimizer = tree["optimizer"]
    return listed((str(optimizer[key]) for key in DECAYS if optimizer.get(key)), "and")


def _without_weight_decay(tree: Tree) -> Tree:
    optimizer = {k: v for k, v in tree["optimizer"].items() if k != "exclude_from_weight_decay"}
    return {**tree, "optimizer": {**optimizer, **{k: 0.0 for k in DECAYS if k in optimizer}}}


def _smoothings(loss: Any) -> Iterator[float]:
    """The smoothing of a loss, or of those of several outputs."""
    if isinstance(loss, dict):
        for key, value in cast("Table", loss).items():
            if key == "label_smoothing" and value:
                yield value
            yield from _smoothings(value)


def _unsmoothed(loss: Any) -> Any:
    if not isinstance(loss, dict):
        return loss
    table = cast("Table", loss).items()
    return {key: 0.0 if key == "label_smoothing" else _unsmoothed(v) for key, v in table}


def _class_weights(tree: Tree) -> str:
    weights = tree["training"].get("class_weight")
    return (
        listed((f"{name}: {weight}" for name, weight in weights.items()), "and") if weights else ""
    )


def _training(tree: Tree, **changes: Any) -> Tree:
    """The tree with other values in its table of training; None removes a key."""
    values = {**tree["training"], **changes}
    return {**tree, "training": {key: v for key, v in values.items() if v is not None}}


def _optimizer_without(*keys: str) -> Callable[[Tree], Tree]:
    def without(tree: Tree) -> Tree:
        return {**tree, "optimizer": {k: v for k, v in tree["optimizer"].items() if k not in keys}}

    return without


def _clipping(tree: Tree) -> str:
    optimizer = tree["optimizer"]
    return "".join(f"{key} {optimizer[key]}" for key in CLIPPING if key in optimizer)


def _averages(tree: Tree) -> str:
    optimizer = tree["optimizer"]
    return f"momentum {optimizer['ema_momentum']}" if optimizer.get("use_ema") else ""


def _without_averages(tree: Tree) -> Tree:
    keys = ("use_ema", "ema_momentum", "ema_overwrite_frequency")
    return without_callbacks(_optimizer_without(*keys)(tree), ("swap_ema_weights",))


def without_callbacks(tree: Tree, kinds: Collection[str]) -> Tree:
    """The tree without callbacks of some types."""
    kept = [item for item in tree.get("callbacks", []) if item["type"] not in kinds]
    rest = {key: value for key, value in tree.items() if key != "callbacks"}
    return {**rest, "callbacks": kept} if kept else rest


def _callback(kind: str, *keys: str) -> tuple[Callable[[Tree], str], Callable[[Tree], Tree]]:
    """Callbacks of a type, with some of their keys."""

    def detail(tree: Tree) -> str:
        found = [item for item in tree.get("callbacks", []) if item["type"] == kind]
        texts = (
            ", ".join([item["monitor"], *(f"{key} {item[key]}" for key in keys)]) for item in found
        )
        return listed(texts, "and")

    return detail, lambda tree: without_callbacks(tree, (kind,))


TECHNIQUES = (
    Technique(
        "batch_normalization",
        "batch normalization",
        _batch_normalizations,
        _without_batch_normalization,
    ),
    Technique("normalization", "other normalizations", *_layers(NORMALIZATIONS)),
    Technique("dropout", "dropout", _dropouts, _without_dropout),
    Technique("gaussian_noise", "Gaussian noise", *_layers(("gaussian_noise",))),
    Technique(
        "regularizers", "regularizers", *_rules("_regularizer", ("activity_regularization",))
    ),
    Technique("weight_decay", "weight decay", _weight_decay, _without_weight_decay),
    Technique("constraints", "weight constraints", *_rules("_constraint")),
    Technique(
        "label_smoothing",
        "label smoothing",
        lambda tree: listed(map(str, _smoothings(tree["training"]["loss"])), "and"),
        lambda tree: _training(tree, loss=_unsmoothed(tree["training"]["loss"])),
    ),
    Technique(
        "class_weight",
        "class weights",
        _class_weights,
        lambda tree: _training(tree, class_weight=None),
    ),
    Technique("augmentation", "augmentation", *_layers(AUGMENTATIONS)),
    Technique("clipping", "gradient clipping", _clipping, _optimizer_without(*CLIPPING)),
    Technique(
        "schedule",
        "learning-rate schedule",
        lambda tree: tree.get("schedule", {}).get("type", ""),
        lambda tree: {key: value for key, value in tree.items() if key != "schedule"},
    ),
    Technique(
        "reduce_lr_on_plateau",
        "rate cut on a plateau",
        *_callback("reduce_lr_on_plateau", "factor", "patience"),
    ),
    Technique("early_stopping", "early stopping", *_callback("early_stopping", "patience")),
    Technique("averages", "weight averages", _averages, _without_averages),
)
"""All techniques that can be taken out, in the order of the ladder."""
