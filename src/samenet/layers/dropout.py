"""Dropout: in training each element is zero with probability `rate`, else x / (1 - rate).

Both frameworks scale in training and do nothing in inference; their random streams differ, so
masks agree as distributions, not number by number. `spatial_dropout*` drops whole channels of a
sample. `alpha_dropout` puts the negative saturation of SELU in the place of zero and scales so that
mean and variance stay.

Keras' `noise_shape` begins with the batch, written None; here it has the axes behind the batch,
and each sample draws its own. `noise_shape = [1, 1, 1]` drops an image as a whole (stochastic
depth). Where it has one number more, that is the batch: 1, one draw for all samples.
Source: Srivastava et al. (2014), https://jmlr.org/papers/v15/srivastava14a.html; Tompson et al.
(2015), https://arxiv.org/abs/1411.4280; Klambauer et al. (2017), https://arxiv.org/abs/1706.02515;
https://keras.io/api/layers/regularization_layers/
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, shape_text
from samenet.layers.base import Layer
from samenet.lowering import LayoutRule, TorchLayer, lowers
from samenet.schema import Count, Rate, kind_of

NoiseShape = Annotated[tuple[Count, ...], Field(min_length=1, max_length=100)]


class NoisyDropout(Layer):
    """A dropout whose draws may be shared along axes."""

    SUPPORTS_MASKING = True

    rate: Rate = Field(description="The fraction that is dropped, 0 <= rate < 1.")
    noise_shape: NoiseShape | None = Field(
        None,
        description="The shape of the draws: 1 for an axis along which all share one. Without the "
        "batch (each sample draws), or with a 1 for the batch before it (all samples share).",
    )

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        noise = self.noise_shape or shape
        fits = len(noise) == len(shape) or (len(noise) == len(shape) + 1 and noise[0] == 1)
        pairs = zip(noise[-len(shape) :], shape, strict=True) if fits else ()
        if not fits or any(drawn not in (1, size) for drawn, size in pairs):
            example = ", ".join(["1"] * (len(shape) - 1) + [str(shape[-1])])
            raise ShapeError(
                f"{kind_of(type(self))} with noise_shape {list(noise)} "
                f"cannot take shape {shape_text(shape)}",
                f"give 1 or the size for each axis behind the batch, e.g. [{example}]",
            )
        return shape

    def keras_noise(self, shape: Shape) -> dict[str, Expression]:
        """Keras' argument, in which the batch is None."""
        if self.noise_shape is None:
            return {}
        each = (None,) if len(self.noise_shape) == len(shape) else ()
        return {"noise_shape": (*each, *self.noise_shape)}


class Dropout(NoisyDropout):
    """Drops elements at random while training; the shape stays."""

    type: Literal["dropout"]


class AlphaDropout(NoisyDropout):
    """Dropout that keeps mean and variance, for networks of `selu`; the shape stays."""

    type: Literal["alpha_dropout"]


class SpatialDropout(Layer):
    """Drops whole channels of a sample at random while training; the shape stays."""

    SUPPORTS_MASKING = True
    RANK: ClassVar[int]

    rate: Rate = Field(description="The fraction that is dropped, 0 <= rate < 1.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if len(shape) != self.RANK + 1:
            axes = ("steps,", "rows, columns,", "planes, rows, columns,")[self.RANK - 1]
            raise ShapeError(
                f"{kind_of(type(self))} takes shape (N, {axes} channels), "
                f"found {shape_text(shape)}",
                f"use spatial_dropout{len(shape) - 1}d" if 2 <= len(shape) <= 4 else "use dropout",
            )
        return shape


class SpatialDropout1D(SpatialDropout):
    """Drops whole channels of a sequence: (N, steps, channels)."""

    RANK = 1
    type: Literal["spatial_dropout1d"]


class SpatialDropout2D(SpatialDropout):
    """Drops whole channels of an image: (N, rows, columns, channels)."""

    RANK = 2
    type: Literal["spatial_dropout2d"]


class SpatialDropout3D(SpatialDropout):
    """Drops whole channels of a volume: (N, planes, rows, columns, channels)."""

    RANK = 3
    type: Literal["spatial_dropout3d"]


def derived_seed(node: ResolvedNode) -> Call:
    """A seed of its own for a Keras layer, so that a run can be repeated."""
    return call(Name("derived_seed", "shared/random_numbers"), Name("SEED"), node.name)


@lowers(Dropout, "keras")
def keras_dropout(layer: Dropout, node: ResolvedNode) -> Call:
    """`layers.Dropout`."""
    options = layer.keras_noise(node.input_shape)
    return call("layers.Dropout", layer.rate, **options, seed=derived_seed(node), name=node.name)


@lowers(AlphaDropout, "keras")
def keras_alpha_dropout(layer: AlphaDropout, node: ResolvedNode) -> Call:
    """`layers.AlphaDropout`."""
    options = layer.keras_noise(node.input_shape)
    seed = derived_seed(node)
    return call("layers.AlphaDropout", layer.rate, **options, seed=seed, name=node.name)


@lowers(SpatialDropout1D, "keras")
@lowers(SpatialDropout2D, "keras")
@lowers(SpatialDropout3D, "keras")
def keras_spatial_dropout(layer: SpatialDropout, node: ResolvedNode) -> Call:
    """`layers.SpatialDropout1D` and so on."""
    name = f"layers.SpatialDropout{layer.RANK}D"
    return call(name, layer.rate, seed=derived_seed(node), name=node.name)


def _layout(layer: NoisyDropout, node: ResolvedNode) -> LayoutRule:
    del node
    return "any" if layer.noise_shape is None else "last"


@lowers(Dropout, "torch", layout=_layout)
def torch_dropout(layer: Dropout, node: ResolvedNode) -> TorchLayer:
    """`nn.Dropout`, which draws from PyTorch's generator (seeded by `train`)."""
    return TorchLayer(module=_module(layer, node, "Dropout"))


@lowers(AlphaDropout, "torch", layout=_layout)
def torch_alpha_dropout(layer: AlphaDropout, node: ResolvedNode) -> TorchLayer:
    """`nn.AlphaDropout`."""
    return TorchLayer(module=_module(layer, node, "AlphaDropout"))


def _module(layer: NoisyDropout, node: ResolvedNode, name: str) -> Call:
    """PyTorch's own class, or for shared draws one that takes their shape (-1 is the batch)."""
    if layer.noise_shape is None:
        return call(f"nn.{name}", layer.rate)
    each = (-1,) if len(layer.noise_shape) == len(node.input_shape) else ()
    shape = (*each, *layer.noise_shape)
    return call(Name(f"Shared{name}", "torch/regularization"), layer.rate, shape)


@lowers(SpatialDropout1D, "torch", layout="first")
@lowers(SpatialDropout2D, "torch", layout="first")
@lowers(SpatialDropout3D, "torch", layout="first")
def torch_spatial_dropout(layer: SpatialDropout, node: ResolvedNode) -> TorchLayer:
    """`nn.Dropout1d` and so on."""
    del node
    return TorchLayer(module=call(f"nn.Dropout{layer.RANK}d", layer.rate))
