"""GroupNormalization: the channels in groups, each normalized in each sample with all it holds.

y = gamma (x - mean) / sqrt(variance + epsilon) + beta, gamma and beta for each channel.
`groups = -1` makes each channel a group of its own, which is instance normalization. Keras'
epsilon is 1e-3, PyTorch's 1e-5.
Source: Wu and He (2018), https://arxiv.org/abs/1803.08494;
https://keras.io/api/layers/normalization_layers/group_normalization/
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, Weight, shape_text
from samenet.layers.axes import Axis, positions
from samenet.layers.scale_and_shift import ScaleAndShift, along, modules_options, partial
from samenet.lowering import LayoutRule, TorchLayer, lowers
from samenet.schema import Count
from samenet.weight_rules import keras_options


class GroupNormalization(ScaleAndShift):
    """Normalizes groups of channels of each sample; the shape stays."""

    SUPPORTS_MASKING = True

    type: Literal["group_normalization"]
    groups: Count | Literal[-1] = Field(
        32, description="The number of groups, which divides the channels; -1: one each."
    )
    axis: Axis = Field(
        -1, description="The axis of the channels; counted with the batch, -1 is the last."
    )

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        channels = shape[self.position(shape) - 1]
        if channels % self.group_count(shape):
            divisors = [n for n in range(1, channels + 1) if channels % n == 0]
            raise ShapeError(
                f"group_normalization cannot part {channels} channels of shape "
                f"{shape_text(shape)} into {self.groups} groups",
                f"use groups = {max((n for n in divisors if n <= self.groups), default=1)}",
            )
        return shape

    def position(self, shape: Shape) -> int:
        """The axis of the channels, counted from the front with the batch."""
        return positions((self.axis,), shape, "group_normalization")[0]

    def group_count(self, shape: Shape) -> int:
        """The number of groups for inputs of a shape."""
        return shape[self.position(shape) - 1] if self.groups == -1 else self.groups

    def keeps_form(self, first: Sequence[Shape], inputs: Sequence[Shape]) -> bool:
        return len(first[0]) == len(inputs[0])

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (shape,) = inputs
        return self.gamma_and_beta((shape[self.position(shape) - 1],))


@lowers(GroupNormalization, "keras")
def keras(layer: GroupNormalization, node: ResolvedNode) -> Call:
    """`layers.GroupNormalization`."""
    position = layer.position(node.input_shape)
    axis = {} if position == len(node.input_shape) else {"axis": position}
    return call(
        "layers.GroupNormalization",
        layer.groups,
        **axis,
        **layer.keras_settings(),
        **keras_options(layer),
        name=node.name,
    )


def _layout(layer: GroupNormalization, node: ResolvedNode) -> LayoutRule:
    return "first" if layer.position(node.input_shape) == len(node.input_shape) else "last"


@lowers(GroupNormalization, "torch", layout=_layout)
def torch(layer: GroupNormalization, node: ResolvedNode) -> TorchLayer:
    """`nn.GroupNorm`, which refuses a batch of one sample whose groups are single values."""
    shape, position = node.input_shape, layer.position(node.input_shape)
    groups, channels = layer.group_count(shape), shape[position - 1]
    single = math.prod(shape) == groups
    module = call(
        Name("GroupNorm", "torch/layers") if single else "nn.GroupNorm",
        groups,
        channels,
        eps=layer.epsilon,
        **modules_options(layer),
    )

    def apply(module: Expression, x: Expression) -> Expression:
        return along(module, x, position)

    return TorchLayer(
        module=partial(layer, module),
        function=None if position == len(shape) else apply,
        weights={"gamma": Name("weight"), "beta": Name("bias")},
    )
