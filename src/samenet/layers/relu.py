"""ReLU and leaky ReLU: x where it is positive, else 0 or slope * x.

`relu` has a limit, a slope and a threshold t: min(x, max_value) for x > t, else slope * (x - t).
Keras' layer `leaky_relu` has the slope 0.3, its activation of that name 0.2, PyTorch's 0.01; Keras
holds the slope in 32 bits.
Source: https://keras.io/api/layers/activation_layers/relu/,
https://keras.io/api/layers/activation_layers/leaky_relu/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import ResolvedNode
from samenet.layers.base import ActivationName, Layer
from samenet.lowering import TorchLayer, lowers
from samenet.schema import NonNegative


class ReLU(Layer):
    """The rectified linear unit; the shape stays."""

    SUPPORTS_MASKING = True

    type: Literal["relu"]
    max_value: NonNegative | None = Field(None, description="The largest output.")
    negative_slope: NonNegative = Field(0.0, description="The slope up to the threshold.")
    threshold: NonNegative = Field(0.0, description="Where x begins to pass unchanged.")

    @property
    def computes(self) -> ActivationName:
        return "linear" if self.options() else "relu"

    def options(self) -> dict[str, float]:
        """The arguments that are not at their defaults."""
        options = {} if self.max_value is None else {"max_value": self.max_value}
        options |= {"negative_slope": self.negative_slope} if self.negative_slope else {}
        return options | ({"threshold": self.threshold} if self.threshold else {})


class LeakyReLU(Layer):
    """x where it is positive, else negative_slope * x; the shape stays."""

    SUPPORTS_MASKING = True

    type: Literal["leaky_relu"]
    negative_slope: NonNegative = Field(0.3, description="The slope for negative x.")


@lowers(ReLU, "keras")
def keras_relu(layer: ReLU, node: ResolvedNode) -> Call:
    """`layers.ReLU`."""
    return call("layers.ReLU", **layer.options(), name=node.name)


@lowers(ReLU, "torch", layout="any")
def torch_relu(layer: ReLU, node: ResolvedNode) -> TorchLayer:
    """`F.relu` or `F.relu6`, a leaky ReLU, or for other arguments a module of its own."""
    del node
    options = layer.options()
    if list(options) == ["negative_slope"]:
        return _leaky(layer.negative_slope)
    if not options or options == {"max_value": 6.0}:
        function = "F.relu6" if options else "F.relu"

        def relu(x: Expression) -> Expression:
            return call(function, x)

        return TorchLayer(function=relu)
    return TorchLayer(module=call(Name("ReLU", "torch/activations"), **options))


@lowers(LeakyReLU, "keras")
def keras_leaky_relu(layer: LeakyReLU, node: ResolvedNode) -> Call:
    """`layers.LeakyReLU`."""
    return call("layers.LeakyReLU", layer.negative_slope, name=node.name)


@lowers(LeakyReLU, "torch", layout="any")
def torch_leaky_relu(layer: LeakyReLU, node: ResolvedNode) -> TorchLayer:
    """`nn.LeakyReLU` with the slope in 32 bits."""
    del node
    return _leaky(layer.negative_slope)


def _leaky(slope: float) -> TorchLayer:
    return TorchLayer(module=call(Name("LeakyReLU", "torch/activations"), slope))
