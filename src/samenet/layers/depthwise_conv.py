"""DepthwiseConv1D, DepthwiseConv2D: each channel is convolved alone, with kernels of its own.

Input channel c gives the output channels c m to c m + m - 1, m being the depth multiplier. Keras'
kernel is (window..., inputs, m). PyTorch's is that of a convolution with as many groups as
channels, (inputs m, 1, window...), in the same order. TensorFlow moves windows on CPUs only by the
same stride on both axes; where strides differ, the Keras program carries a subclass.
Source: https://keras.io/api/layers/convolution_layers/depthwise_convolution2d/
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call, method
from samenet.constraints import Constraint
from samenet.graph.ir import ResolvedNode, Shape, Weight
from samenet.initializers import Initializer
from samenet.layers.base import WeightedLayer
from samenet.layers.spatial import (
    BIAS,
    DILATION_RATE,
    KERNEL_SIZE,
    PADDING,
    STRIDES,
    Padding,
    Windows,
    keras_windows_options,
    number_or_tuple,
    torch_convolution,
    torch_windows_options,
    window_lengths,
)
from samenet.lowering import TorchLayer, lowers
from samenet.regularizers import Regularizer
from samenet.schema import Count, Pair, Single
from samenet.weight_rules import keras_options


class Depthwise(WeightedLayer):
    """A convolution of each channel alone, with or without a mixing one behind it."""

    RANK: ClassVar[int]
    """How many spatial axes it has."""

    kernel_size: Any  # these four have the type that fits the axes
    strides: Any
    padding: Any
    dilation_rate: Any
    depth_multiplier: Count = Field(1, description="How many outputs each channel gives.")
    use_bias: bool = Field(True, description="Whether a bias is added.")
    depthwise_initializer: Initializer = Field(
        "glorot_uniform", description="Of the kernel of the channels."
    )
    bias_initializer: Initializer = Field("zeros", description="Of the bias.")
    depthwise_regularizer: Regularizer | None = Field(
        None, description="What the kernel of the channels adds to the loss."
    )
    bias_regularizer: Regularizer | None = Field(
        None, description="What the bias adds to the loss."
    )
    depthwise_constraint: Constraint | None = Field(
        None, description="What the kernel of the channels is brought to after each step."
    )
    bias_constraint: Constraint | None = Field(
        None, description="What the bias is brought to after each step."
    )

    @property
    def windows(self) -> Windows:
        """How the kernel moves."""
        return Windows(self.kernel_size, self.strides, self.dilation_rate, self.padding)

    @property
    def uneven(self) -> bool:
        """Whether TensorFlow cannot move its windows so; with a dilation Keras helps itself."""
        return len(set(self.strides)) > 1 and max(self.dilation_rate) == 1

    def depthwise_kernel(self, name: str, channels: int) -> Weight:
        """The kernel of the channels."""
        return Weight(
            name,
            (*self.kernel_size, channels, self.depth_multiplier),
            self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )

    def bias(self, outputs: int) -> tuple[Weight, ...]:
        """The bias, if there is one."""
        bias = Weight(
            "bias",
            (outputs,),
            self.bias_initializer,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
        )
        return (bias,) if self.use_bias else ()


class DepthwiseConvolution(Depthwise):
    """A convolution of each channel alone."""

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        lengths = window_lengths(self, self.windows, shape, "kernel_size")
        return (*lengths, shape[-1] * self.depth_multiplier)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        channels = inputs[0][-1]
        kernel = self.depthwise_kernel("kernel", channels)
        return (kernel, *self.bias(channels * self.depth_multiplier))

    def multiply_adds(self, *inputs: Shape) -> int:
        kernel = self.weights(*inputs)[0]
        return math.prod(self.output_shape(*inputs)[:-1]) * kernel.size


class DepthwiseConv1D(DepthwiseConvolution):
    """A convolution of each channel of a sequence: (N, steps, c) to (N, steps', c m)."""

    RANK = 1
    type: Literal["depthwise_conv1d"]
    kernel_size: Single = KERNEL_SIZE
    strides: Single = STRIDES
    padding: Padding = PADDING
    dilation_rate: Single = DILATION_RATE


class DepthwiseConv2D(DepthwiseConvolution):
    """A convolution of each channel of an image: (N, h, w, c) to (N, h', w', c m)."""

    RANK = 2
    type: Literal["depthwise_conv2d"]
    kernel_size: Pair = KERNEL_SIZE
    strides: Pair = STRIDES
    padding: Padding = PADDING
    dilation_rate: Pair = DILATION_RATE


def depthwise_view(weight: Name, multiplier: int, rank: int) -> Expression:
    """PyTorch's (channels m, 1, window...) as Keras' (window..., channels, m)."""
    if multiplier == 1:
        return method(weight, "permute", *range(2, rank + 2), 0, 1)
    return call(Name("depthwise_kernel", "torch/convolutions"), weight, multiplier)


@lowers(DepthwiseConv1D, "keras")
@lowers(DepthwiseConv2D, "keras")
def keras(layer: DepthwiseConvolution, node: ResolvedNode) -> Call:
    """`layers.DepthwiseConv1D` or `layers.DepthwiseConv2D`."""
    options = keras_windows_options(layer.windows)
    if layer.depth_multiplier > 1:
        options["depth_multiplier"] = layer.depth_multiplier
    options |= {} if layer.use_bias else {"use_bias": False}
    function = Name(f"layers.DepthwiseConv{layer.RANK}D")
    if layer.uneven:
        function = Name("UnevenDepthwiseConv2D", "keras/convolutions")
    return call(
        function,
        number_or_tuple(layer.kernel_size),
        **options,
        **keras_options(layer),
        name=node.name,
    )


@lowers(DepthwiseConv1D, "torch", layout="first")
@lowers(DepthwiseConv2D, "torch", layout="first")
def torch(layer: DepthwiseConvolution, node: ResolvedNode) -> TorchLayer:
    """`nn.Conv1d` or `nn.Conv2d` with as many groups as channels."""
    channels = node.input_shape[-1]
    options = torch_windows_options(layer.windows, node)
    options |= {} if channels == 1 else {"groups": channels}
    options |= {} if layer.use_bias else {"bias": False}
    module = call(
        f"nn.Conv{layer.RANK}d",
        channels,
        channels * layer.depth_multiplier,
        number_or_tuple(layer.kernel_size),
        **options,
    )
    kernel = depthwise_view(Name("weight"), layer.depth_multiplier, layer.RANK)
    weights = {"kernel": kernel, "bias": BIAS}
    return torch_convolution(module, layer.windows, node, weights)
