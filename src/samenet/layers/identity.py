"""Identity: the output is the input.

Source: https://keras.io/api/layers/core_layers/identity/
"""

from __future__ import annotations

from typing import Literal

from samenet.codegen.expression import Call, call
from samenet.graph.ir import ResolvedNode
from samenet.layers.base import Layer
from samenet.lowering import TorchLayer, lowers


class Identity(Layer):
    """Gives its input on, for a name of its own."""

    SUPPORTS_MASKING = True
    INTEGERS = "keeps"

    type: Literal["identity"]


@lowers(Identity, "keras")
def keras(layer: Identity, node: ResolvedNode) -> Call:
    """`layers.Identity`."""
    del layer
    return call("layers.Identity", name=node.name)


@lowers(Identity, "torch", layout="any")
def torch(layer: Identity, node: ResolvedNode) -> TorchLayer:
    """Nothing: the same variable."""
    del layer, node
    return TorchLayer()
