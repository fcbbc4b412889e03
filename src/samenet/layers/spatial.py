"""What convolutions and poolings share: windows that move over the spatial axes.

On an axis of length n, a window of size k with dilation d covers e = (k - 1) d + 1 positions and
moves in steps of s. Padding "valid" has the windows that lie in the input, floor((n - e) / s) + 1.
"same" has ceil(n / s); what these need beyond the input is padded, half of it at the start and, if
it is odd, one more at the end. (PyTorch pads both ends alike.) "causal" pads only at the start, so
that no output sees a later input.
Source: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, Slice, call, method
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, shape_text
from samenet.layers.base import Layer
from samenet.lowering import TorchLayer
from samenet.schema import kind_of

Padding = Literal["valid", "same"]
CausalPadding = Literal["valid", "same", "causal"]

# Fields that stand in several classes, with as many numbers as the class has axes.
KERNEL_SIZE: Any = Field(description="The size of the window.")
STRIDES: Any = Field(1, validate_default=True, description="The steps in which the window moves.")
PADDING: Any = Field(
    "valid", description="What is done at the borders; same keeps the size, divided by strides."
)
DILATION_RATE: Any = Field(
    1, validate_default=True, description="The distance between the window's positions."
)

BIAS = call("get_parameter", "bias")
"""The bias of a PyTorch convolution, whose attribute type checkers take for an optional one."""

Pads = tuple[tuple[int, int], ...]
"""What is added before and after each spatial axis."""

AXES = (("steps",), ("height", "width"), ("depth", "height", "width"))


@dataclass(frozen=True, slots=True)
class Windows:
    """How windows move over the spatial axes; one number for each of these."""

    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: str

    @property
    def extents(self) -> tuple[int, ...]:
        """How many positions a window covers, from its first to its last."""
        return extents(self.sizes, self.dilation)

    def lengths(self, spatial: Shape) -> Shape:
        """How many windows there are; zero or less where the input is too small for one."""
        if self.padding == "valid":
            return tuple(
                (n - e) // s + 1
                for n, e, s in zip(spatial, self.extents, self.strides, strict=True)
            )
        return tuple(-(-n // s) for n, s in zip(spatial, self.strides, strict=True))

    def pads(self, spatial: Shape) -> Pads:
        """What is padded."""
        if self.padding == "valid":
            return tuple((0, 0) for _ in spatial)
        if self.padding == "causal":
            return tuple((e - 1, 0) for e in self.extents)
        axes = zip(spatial, self.lengths(spatial), self.extents, self.strides, strict=True)
        totals = (max((count - 1) * s + e - n, 0) for n, count, e, s in axes)
        return tuple((total // 2, total - total // 2) for total in totals)


def extents(sizes: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...]:
    """How many positions dilated windows cover."""
    return tuple((k - 1) * d + 1 for k, d in zip(sizes, dilation, strict=True))


def spatial_axes(layer: Layer, shape: Shape, rank: int) -> Shape:
    """The lengths of the spatial axes of an input, channels last.

    Raises:
        ShapeError: the input has not `rank` spatial axes and one of channels.
    """
    if len(shape) == rank + 1:
        return shape[:-1]
    kind = kind_of(type(layer))
    expected = ", ".join(("N", *AXES[rank - 1], "channels"))
    hint = "put a reshape before it"
    if len(shape) == rank:
        hint = f"give the input an axis of channels, e.g. {shape_text((*shape, 1))}"
    raise ShapeError(f"{kind} takes shape ({expected}), found {shape_text(shape)}", hint)


def window_lengths(layer: Layer, windows: Windows, shape: Shape, key: str) -> Shape:
    """How many windows fit on each spatial axis of an input.

    Args:
        layer: whose windows they are.
        windows: how they move.
        shape: the input's, channels last.
        key: the key of the layer that gives their sizes.

    Raises:
        ShapeError: the input has another rank, or is smaller than a window.
    """
    lengths = windows.lengths(spatial_axes(layer, shape, len(windows.sizes)))
    if min(lengths) < 1:
        least = " x ".join(map(str, windows.extents))
        dilated = "" if windows.extents == windows.sizes else " and its dilation_rate"
        raise ShapeError(
            f'{kind_of(type(layer))} with {key} {windows.sizes}{dilated} and padding "valid" '
            f"needs at least {least} positions, found {shape_text(shape)}",
            f'set padding = "same", or use a smaller {key}',
        )
    return lengths


def refuse_strides_with_dilation(layer: Layer, windows: Windows) -> None:
    """Keras refuses convolutions with both.

    Raises:
        ShapeError: the layer has both.
    """
    if max(windows.strides) > 1 and max(windows.dilation) > 1:
        raise ShapeError(
            f"{kind_of(type(layer))} cannot have strides {windows.strides} together with "
            f"dilation_rate {windows.dilation}",
            "leave one of them at 1",
        )


def number_or_tuple(sizes: tuple[int, ...]) -> Expression:
    """One number where it is the same on all axes, as one would write it."""
    return sizes[0] if len(set(sizes)) == 1 else sizes


def sizes_options(**sizes: tuple[int, ...]) -> dict[str, Expression]:
    """Arguments with a number for each axis, without those that are 1 everywhere."""
    return {key: number_or_tuple(values) for key, values in sizes.items() if set(values) != {1}}


def keras_windows_options(windows: Windows) -> dict[str, Expression]:
    """How windows move, as arguments of a Keras convolution."""
    options = sizes_options(strides=windows.strides)
    options |= {} if windows.padding == "valid" else {"padding": windows.padding}
    return options | sizes_options(dilation_rate=windows.dilation)


def torch_windows_options(windows: Windows, node: ResolvedNode) -> dict[str, Expression]:
    """How windows move over an input, as arguments of a PyTorch convolution.

    Without a padding where PyTorch cannot pad so; see `torch_convolution`.
    """
    options = sizes_options(stride=windows.strides)
    pads = windows.pads(node.input_shape[:-1])
    before = tuple(pair[0] for pair in pads)
    if symmetric(pads) and any(before) and not pads_each_time(windows, node):
        same = windows.padding == "same" and set(windows.strides) == {1}
        options["padding"] = "same" if same else number_or_tuple(before)
    return options | sizes_options(dilation=windows.dilation)


def torch_convolution(
    module: Call, windows: Windows, node: ResolvedNode, weights: Mapping[str, Expression]
) -> TorchLayer:
    """A PyTorch convolution, behind `F.pad` where it cannot pad so itself."""
    pads = windows.pads(node.input_shape[:-1])

    def behind_pad(module: Name, x: Expression) -> Expression:
        return call(module, padded(x, pads))

    own = not any(map(any, pads)) or (symmetric(pads) and not pads_each_time(windows, node))
    return TorchLayer(module, None if own else behind_pad, weights)


def pads_each_time(windows: Windows, node: ResolvedNode) -> bool:
    """Whether a module cannot pad, because it is shared by inputs that are padded differently."""
    return node.varies and windows.padding == "same" and max(windows.strides) > 1


def symmetric(pads: Pads) -> bool:
    """Whether both ends are padded alike, as PyTorch's layers do it."""
    return all(before == after for before, after in pads)


def padded(x: Expression, pads: Pads) -> Call:
    """`F.pad` of the spatial axes of a value with channels first; it counts from the last one."""
    return call("F.pad", x, tuple(width for pair in reversed(pads) for width in pair))


def trimmed(slices: Sequence[Slice]) -> Sequence[Slice]:
    """Slices of the axes of an index without the last ones that take everything."""
    wanted = [number for number, item in enumerate(slices, 1) if item != Slice()]
    return slices[: wanted[-1]] if wanted else ()


def kernel_view(weight: Expression, rank: int) -> Call:
    """PyTorch's axes (a, b, window...) of a weight in Keras' order (window..., b, a)."""
    return method(weight, "permute", *range(2, rank + 2), 1, 0)
