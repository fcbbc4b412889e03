"""MaxPooling and AveragePooling in 1D, 2D, 3D: the largest or the mean value of each window.

With "same" the padding takes no part: neither in the maximum nor in the mean. Where TensorFlow pads
one more at the end, PyTorch's `ceil_mode` reaches as far; windows that move by single steps are
padded more at both ends, and the first of them is dropped.
Source: https://keras.io/api/layers/pooling_layers/
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, Slice, call, index
from samenet.graph.ir import ResolvedNode, Shape
from samenet.layers.base import Layer
from samenet.layers.spatial import Padding, Windows, number_or_tuple, trimmed, window_lengths
from samenet.lowering import TorchLayer, lowers
from samenet.schema import Pair, Single, Triple

# Fields that stand in several classes, with as many numbers as the class has axes.
POOL_SIZE: Any = Field(description="The size of the window.")
POOL_SIZE_2: Any = Field(2, validate_default=True, description="The size of the window.")
STRIDES: Any = Field(None, description="The steps in which the window moves; by default its size.")


class Pooling(Layer):
    """A number for each window and channel."""

    RANK: ClassVar[int]
    """How many spatial axes it has."""

    KERAS: ClassVar[str]
    TORCH: ClassVar[str]
    OPERATION: ClassVar[str]
    """What Keras' layer, PyTorch's module and its function are called before the number of axes."""

    pool_size: Any  # these two have the type that fits the axes
    strides: Any
    padding: Padding = Field(
        "valid", description="What is done at the borders; same divides the size by strides."
    )

    @property
    def windows(self) -> Windows:
        """How the window moves."""
        strides = self.strides or self.pool_size
        return Windows(self.pool_size, strides, (1,) * self.RANK, self.padding)

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        return (*window_lengths(self, self.windows, shape, "pool_size"), shape[-1])


class MaxPooling(Pooling):
    """The largest value of each window."""

    KERAS, TORCH, OPERATION = "MaxPooling", "MaxPool", "max_pool"


class AveragePooling(Pooling):
    """The mean of each window."""

    KERAS, TORCH, OPERATION = "AveragePooling", "AvgPool", "avg_pool"


class MaxPooling1D(MaxPooling):
    """The largest values of windows of a sequence: (N, steps, c) to (N, steps', c)."""

    RANK = 1
    type: Literal["max_pooling1d"]
    pool_size: Single = POOL_SIZE_2
    strides: Single | None = STRIDES


class MaxPooling2D(MaxPooling):
    """The largest values of windows of an image: (N, h, w, c) to (N, h', w', c)."""

    RANK = 2
    type: Literal["max_pooling2d"]
    pool_size: Pair = POOL_SIZE_2
    strides: Pair | None = STRIDES


class MaxPooling3D(MaxPooling):
    """The largest values of windows of a volume: (N, d, h, w, c) to (N, d', h', w', c)."""

    RANK = 3
    type: Literal["max_pooling3d"]
    pool_size: Triple = POOL_SIZE_2
    strides: Triple | None = STRIDES


class AveragePooling1D(AveragePooling):
    """The means of windows of a sequence: (N, steps, c) to (N, steps', c)."""

    RANK = 1
    type: Literal["average_pooling1d"]
    pool_size: Single = POOL_SIZE
    strides: Single | None = STRIDES


class AveragePooling2D(AveragePooling):
    """The means of windows of an image: (N, h, w, c) to (N, h', w', c)."""

    RANK = 2
    type: Literal["average_pooling2d"]
    pool_size: Pair = POOL_SIZE
    strides: Pair | None = STRIDES


class AveragePooling3D(AveragePooling):
    """The means of windows of a volume: (N, d, h, w, c) to (N, d', h', w', c)."""

    RANK = 3
    type: Literal["average_pooling3d"]
    pool_size: Triple = POOL_SIZE
    strides: Triple | None = STRIDES


def strides_option(layer: Pooling, key: str) -> dict[str, Expression]:
    """The strides, unless they are those that both frameworks take by default."""
    strides = layer.windows.strides
    return {} if strides == layer.pool_size else {key: number_or_tuple(strides)}


@lowers(AveragePooling1D, "keras")
@lowers(AveragePooling2D, "keras")
@lowers(AveragePooling3D, "keras")
@lowers(MaxPooling1D, "keras")
@lowers(MaxPooling2D, "keras")
@lowers(MaxPooling3D, "keras")
def keras(layer: Pooling, node: ResolvedNode) -> Call:
    """`layers.MaxPooling2D` and its like."""
    options = strides_option(layer, "strides")
    options |= {} if layer.padding == "valid" else {"padding": layer.padding}
    size = number_or_tuple(layer.pool_size)
    return call(f"layers.{layer.KERAS}{layer.RANK}D", size, **options, name=node.name)


@lowers(AveragePooling1D, "torch", layout="first")
@lowers(AveragePooling2D, "torch", layout="first")
@lowers(AveragePooling3D, "torch", layout="first")
@lowers(MaxPooling1D, "torch", layout="first")
@lowers(MaxPooling2D, "torch", layout="first")
@lowers(MaxPooling3D, "torch", layout="first")
def torch(layer: Pooling, node: ResolvedNode) -> TorchLayer:
    """`nn.MaxPool2d` and its like; a slice where the first windows are too many."""
    pads = layer.windows.pads(node.input_shape[:-1])
    # One more at the end: `ceil_mode` if windows move on, else one more at both ends.
    odd = [before < after for before, after in pads]
    extra = [o and s == 1 for o, s in zip(odd, layer.windows.strides, strict=True)]
    padding = tuple(pad[more] for pad, more in zip(pads, extra, strict=True))
    options = strides_option(layer, "stride")
    options |= {"padding": number_or_tuple(padding)} if any(padding) else {}
    options |= {"ceil_mode": True} if odd != extra else {}
    if isinstance(layer, AveragePooling) and (any(padding) or odd != extra):
        options["count_include_pad"] = False
    size = number_or_tuple(layer.pool_size)
    starts = trimmed([Slice(1) if more else Slice() for more in extra])

    def sliced(y: Expression) -> Expression:
        return index(y, Slice(), Slice(), *starts) if starts else y

    def function(x: Expression) -> Expression:
        return sliced(call(f"F.{layer.OPERATION}{layer.RANK}d", x, size, **options))

    def applied(module: Name, x: Expression) -> Expression:
        return sliced(call(module, x))

    if node.varies:  # each use has options of its own
        return TorchLayer(function=function)
    return TorchLayer(call(f"nn.{layer.TORCH}{layer.RANK}d", size, **options), applied)
