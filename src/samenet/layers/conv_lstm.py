"""ConvLSTM1D, 2D, 3D: an LSTM (see `lstm`) whose products with kernels are convolutions.

The convolution of the inputs moves as strides, padding and dilation say; that of the states has
the same window and keeps the size. PyTorch has no such layer; the program brings one along, whose
states have their channels first.
Source: Shi et al. (2015), https://arxiv.org/abs/1506.04214;
https://keras.io/api/layers/recurrent_layers/conv_lstm2d/
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, shape_text
from samenet.initializers import Initializer, LSTMBias
from samenet.layers.base import ActivationName
from samenet.layers.recurrent import (
    HELPERS,
    RecurrentBase,
    keras_layer,
    stepwise_options,
    torch_function,
)
from samenet.layers.spatial import (
    DILATION_RATE,
    KERNEL_SIZE,
    PADDING,
    STRIDES,
    Padding,
    Windows,
    keras_windows_options,
    kernel_view,
    number_or_tuple,
    refuse_strides_with_dilation,
    sizes_options,
    window_lengths,
)
from samenet.lowering import KerasLayer, TorchLayer, lowers
from samenet.schema import Count, Pair, Single, Triple, kind_of

SPATIAL = (("length",), ("height", "width"), ("depth", "height", "width"))


class ConvLSTM(RecurrentBase):
    """A convolutional LSTM: (N, steps, spatial..., channels) to (N, spatial..., filters)."""

    GATES = 4
    STATES = ("h", "c")

    RANK: ClassVar[int]
    """How many spatial axes it has."""

    filters: Count = Field(description="The channels of the output and of each state.")
    kernel_size: Any  # these four have the type that fits the axes
    strides: Any
    padding: Any
    dilation_rate: Any
    recurrent_activation: ActivationName = Field(
        "sigmoid", description="The function of the gates."
    )
    unit_forget_bias: bool = Field(
        True, description="Whether the bias of forgetting starts at 1, so that it remembers."
    )

    @property
    def windows(self) -> Windows:
        """How the kernel of the inputs moves."""
        return Windows(self.kernel_size, self.strides, self.dilation_rate, self.padding)

    @property
    def cell(self) -> str:
        return "conv_lstm_cell"

    @property
    def bias_shape(self) -> Shape:
        return (4 * self.filters,)

    @property
    def first_bias(self) -> Initializer:
        return LSTMBias(self.bias_initializer) if self.unit_forget_bias else self.bias_initializer

    def keeps_form(self, first: Sequence[Shape], inputs: Sequence[Shape]) -> bool:
        return first[0][1:] == inputs[0][1:]  # the steps may differ

    def state_shape(self, sequence: Shape) -> Shape:
        if len(sequence) != self.RANK + 2:
            axes = ", ".join(("N", "steps", *SPATIAL[self.RANK - 1], "channels"))
            raise ShapeError(
                f"{kind_of(type(self))} takes shape ({axes}), found {shape_text(sequence)}",
                "reshape the input",
            )
        refuse_strides_with_dilation(self, self.windows)
        return (*window_lengths(self, self.windows, sequence[1:], "kernel_size"), self.filters)

    def kernels(self, sequence: Shape) -> tuple[Shape, Shape]:
        channels, width = sequence[-1], 4 * self.filters
        return (*self.kernel_size, channels, width), (*self.kernel_size, self.filters, width)

    def multiply_adds(self, *inputs: Shape) -> int:
        sequence = inputs[0]
        positions = sequence[0] * math.prod(self.state_shape(sequence)[:-1])
        return positions * sum(math.prod(kernel) for kernel in self.kernels(sequence))


class ConvLSTM1D(ConvLSTM):
    """(N, steps, length, channels) to (N, new length, filters)."""

    RANK = 1

    type: Literal["conv_lstm1d"]
    kernel_size: Single = KERNEL_SIZE
    strides: Single = STRIDES
    padding: Padding = PADDING
    dilation_rate: Single = DILATION_RATE


class ConvLSTM2D(ConvLSTM):
    """(N, steps, height, width, channels) to (N, new height, new width, filters)."""

    RANK = 2

    type: Literal["conv_lstm2d"]
    kernel_size: Pair = KERNEL_SIZE
    strides: Pair = STRIDES
    padding: Padding = PADDING
    dilation_rate: Pair = DILATION_RATE


class ConvLSTM3D(ConvLSTM):
    """(N, steps, depth, height, width, channels) to (N, new sizes, filters)."""

    RANK = 3

    type: Literal["conv_lstm3d"]
    kernel_size: Triple = KERNEL_SIZE
    strides: Triple = STRIDES
    padding: Padding = PADDING
    dilation_rate: Triple = DILATION_RATE


@lowers(ConvLSTM1D, "keras")
@lowers(ConvLSTM2D, "keras")
@lowers(ConvLSTM3D, "keras")
def keras(layer: ConvLSTM, node: ResolvedNode) -> Call | KerasLayer:
    """`layers.ConvLSTM1D`, `layers.ConvLSTM2D` or `layers.ConvLSTM3D`."""
    sizes = (layer.filters, number_or_tuple(layer.kernel_size))
    options = keras_windows_options(layer.windows)
    return keras_layer(layer, node, f"layers.ConvLSTM{layer.RANK}D", *sizes, **options)


@lowers(ConvLSTM1D, "torch")
@lowers(ConvLSTM2D, "torch")
@lowers(ConvLSTM3D, "torch")
def torch(layer: ConvLSTM, node: ResolvedNode) -> TorchLayer:
    """A module that goes through the steps in a loop."""
    pads = layer.windows.pads(node.input_shape[1:-1])
    options: dict[str, Expression] = sizes_options(stride=layer.strides)
    if any(map(any, pads)):
        options["pad"] = tuple(width for pair in reversed(pads) for width in pair)
    options |= sizes_options(dilation=layer.dilation_rate) | stepwise_options(layer)
    for key in ("dropout", "recurrent_dropout"):
        options |= {key: getattr(layer, key)} if getattr(layer, key) else {}
    sizes = (node.input_shape[-1], layer.filters, layer.kernel_size)
    masked = node.masks[0] is not None and layer.USES_MASKS
    return TorchLayer(
        module=call(Name("ConvLSTM", HELPERS), *sizes, **options),
        function=torch_function(layer, masked=masked),
        weights={
            f"{layer.cell}/kernel": kernel_view(Name("kernel"), layer.RANK),
            f"{layer.cell}/recurrent_kernel": kernel_view(Name("recurrent_kernel"), layer.RANK),
            f"{layer.cell}/bias": Name("bias"),
        },
    )
