"""Convolutions of Keras with options that TensorFlow lacks on CPUs."""

from typing import Any

import keras
from keras import layers, ops


def depthwise_in_groups(layer: Any, inputs: Any, kernel: Any) -> Any:
    """A depthwise convolution with unequal strides, as a convolution in groups."""
    kernel = ops.reshape(kernel, (*layer.kernel_size, 1, -1))
    return ops.conv(inputs, kernel, layer.strides, layer.padding)


@keras.saving.register_keras_serializable()
class UnevenDepthwiseConv2D(layers.DepthwiseConv2D):
    """layers.DepthwiseConv2D with unequal strides."""

    def call(self, inputs: Any) -> Any:
        y = depthwise_in_groups(self, inputs, self.kernel)
        return self.activation(y if self.bias is None else y + self.bias)


@keras.saving.register_keras_serializable()
class UnevenSeparableConv2D(layers.SeparableConv2D):
    """layers.SeparableConv2D with unequal strides."""

    def call(self, inputs: Any) -> Any:
        y = depthwise_in_groups(self, inputs, self.depthwise_kernel)
        y = ops.conv(y, self.pointwise_kernel)
        return self.activation(y if self.bias is None else y + self.bias)


def dilated_transpose(layer: Any, inputs: Any) -> Any:
    """A dilated transposed convolution, as a convolution with the kernel turned."""
    pads = [(0, 0)]
    for size, rate in zip(layer.kernel_size, layer.dilation_rate, strict=True):
        width = (size - 1) * rate
        same = (width - width // 2, width // 2)
        pads.append(same if layer.padding == "same" else (width, width))
    kernel = ops.flip(layer.kernel, axis=tuple(range(len(layer.kernel_size))))
    kernel = ops.swapaxes(kernel, -1, -2)
    y = ops.conv(
        ops.pad(inputs, [*pads, (0, 0)]), kernel, dilation_rate=layer.dilation_rate
    )
    return layer.activation(y if layer.bias is None else y + layer.bias)


@keras.saving.register_keras_serializable()
class DilatedConv1DTranspose(layers.Conv1DTranspose):
    """layers.Conv1DTranspose with dilation_rate > 1."""

    def call(self, inputs: Any) -> Any:
        return dilated_transpose(self, inputs)


@keras.saving.register_keras_serializable()
class DilatedConv2DTranspose(layers.Conv2DTranspose):
    """layers.Conv2DTranspose with dilation_rate > 1."""

    def call(self, inputs: Any) -> Any:
        return dilated_transpose(self, inputs)


@keras.saving.register_keras_serializable()
class DilatedConv3DTranspose(layers.Conv3DTranspose):
    """layers.Conv3DTranspose with dilation_rate > 1."""

    def call(self, inputs: Any) -> Any:
        return dilated_transpose(self, inputs)
