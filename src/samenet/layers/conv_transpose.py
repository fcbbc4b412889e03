"""Conv1DTranspose, Conv2DTranspose, Conv3DTranspose: what a convolution does to its gradient.

Each input adds its multiple of the kernel to a window of the output; the windows of neighbours are
`strides` apart. All of them cover f = (n - 1) s + e positions of an axis, e = (k - 1) d + 1, of
which Keras keeps

    valid: f + max(s - e, 0), or f + p with output_padding p (zeros at the end)
    same:  n s, or (n - 1) s + e % 2 + p; half of what is too much goes at the start,
           and one more at the end if it is odd

PyTorch's `padding` takes the same off at both ends and its `output_padding` gives back at the end;
where the end loses one more than the start, the output is sliced. Keras' kernel is
(window..., filters, inputs), PyTorch's weight (inputs, filters, window...). TensorFlow has no
dilation here on CPUs; the Keras program then carries a subclass.
Source: https://keras.io/api/layers/convolution_layers/convolution2d_transpose/
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, Slice, call, index
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, Weight
from samenet.layers.base import KernelAndBias
from samenet.layers.spatial import (
    BIAS,
    DILATION_RATE,
    KERNEL_SIZE,
    STRIDES,
    Padding,
    Windows,
    keras_windows_options,
    kernel_view,
    number_or_tuple,
    refuse_strides_with_dilation,
    sizes_options,
    spatial_axes,
    trimmed,
)
from samenet.lowering import TorchLayer, lowers
from samenet.schema import (
    Count,
    Pair,
    PairNatural,
    Single,
    SingleNatural,
    Triple,
    TripleNatural,
    kind_of,
)
from samenet.weight_rules import keras_options


@dataclass(frozen=True, slots=True)
class Crop:
    """What an axis loses at its start and at its end; a negative end gains zeros."""

    start: int
    end: int


class TransposedConvolution(KernelAndBias):
    """A transposed convolution with a kernel for each filter."""

    RANK: ClassVar[int]
    """How many spatial axes it has."""

    filters: Count = Field(description="The size of the output's last axis.")
    kernel_size: Any  # these five have the type that fits the axes
    strides: Any
    padding: Padding = Field(
        "valid", description="Whether the output keeps the borders; same: input times strides."
    )
    output_padding: Any
    dilation_rate: Any

    @property
    def windows(self) -> Windows:
        """How the kernel moves over the output."""
        return Windows(self.kernel_size, self.strides, self.dilation_rate, self.padding)

    def output_lengths(self, spatial: Shape) -> Shape:
        """The lengths of the output's spatial axes."""
        gains = self.output_padding or (None,) * self.RANK
        axes = zip(spatial, self.windows.extents, self.strides, gains, strict=True)
        return tuple(self.output_length(*axis) for axis in axes)

    def output_length(self, n: int, extent: int, stride: int, gain: int | None) -> int:
        """The length of the output's axis; `gain` is its output padding."""
        if self.padding == "valid":
            return (n - 1) * stride + extent + (max(stride - extent, 0) if gain is None else gain)
        return n * stride if gain is None else (n - 1) * stride + extent % 2 + gain

    def crops(self, spatial: Shape) -> tuple[Crop, ...]:
        """What is kept of all that the windows cover."""
        lengths = self.output_lengths(spatial)
        axes = zip(spatial, lengths, self.windows.extents, self.strides, strict=True)
        losses = [(n - 1) * s + e - length for n, length, e, s in axes]
        starts = [0 if self.padding == "valid" else max(loss, 0) // 2 for loss in losses]
        return tuple(Crop(b, loss - b) for b, loss in zip(starts, losses, strict=True))

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        spatial = spatial_axes(self, shape, self.RANK)
        refuse_strides_with_dilation(self, self.windows)
        self.check_output_padding()
        return (*self.output_lengths(spatial), self.filters)

    def check_output_padding(self) -> None:
        """Refuse what gives the windows no or too much room.

        Raises:
            ShapeError: it is not below the strides, or 0 for windows of even extent and "same",
                in which case TensorFlow finds no room for the last window.
        """
        if self.output_padding is None:
            return
        kind, given = kind_of(type(self)), f"output_padding {self.output_padding}"
        pairs = list(zip(self.output_padding, self.strides, self.windows.extents, strict=True))
        if any(gain >= stride for gain, stride, _ in pairs):
            raise ShapeError(
                f"{kind} needs an output_padding below its strides {self.strides} on each axis, "
                f"found {self.output_padding}",
                "use a smaller output_padding, or leave it out",
            )
        if self.padding == "same" and any(gain == extent % 2 == 0 for gain, _, extent in pairs):
            raise ShapeError(
                f'{kind} with padding "same" and an even kernel_size {self.kernel_size} needs an '
                f"output_padding of at least 1, found {given}",
                "leave output_padding out",
            )

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        kernel = (*self.kernel_size, self.filters, inputs[0][-1])
        return self.kernel_and_bias(kernel, (self.filters,))

    def multiply_adds(self, *inputs: Shape) -> int:
        kernel = self.weights(*inputs)[0]
        return math.prod(inputs[0][:-1]) * kernel.size


OUTPUT_PADDING: Any = Field(
    None, description="What the output is longer by at its end; below strides."
)


class Conv1DTranspose(TransposedConvolution):
    """A transposed convolution: (N, steps, inputs) to (N, steps', filters)."""

    RANK = 1
    type: Literal["conv1d_transpose"]
    kernel_size: Single = KERNEL_SIZE
    strides: Single = STRIDES
    output_padding: SingleNatural | None = OUTPUT_PADDING
    dilation_rate: Single = DILATION_RATE


class Conv2DTranspose(TransposedConvolution):
    """A transposed convolution: (N, height, width, inputs) to (N, height', width', filters)."""

    RANK = 2
    type: Literal["conv2d_transpose"]
    kernel_size: Pair = KERNEL_SIZE
    strides: Pair = STRIDES
    output_padding: PairNatural | None = OUTPUT_PADDING
    dilation_rate: Pair = DILATION_RATE


class Conv3DTranspose(TransposedConvolution):
    """A transposed convolution: (N, a, b, c, inputs) to (N, a', b', c', filters)."""

    RANK = 3
    type: Literal["conv3d_transpose"]
    kernel_size: Triple = KERNEL_SIZE
    strides: Triple = STRIDES
    output_padding: TripleNatural | None = OUTPUT_PADDING
    dilation_rate: Triple = DILATION_RATE


@lowers(Conv1DTranspose, "keras")
@lowers(Conv2DTranspose, "keras")
@lowers(Conv3DTranspose, "keras")
def keras(layer: TransposedConvolution, node: ResolvedNode) -> Call:
    """`layers.Conv1DTranspose`, `layers.Conv2DTranspose` or `layers.Conv3DTranspose`."""
    options = keras_windows_options(layer.windows)
    if layer.output_padding is not None:
        options["output_padding"] = number_or_tuple(layer.output_padding)
    options |= {} if layer.use_bias else {"use_bias": False}
    function = Name(f"layers.Conv{layer.RANK}DTranspose")
    if max(layer.dilation_rate) > 1:
        function = Name(f"DilatedConv{layer.RANK}DTranspose", "keras/convolutions")
    return call(
        function,
        layer.filters,
        number_or_tuple(layer.kernel_size),
        **options,
        **keras_options(layer),
        name=node.name,
    )


@lowers(Conv1DTranspose, "torch", layout="first")
@lowers(Conv2DTranspose, "torch", layout="first")
@lowers(Conv3DTranspose, "torch", layout="first")
def torch(layer: TransposedConvolution, node: ResolvedNode) -> TorchLayer:
    """`nn.ConvTranspose1d` and its like; a slice where the end loses more than the start."""
    *spatial, channels = node.input_shape
    crops = layer.crops(tuple(spatial))
    options = sizes_options(stride=layer.strides)
    padding = tuple(crop.start for crop in crops)
    output_padding = tuple(max(crop.start - crop.end, 0) for crop in crops)
    options |= {"padding": number_or_tuple(padding)} if any(padding) else {}
    if any(output_padding):
        options["output_padding"] = number_or_tuple(output_padding)
    options |= {} if layer.use_bias else {"bias": False}
    options |= sizes_options(dilation=layer.dilation_rate)
    module = call(
        f"nn.ConvTranspose{layer.RANK}d",
        channels,
        layer.filters,
        number_or_tuple(layer.kernel_size),
        **options,
    )
    ends = [Slice(stop=-1) if crop.end > crop.start else Slice() for crop in crops]

    def sliced(module: Name, x: Expression) -> Expression:
        return index(call(module, x), Slice(), Slice(), *trimmed(ends))

    return TorchLayer(
        module,
        sliced if any(end.stop for end in ends) else None,
        {"kernel": kernel_view(Name("weight"), layer.RANK), "bias": BIAS},
    )
