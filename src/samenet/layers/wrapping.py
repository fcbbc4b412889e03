"""Layers inside of other layers: `layer = { type = "lstm", units = 64 }`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from samenet.codegen.expression import Call
from samenet.graph.ir import ResolvedNode, ShapeError
from samenet.layers.base import Layer
from samenet.lowering import KerasLayer, lower
from samenet.schema import kind_of


def outside_only(outer: Layer, inside: Layer, keys: Sequence[str]) -> None:
    """Check that the layer inside leaves alone what only the layer around it can say.

    Raises:
        ShapeError: it has one of the keys.
    """
    fields = type(inside).model_fields
    for key in keys:
        if key in fields and getattr(inside, key) != fields[key].default:
            raise ShapeError(
                f"the {kind_of(type(inside))} inside of a {kind_of(type(outer))} takes no {key}",
                f"remove it there; give the {kind_of(type(outer))} itself what it needs",
            )


def keras_inside(inside: Layer, node: ResolvedNode, name: str) -> Call:
    """The constructor of the layer inside, with a name of its own.

    Args:
        inside: the layer.
        node: the place of the layer around it, under whose name it draws random numbers.
        name: what it is called in the paths of its weights.
    """
    lowered: Call | KerasLayer = lower(inside, "keras", replace(node, layer=inside))
    constructor = lowered if isinstance(lowered, Call) else lowered.constructor
    assert constructor is not None
    keywords = tuple((key, name if key == "name" else v) for key, v in constructor.keywords)
    return replace(constructor, keywords=keywords)
