"""TimeDistributed: one layer, with the same weights, at each step of a sequence.

Keras applies it step by step; the PyTorch program makes the steps samples of a batch, which for
the layers that can stand inside is the same.
Source: https://keras.io/api/layers/recurrent_layers/time_distributed/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call, method
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, Weight, shape_text
from samenet.layers.activation import TORCH, Activation
from samenet.layers.base import TrainableLayer, WeightedLayer
from samenet.layers.bidirectional import Bidirectional
from samenet.layers.conv import Conv1D, Conv2D, Conv3D
from samenet.layers.conv_transpose import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
from samenet.layers.dense import Dense
from samenet.layers.depthwise_conv import DepthwiseConv1D, DepthwiseConv2D
from samenet.layers.dropout import Dropout
from samenet.layers.flatten import Flatten
from samenet.layers.global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
)
from samenet.layers.gru import GRU
from samenet.layers.layer_normalization import LayerNormalization
from samenet.layers.lstm import LSTM
from samenet.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from samenet.layers.recurrent import Recurrent
from samenet.layers.reshaping import Permute, RepeatVector, Reshape
from samenet.layers.separable_conv import SeparableConv1D, SeparableConv2D
from samenet.layers.simple_rnn import SimpleRNN
from samenet.layers.wrapping import keras_inside, outside_only
from samenet.lowering import TorchLayer, layout_rule, lower, lowers
from samenet.schema import kind_of

Inside = Annotated[
    Activation
    | AveragePooling1D
    | AveragePooling2D
    | AveragePooling3D
    | Bidirectional
    | Conv1D
    | Conv1DTranspose
    | Conv2D
    | Conv2DTranspose
    | Conv3D
    | Conv3DTranspose
    | Dense
    | DepthwiseConv1D
    | DepthwiseConv2D
    | Dropout
    | Flatten
    | GRU
    | GlobalAveragePooling1D
    | GlobalAveragePooling2D
    | GlobalAveragePooling3D
    | GlobalMaxPooling1D
    | GlobalMaxPooling2D
    | GlobalMaxPooling3D
    | LSTM
    | LayerNormalization
    | MaxPooling1D
    | MaxPooling2D
    | MaxPooling3D
    | Permute
    | RepeatVector
    | Reshape
    | SeparableConv1D
    | SeparableConv2D
    | SimpleRNN,
    Field(discriminator="type"),
]
"""Layers in which samples have nothing to do with each other, so that steps can be samples."""

HELPERS = "torch/steps"

SUGAR = ("batch_normalization", "dropout", "activity_regularizer")
"""What a layer inside cannot bring along, because it would be a layer of its own."""


class TimeDistributed(TrainableLayer):
    """A layer at each step: (N, steps, ...) to (N, steps, what the layer makes of one)."""

    SUPPORTS_MASKING = True

    type: Literal["time_distributed"]
    layer: Inside = Field(description="The layer, with its own `type`.")

    @property
    def USES_MASKS(self) -> bool:  # noqa: N802  # pyright: ignore[reportIncompatibleVariableOverride]
        """Only a recurrent layer inside looks at the mask of its step."""
        return isinstance(self.layer, Recurrent | Bidirectional)

    def mask_needed(self, inputs: Sequence[Shape]) -> Sequence[Shape | None]:
        (shape,) = inputs
        (inside,) = self.layer.mask_needed([shape[1:]])
        return [None if inside is None else (shape[0], *inside)]

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        self.check()
        if len(shape) < 2:
            raise ShapeError(
                f"time_distributed takes shape (N, steps, ...), found {shape_text(shape)}",
                "it applies a layer to each step of a sequence",
            )
        return (shape[0], *self.layer.output_shape(shape[1:]))

    def check(self) -> None:
        """The layer inside has to be one that can stand there.

        Raises:
            ShapeError: it is not.
        """
        sugar = SUGAR if isinstance(self.layer, WeightedLayer) else ()
        outside_only(self, self.layer, ("name", "inputs", "initial_state", "trainable", *sugar))
        if self.layer.output_count > 1:
            raise ShapeError(
                f"the {kind_of(type(self.layer))} inside of a time_distributed layer has "
                f"{self.layer.output_count} outputs",
                "remove return_state there",
            )
        if isinstance(self.layer, Activation) and self.layer.activation == "glu":
            raise ShapeError(
                "glu cannot stand inside of a time_distributed layer",
                "use an activation layer, which acts on each step",
            )

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        kind = kind_of(type(self.layer))
        inside = self.layer.weights(inputs[0][1:])
        return tuple(weight._replace(name=f"{kind}/{weight.name}") for weight in inside)

    def multiply_adds(self, *inputs: Shape) -> int:
        return inputs[0][0] * self.layer.multiply_adds(inputs[0][1:])


def inside_node(layer: TimeDistributed, node: ResolvedNode) -> ResolvedNode:
    """The place of the layer inside: one step is a sample."""
    shape = node.input_shape[1:]
    place = replace(
        node,
        layer=layer.layer,
        input_shapes=(shape,),
        output_shapes=(node.output_shape[1:],),
        masks=node.masks if layer.USES_MASKS else (None,),
    )
    first = layout_rule(layer.layer, place) == "first" and len(shape) > 1
    return replace(place, layout="first" if first else "last")


@lowers(TimeDistributed, "keras")
def keras(layer: TimeDistributed, node: ResolvedNode) -> Call:
    """`layers.TimeDistributed` around the layer."""
    inside = keras_inside(layer.layer, inside_node(layer, node), kind_of(type(layer.layer)))
    if isinstance(layer.layer, WeightedLayer) and layer.layer.activation != "linear":
        activation = ("activation", layer.layer.activation)
        inside = replace(inside, keywords=(activation, *inside.keywords))
    return call("layers.TimeDistributed", inside, name=node.name)


@lowers(TimeDistributed, "torch")
def torch(layer: TimeDistributed, node: ResolvedNode) -> TorchLayer:
    """The layer itself, applied to all steps at once as samples of a batch."""
    place = inside_node(layer, node)
    inside: TorchLayer = lower(layer.layer, "torch", place)
    kind = kind_of(type(layer.layer))

    def applied(*arguments: Expression, masks: tuple[Expression, ...] = ()) -> Expression:
        *module, x = arguments
        masked = {"masks": (method(masks[0], "flatten", 0, 1),)} if any(masks) else {}
        first = place.layout == "first"
        x = call(Name("steps_as_samples", HELPERS), x) if first else method(x, "flatten", 0, 1)
        y = inside.function(*module, x, **masked) if inside.function else called(*module, x)
        if isinstance(layer.layer, WeightedLayer):
            y = TORCH[layer.layer.activation](y)
        steps = node.output_shape[0]
        if first and len(place.output_shape) > 1:
            return call(Name("samples_as_steps", HELPERS), y, steps)
        return method(y, "unflatten", 0, (-1, steps))

    return TorchLayer(
        module=inside.module,
        function=applied,
        weights={f"{kind}/{name}": view for name, view in inside.weights.items()},
    )


def called(*arguments: Expression) -> Expression:
    """The module called with its input, or the input where there is nothing to do."""
    if len(arguments) == 1:
        return arguments[0]
    module, x = arguments
    assert isinstance(module, Name)
    return call(module, x)
