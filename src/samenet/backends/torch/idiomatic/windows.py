"""PyTorch's own padding of convolutions and poolings: the same at both ends of an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from samenet.backends.idioms import Idiom
from samenet.backends.torch.idiomatic.layers import DOCS
from samenet.codegen.expression import Call, Expression, call
from samenet.graph.ir import ResolvedNode
from samenet.layers.conv import Convolution
from samenet.layers.depthwise_conv import DepthwiseConvolution
from samenet.layers.pooling import AveragePooling, MaxPooling, Pooling, strides_option
from samenet.layers.spatial import Windows, number_or_tuple
from samenet.lowering import TorchLayer


def both_ends(windows: Windows, node: ResolvedNode) -> Sequence[int] | None:
    """Half a window at both ends, or None where that gives another number of windows.

    None too where the padding of the spec is the same at both ends already.
    """
    spatial = node.input_shape[:-1]
    if node.varies or windows.padding != "same" or set(windows.strides) == {1}:
        return None
    if all(before == after for before, after in windows.pads(spatial)):
        return None
    padding = [(extent - 1) // 2 for extent in windows.extents]
    counts = tuple(
        (n + 2 * p - e) // s + 1
        for n, p, e, s in zip(spatial, padding, windows.extents, windows.strides, strict=True)
    )
    return padding if counts == windows.lengths(spatial) else None


def convolution(
    layer: Convolution | DepthwiseConvolution, exact: TorchLayer, node: ResolvedNode
) -> TorchLayer | None:
    """The argument `padding` in the place of `F.pad`."""
    padding = both_ends(layer.windows, node)
    if padding is None:
        return None
    assert exact.module is not None
    return exact._replace(module=with_padding(exact.module, padding), function=None)


def pooling(layer: Pooling, exact: TorchLayer, node: ResolvedNode) -> TorchLayer | None:
    """The argument `padding` alone, without the cells behind the end."""
    padding = both_ends(layer.windows, node)
    if padding is None:
        return None
    options: dict[str, Any] = strides_option(layer, "stride")
    size: Expression = number_or_tuple(layer.pool_size)
    module = call(f"nn.{layer.TORCH}{layer.RANK}d", size, **options)
    return exact._replace(module=with_padding(module, padding), function=None)


def average_pooling(
    layer: AveragePooling, exact: TorchLayer, node: ResolvedNode
) -> TorchLayer | None:
    """The argument `padding` alone, with zeros that count."""
    made = pooling(layer, exact, node) or exact
    module = made.module
    if module is None or "padding" not in dict(module.keywords):
        return None
    keywords = tuple(pair for pair in module.keywords if pair[0] != "count_include_pad")
    return made._replace(module=replace(module, keywords=keywords))


def with_padding(module: Call, padding: Sequence[int]) -> Call:
    """The constructor with another padding; with none if that is zero."""
    keywords = {key: value for key, value in module.keywords if key != "padding"}
    if any(padding):
        keywords["padding"] = number_or_tuple(tuple(padding))
    return replace(module, keywords=tuple(keywords.items()))


BOTH_ENDS = (
    "both ends of an axis are padded alike; Keras' 'same' puts what is odd behind the end, so that "
    "windows with strides begin a place later"
)

IDIOMS = (
    Idiom(
        part="convolution_padding",
        own="nn.Conv2d(padding=...)",
        law=BOTH_ENDS,
        source=f"{DOCS}/torch.nn.Conv2d.html",
        kinds=(Convolution, DepthwiseConvolution),
        exchange=convolution,
    ),
    Idiom(
        part="max_pooling_padding",
        own="nn.MaxPool2d(padding=...)",
        law=BOTH_ENDS,
        source=f"{DOCS}/torch.nn.MaxPool2d.html",
        kinds=(MaxPooling,),
        exchange=pooling,
    ),
    Idiom(
        part="average_pooling_padding",
        own="nn.AvgPool2d(padding=...)",
        law="the zeros of the padding count in the mean, and both ends are padded alike",
        source=f"{DOCS}/torch.nn.AvgPool2d.html",
        kinds=(AveragePooling,),
        exchange=average_pooling,
    ),
)
