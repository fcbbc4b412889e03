"""BatchNormalization: y = gamma (x - mean) / sqrt(variance + epsilon) + beta, per channel.

Mean and variance are those of the batch in training and the moving ones in inference. Keras'
`momentum` weighs the old moving value, PyTorch's the new one; Keras' moving variance is the biased
one (divided by n), PyTorch's the unbiased one, so the PyTorch program carries a subclass.
Source: Ioffe and Szegedy (2015), https://arxiv.org/abs/1502.03167;
https://keras.io/api/layers/normalization_layers/batch_normalization/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, Weight, shape_text
from samenet.layers.base import Layer
from samenet.lowering import TorchLayer, lowers
from samenet.schema import Fraction, Positive


class BatchNormalization(Layer):
    """Normalizes each channel (the last axis) over the batch; the shape stays."""

    type: Literal["batch_normalization"]
    momentum: Fraction = Field(0.99, description="The weight of the old moving statistics.")
    epsilon: Positive = Field(0.001, description="Added to the variance.")
    center: bool = Field(True, description="Whether beta is added.")
    scale: bool = Field(True, description="Whether the output is multiplied by gamma.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if len(shape) != 1:
            raise ShapeError(
                f"batch_normalization takes shape (N, channels), found {shape_text(shape)}",
                "put a flatten layer before it",
            )
        return shape

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        channels = inputs[0][-1:]
        gamma = (Weight("gamma", channels, "ones"),) if self.scale else ()
        beta = (Weight("beta", channels, "zeros"),) if self.center else ()
        return (
            *gamma,
            *beta,
            Weight("moving_mean", channels, "zeros", trainable=False),
            Weight("moving_variance", channels, "ones", trainable=False),
        )


@lowers(BatchNormalization, "keras")
def keras(layer: BatchNormalization, node: ResolvedNode) -> Call:
    """`layers.BatchNormalization`."""
    options: dict[str, bool] = {} if layer.center else {"center": False}
    options |= {} if layer.scale else {"scale": False}
    return call(
        "layers.BatchNormalization",
        momentum=layer.momentum,
        epsilon=layer.epsilon,
        **options,
        name=node.name,
    )


@lowers(BatchNormalization, "torch")
def torch(layer: BatchNormalization, node: ResolvedNode) -> TorchLayer:
    """`nn.BatchNorm1d` with Keras' moving variance; its momentum weighs the new value."""
    # 15 digits, so that 1 - 0.99 reads 0.01
    options: dict[str, float] = {
        "eps": layer.epsilon,
        "momentum": float(f"{1 - layer.momentum:.15g}"),
    }
    module = "BatchNorm1d"
    if layer.center != layer.scale:
        module = "PartialBatchNorm1d"
        options |= {"center": layer.center, "scale": layer.scale}
    elif not layer.center:
        options["affine"] = False
    return TorchLayer(
        module=call(Name(module, "torch/layers"), node.input_shape[-1], **options),
        weights={
            "gamma": Name("weight"),
            "beta": Name("bias"),
            "moving_mean": Name("running_mean"),
            "moving_variance": Name("running_var"),
        },
    )
