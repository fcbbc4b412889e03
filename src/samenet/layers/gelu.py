"""GELU: x * P(X <= x) for a normal X, or its approximation by a hyperbolic tangent.

Keras has no layer for the approximation: `keras.activations.gelu` is exact unless told otherwise,
`keras.ops.gelu` is the approximation; the Keras program carries a function with a name.
Source: Hendrycks and Gimpel (2016), https://arxiv.org/abs/1606.08415;
https://keras.io/api/layers/activations/#gelu-function
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import ResolvedNode
from samenet.layers.base import ActivationName, Layer
from samenet.lowering import TorchLayer, lowers


class GELU(Layer):
    """The Gaussian error linear unit; the shape stays."""

    SUPPORTS_MASKING = True

    type: Literal["gelu"]
    approximate: bool = Field(False, description="Whether tanh approximates the distribution.")

    @property
    def computes(self) -> ActivationName:
        return "linear" if self.approximate else "gelu"


@lowers(GELU, "keras")
def keras(layer: GELU, node: ResolvedNode) -> Call:
    """`layers.Activation`, with a function of its own for the approximation."""
    function = Name("gelu_tanh", "keras/activations") if layer.approximate else "gelu"
    return call("layers.Activation", function, name=node.name)


@lowers(GELU, "torch", layout="any")
def torch(layer: GELU, node: ResolvedNode) -> TorchLayer:
    """`F.gelu`."""
    del node
    options = {"approximate": "tanh"} if layer.approximate else {}

    def gelu(x: Expression) -> Expression:
        return call("F.gelu", x, **options)

    return TorchLayer(function=gelu)
