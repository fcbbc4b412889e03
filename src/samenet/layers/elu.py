"""ELU: x where it is positive, else alpha * (exp(x) - 1).

Source: Clevert et al. (2016), https://arxiv.org/abs/1511.07289;
https://keras.io/api/layers/activation_layers/elu/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, call
from samenet.graph.ir import ResolvedNode
from samenet.layers.base import ActivationName, Layer
from samenet.lowering import TorchLayer, lowers


class ELU(Layer):
    """The exponential linear unit; the shape stays."""

    SUPPORTS_MASKING = True

    type: Literal["elu"]
    alpha: float = Field(1.0, description="The factor for negative x.")

    @property
    def computes(self) -> ActivationName:
        return "elu" if self.alpha == 1 else "linear"

    def options(self) -> dict[str, float]:
        """The argument where it is not 1, the default of both frameworks."""
        return {} if self.alpha == 1 else {"alpha": self.alpha}


@lowers(ELU, "keras")
def keras(layer: ELU, node: ResolvedNode) -> Call:
    """`layers.ELU`."""
    return call("layers.ELU", **layer.options(), name=node.name)


@lowers(ELU, "torch", layout="any")
def torch(layer: ELU, node: ResolvedNode) -> TorchLayer:
    """`F.elu`."""
    del node

    def elu(x: Expression) -> Expression:
        return call("F.elu", x, **layer.options())

    return TorchLayer(function=elu)
