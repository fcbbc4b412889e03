"""BatchNormalization: y = gamma (x - mean) / sqrt(variance + epsilon) + beta, per channel.

Mean and variance are those of the batch in training and the moving ones in inference; with a mask,
those of what is not masked. A layer that is not trained takes the moving ones in training too, and
leaves them as they are. Keras' `momentum` weighs the old moving value, PyTorch's the new one;
Keras' moving variance is the biased one (divided by n), PyTorch's the unbiased one, so the PyTorch
program carries a subclass.
Source: Ioffe and Szegedy (2015), https://arxiv.org/abs/1502.03167;
https://keras.io/api/layers/normalization_layers/batch_normalization/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import ResolvedNode, Shape, Weight
from samenet.initializers import Initializer
from samenet.layers.axes import Axis, positions
from samenet.layers.scale_and_shift import ScaleAndShift, along, modules_options, partial
from samenet.lowering import LayoutRule, TorchLayer, lowers
from samenet.schema import Fraction
from samenet.weight_rules import keras_options


class BatchNormalization(ScaleAndShift):
    """Normalizes each channel over the batch and the other axes; the shape stays."""

    SUPPORTS_MASKING = True

    type: Literal["batch_normalization"]
    axis: Axis = Field(
        -1, description="The axis of the channels; counted with the batch, -1 is the last."
    )
    momentum: Fraction = Field(0.99, description="The weight of the old moving statistics.")
    moving_mean_initializer: Initializer = Field("zeros", description="Of the moving mean.")
    moving_variance_initializer: Initializer = Field("ones", description="Of the moving variance.")

    @property
    def USES_MASKS(self) -> bool:  # noqa: N802  # pyright: ignore[reportIncompatibleVariableOverride]
        """Only statistics of a batch leave out what is masked."""
        return self.trainable

    def mask_needed(self, inputs: Sequence[Shape]) -> Sequence[Shape | None]:
        return [shape[:-1] if self.USES_MASKS else None for shape in inputs]

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        self.position(shape)
        return shape

    def keeps_form(self, first: Sequence[Shape], inputs: Sequence[Shape]) -> bool:
        return len(first[0]) == len(inputs[0])

    def position(self, shape: Shape) -> int:
        """The axis of the channels, counted from the front with the batch."""
        return positions((self.axis,), shape, "batch_normalization")[0]

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (shape,) = inputs
        channels = (shape[self.position(shape) - 1],)
        mean, variance = self.moving_mean_initializer, self.moving_variance_initializer
        return (
            *self.gamma_and_beta(channels),
            Weight("moving_mean", channels, mean, trainable=False),
            Weight("moving_variance", channels, variance, trainable=False),
        )


@lowers(BatchNormalization, "keras")
def keras(layer: BatchNormalization, node: ResolvedNode) -> Call:
    """`layers.BatchNormalization`."""
    position = layer.position(node.input_shape)
    axis = {} if position == len(node.input_shape) else {"axis": position}
    return call(
        "layers.BatchNormalization",
        **axis,
        momentum=layer.momentum,
        **layer.keras_settings(),
        **keras_options(layer),
        name=node.name,
    )


def _is_plain(layer: BatchNormalization, node: ResolvedNode) -> bool:
    """Whether one of PyTorch's classes takes the input as it is, channels first."""
    rank = len(node.input_shape)
    return layer.position(node.input_shape) == rank <= 4 and not _is_masked(layer, node)


def _is_masked(layer: BatchNormalization, node: ResolvedNode) -> bool:
    return layer.USES_MASKS and any(node.masks)


def _layout(layer: BatchNormalization, node: ResolvedNode) -> LayoutRule:
    return "first" if _is_plain(layer, node) else "last"


@lowers(BatchNormalization, "torch", layout=_layout)
def torch(layer: BatchNormalization, node: ResolvedNode) -> TorchLayer:
    """`nn.BatchNorm1d` to `3d` with Keras' moving variance; their momentum weighs the new value."""
    position, rank = layer.position(node.input_shape), len(node.input_shape)
    plain = _is_plain(layer, node)
    kind, options = f"BatchNorm{max(rank - 1, 1) if plain else 1}d", modules_options(layer)
    if layer.trainable:  # 15 digits: 1 - 0.99 reads 0.01
        options = {"momentum": float(f"{1 - layer.momentum:.15g}"), **options}
    else:
        kind = "FrozenBatchNorm"
    channels = node.input_shape[position - 1]
    module = call(Name(kind, "torch/layers"), channels, eps=layer.epsilon, **options)

    def apply(module: Expression, x: Expression, masks: tuple[Expression, ...] = ()) -> Expression:
        axis = position if position < rank else -1
        if not masks:
            return along(module, x, axis)
        options = {} if axis == -1 else {"axis": axis}
        function = Name("masked_batch_norm", "torch/layers")
        return call(function, module, x, masks[0], **options)

    return TorchLayer(
        module=partial(layer, module),
        function=None if plain else apply,
        weights={
            "gamma": Name("weight"),
            "beta": Name("bias"),
            "moving_mean": Name("running_mean"),
            "moving_variance": Name("running_var"),
        },
    )
