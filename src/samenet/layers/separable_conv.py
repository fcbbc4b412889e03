"""SeparableConv1D, SeparableConv2D: a depthwise convolution, then one of size 1 over the channels.

There is one bias, behind both. Keras' kernels are (window..., inputs, m) and
(1..., inputs m, filters); PyTorch has no such layer, so the program carries the two in one module.
See `depthwise_conv` for strides that differ.
Source: Chollet (2017), https://arxiv.org/abs/1610.02357;
https://keras.io/api/layers/convolution_layers/separable_convolution2d/
"""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.constraints import Constraint
from samenet.graph.ir import ResolvedNode, Shape, Weight
from samenet.initializers import Initializer
from samenet.layers.depthwise_conv import Depthwise, depthwise_view
from samenet.layers.spatial import (
    DILATION_RATE,
    KERNEL_SIZE,
    PADDING,
    STRIDES,
    Padding,
    keras_windows_options,
    kernel_view,
    number_or_tuple,
    torch_convolution,
    torch_windows_options,
    window_lengths,
)
from samenet.lowering import TorchLayer, lowers
from samenet.regularizers import Regularizer
from samenet.schema import Count, Pair, Single
from samenet.weight_rules import keras_options


class SeparableConvolution(Depthwise):
    """A convolution of each channel alone, then one that mixes the channels."""

    filters: Count = Field(description="The size of the output's last axis.")
    pointwise_initializer: Initializer = Field(
        "glorot_uniform", description="Of the kernel that mixes the channels."
    )
    pointwise_regularizer: Regularizer | None = Field(
        None, description="What the kernel that mixes the channels adds to the loss."
    )
    pointwise_constraint: Constraint | None = Field(
        None, description="What the kernel that mixes the channels is brought to after each step."
    )

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        return (*window_lengths(self, self.windows, shape, "kernel_size"), self.filters)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        channels = inputs[0][-1]
        pointwise = Weight(
            "pointwise_kernel",
            (*(1,) * self.RANK, channels * self.depth_multiplier, self.filters),
            self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )
        depthwise = self.depthwise_kernel("depthwise_kernel", channels)
        return (depthwise, pointwise, *self.bias(self.filters))

    def multiply_adds(self, *inputs: Shape) -> int:
        depthwise, pointwise, *_ = self.weights(*inputs)
        return math.prod(self.output_shape(*inputs)[:-1]) * (depthwise.size + pointwise.size)


class SeparableConv1D(SeparableConvolution):
    """A separable convolution over a sequence: (N, steps, inputs) to (N, steps', filters)."""

    RANK = 1
    type: Literal["separable_conv1d"]
    kernel_size: Single = KERNEL_SIZE
    strides: Single = STRIDES
    padding: Padding = PADDING
    dilation_rate: Single = DILATION_RATE


class SeparableConv2D(SeparableConvolution):
    """A separable convolution over an image: (N, h, w, inputs) to (N, h', w', filters)."""

    RANK = 2
    type: Literal["separable_conv2d"]
    kernel_size: Pair = KERNEL_SIZE
    strides: Pair = STRIDES
    padding: Padding = PADDING
    dilation_rate: Pair = DILATION_RATE


@lowers(SeparableConv1D, "keras")
@lowers(SeparableConv2D, "keras")
def keras(layer: SeparableConvolution, node: ResolvedNode) -> Call:
    """`layers.SeparableConv1D` or `layers.SeparableConv2D`."""
    options = keras_windows_options(layer.windows)
    if layer.depth_multiplier > 1:
        options["depth_multiplier"] = layer.depth_multiplier
    options |= {} if layer.use_bias else {"use_bias": False}
    function = Name(f"layers.SeparableConv{layer.RANK}D")
    if layer.uneven:
        function = Name("UnevenSeparableConv2D", "keras/convolutions")
    return call(
        function,
        layer.filters,
        number_or_tuple(layer.kernel_size),
        **options,
        **keras_options(layer),
        name=node.name,
    )


@lowers(SeparableConv1D, "torch", layout="first")
@lowers(SeparableConv2D, "torch", layout="first")
def torch(layer: SeparableConvolution, node: ResolvedNode) -> TorchLayer:
    """Two convolutions in one module."""
    channels = node.input_shape[-1]
    options = torch_windows_options(layer.windows, node)
    if layer.depth_multiplier > 1:
        options["depth_multiplier"] = layer.depth_multiplier
    options |= {} if layer.use_bias else {"bias": False}
    module = call(
        Name(f"SeparableConv{layer.RANK}d", "torch/convolutions"),
        channels,
        layer.filters,
        number_or_tuple(layer.kernel_size),
        **options,
    )
    depthwise = Name("depthwise.weight")
    weights: dict[str, Expression] = {
        "depthwise_kernel": depthwise_view(depthwise, layer.depth_multiplier, layer.RANK),
        "pointwise_kernel": kernel_view(Name("pointwise.weight"), layer.RANK),
        "bias": call("pointwise.get_parameter", "bias"),
    }
    return torch_convolution(module, layer.windows, node, weights)
