"""Conv1D, Conv2D, Conv3D: y[p, o] = b[o] + sum over j and c of x[s p + d j, c] W[j, c, o].

Each output sees a window of the input (see `spatial`); with `groups` the channels form as many
parts, each with kernels of its own. Keras' kernel is (window..., inputs / groups, filters),
PyTorch's weight (filters, inputs / groups, window...). PyTorch pads both ends alike; where
TensorFlow's "same" or "causal" does not, `F.pad` comes first.
Source: https://keras.io/api/layers/convolution_layers/
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, Weight, shape_text
from samenet.layers.base import KernelAndBias
from samenet.layers.spatial import (
    BIAS,
    DILATION_RATE,
    KERNEL_SIZE,
    PADDING,
    STRIDES,
    CausalPadding,
    Padding,
    Windows,
    keras_windows_options,
    kernel_view,
    number_or_tuple,
    refuse_strides_with_dilation,
    torch_convolution,
    torch_windows_options,
    window_lengths,
)
from samenet.lowering import TorchLayer, lowers
from samenet.schema import Count, Pair, Single, Triple, kind_of
from samenet.weight_rules import keras_options


class Convolution(KernelAndBias):
    """A convolution with a kernel for each filter."""

    RANK: ClassVar[int]
    """How many spatial axes it has."""

    filters: Count = Field(description="The size of the output's last axis.")
    kernel_size: Any  # these four have the type that fits the axes
    strides: Any
    padding: Any
    dilation_rate: Any
    groups: Count = Field(
        1, description="The parts of the channels that do not mix; divides inputs and filters."
    )

    @property
    def windows(self) -> Windows:
        """How the kernel moves."""
        return Windows(self.kernel_size, self.strides, self.dilation_rate, self.padding)

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        refuse_strides_with_dilation(self, self.windows)
        lengths = window_lengths(self, self.windows, shape, "kernel_size")
        kind, groups = kind_of(type(self)), self.groups
        if self.filters % groups:
            raise ShapeError(
                f"{kind} with groups = {groups} needs a multiple of {groups} as filters, "
                f"found {self.filters}",
                f"use filters = {-(-self.filters // groups) * groups}, or other groups",
            )
        if shape[-1] % groups:
            raise ShapeError(
                f"{kind} with groups = {groups} needs a multiple of {groups} channels, "
                f"found {shape_text(shape)}",
                f"use groups that divide {shape[-1]}",
            )
        return (*lengths, self.filters)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        channels = inputs[0][-1] // self.groups
        return self.kernel_and_bias((*self.kernel_size, channels, self.filters), (self.filters,))

    def multiply_adds(self, *inputs: Shape) -> int:
        kernel = self.weights(*inputs)[0]
        return math.prod(self.output_shape(*inputs)[:-1]) * kernel.size


class Conv1D(Convolution):
    """A convolution over a sequence: (N, steps, inputs) to (N, steps', filters)."""

    RANK = 1
    type: Literal["conv1d"]
    kernel_size: Single = KERNEL_SIZE
    strides: Single = STRIDES
    padding: CausalPadding = PADDING
    dilation_rate: Single = DILATION_RATE


class Conv2D(Convolution):
    """A convolution over an image: (N, height, width, inputs) to (N, height', width', filters)."""

    RANK = 2
    type: Literal["conv2d"]
    kernel_size: Pair = KERNEL_SIZE
    strides: Pair = STRIDES
    padding: Padding = PADDING
    dilation_rate: Pair = DILATION_RATE


class Conv3D(Convolution):
    """A convolution over a volume: (N, a, b, c, inputs) to (N, a', b', c', filters)."""

    RANK = 3
    type: Literal["conv3d"]
    kernel_size: Triple = KERNEL_SIZE
    strides: Triple = STRIDES
    padding: Padding = PADDING
    dilation_rate: Triple = DILATION_RATE


@lowers(Conv1D, "keras")
@lowers(Conv2D, "keras")
@lowers(Conv3D, "keras")
def keras(layer: Convolution, node: ResolvedNode) -> Call:
    """`layers.Conv1D`, `layers.Conv2D` or `layers.Conv3D`."""
    options = keras_windows_options(layer.windows)
    options |= {} if layer.groups == 1 else {"groups": layer.groups}
    options |= {} if layer.use_bias else {"use_bias": False}
    return call(
        f"layers.Conv{layer.RANK}D",
        layer.filters,
        number_or_tuple(layer.kernel_size),
        **options,
        **keras_options(layer),
        name=node.name,
    )


@lowers(Conv1D, "torch", layout="first")
@lowers(Conv2D, "torch", layout="first")
@lowers(Conv3D, "torch", layout="first")
def torch(layer: Convolution, node: ResolvedNode) -> TorchLayer:
    """`nn.Conv1d`, `nn.Conv2d` or `nn.Conv3d`."""
    channels = node.input_shape[-1]
    options = torch_windows_options(layer.windows, node)
    options |= {} if layer.groups == 1 else {"groups": layer.groups}
    options |= {} if layer.use_bias else {"bias": False}
    module = call(
        f"nn.Conv{layer.RANK}d",
        channels,
        layer.filters,
        number_or_tuple(layer.kernel_size),
        **options,
    )
    weights = {"kernel": kernel_view(Name("weight"), layer.RANK), "bias": BIAS}
    return torch_convolution(module, layer.windows, node, weights)
