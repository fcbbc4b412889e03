"""Gaussian noise: x + stddev * n, or as a dropout x * (1 + sqrt(rate / (1 - rate)) * n).

n is drawn from the standard normal distribution for each element while training; PyTorch has
neither layer. The random streams of the frameworks differ, as for dropout.
Source: Srivastava et al. (2014), section 10, https://jmlr.org/papers/v15/srivastava14a.html;
https://keras.io/api/layers/regularization_layers/gaussian_noise/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.graph.ir import ResolvedNode
from samenet.layers.base import Layer
from samenet.layers.dropout import derived_seed
from samenet.lowering import TorchLayer, lowers
from samenet.schema import Fraction, Rate


class GaussianDropout(Layer):
    """Multiplies with noise around 1 while training; the shape stays."""

    SUPPORTS_MASKING = True

    type: Literal["gaussian_dropout"]
    rate: Rate = Field(
        description="The noise has the standard deviation sqrt(rate / (1 - rate)), as dropout has."
    )


class GaussianNoise(Layer):
    """Adds noise around 0 while training; the shape stays."""

    SUPPORTS_MASKING = True

    type: Literal["gaussian_noise"]
    stddev: Fraction = Field(description="The standard deviation of the noise.")


@lowers(GaussianDropout, "keras")
def keras_gaussian_dropout(layer: GaussianDropout, node: ResolvedNode) -> Call:
    """`layers.GaussianDropout`."""
    seed = derived_seed(node)
    return call("layers.GaussianDropout", layer.rate, seed=seed, name=node.name)


@lowers(GaussianDropout, "torch", layout="any")
def torch_gaussian_dropout(layer: GaussianDropout, node: ResolvedNode) -> TorchLayer:
    """A module of its own."""
    del node
    return TorchLayer(module=call(Name("GaussianDropout", "torch/regularization"), layer.rate))


@lowers(GaussianNoise, "keras")
def keras_gaussian_noise(layer: GaussianNoise, node: ResolvedNode) -> Call:
    """`layers.GaussianNoise`."""
    seed = derived_seed(node)
    return call("layers.GaussianNoise", layer.stddev, seed=seed, name=node.name)


@lowers(GaussianNoise, "torch", layout="any")
def torch_gaussian_noise(layer: GaussianNoise, node: ResolvedNode) -> TorchLayer:
    """A module of its own."""
    del node
    return TorchLayer(module=call(Name("GaussianNoise", "torch/regularization"), layer.stddev))
