"""LayerNormalization: y = gamma (x - mean) / sqrt(variance + epsilon) + beta, in each sample.

Mean and (biased) variance are taken over `axis`, and gamma and beta have the shape of these axes.
Keras' epsilon is 1e-3, PyTorch's 1e-5; PyTorch's class takes the last axes only.
Source: Ba et al. (2016), https://arxiv.org/abs/1607.06450;
https://keras.io/api/layers/normalization_layers/layer_normalization/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import ResolvedNode, Shape, Weight
from samenet.layers.axes import Axes, as_argument, broadcastable, is_trailing, positions, sizes
from samenet.layers.scale_and_shift import ScaleAndShift, modules_options, partial
from samenet.lowering import TorchLayer, lowers
from samenet.weight_rules import keras_options


class LayerNormalization(ScaleAndShift):
    """Normalizes each sample over some axes; the shape stays."""

    SUPPORTS_MASKING = True

    type: Literal["layer_normalization"]
    axis: Axes = Field(
        (-1,), description="The axis or axes of the mean; counted with the batch, -1 is the last."
    )

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        self.positions(shape)
        return shape

    def positions(self, shape: Shape) -> tuple[int, ...]:
        """The axes counted from the front with the batch."""
        return positions(self.axis, shape, "layer_normalization")

    def keeps_form(self, first: Sequence[Shape], inputs: Sequence[Shape]) -> bool:
        return self.axis == (-1,) or len(first[0]) == len(inputs[0])

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (shape,) = inputs
        return self.gamma_and_beta(sizes(self.positions(shape), shape))


@lowers(LayerNormalization, "keras")
def keras(layer: LayerNormalization, node: ResolvedNode) -> Call:
    """`layers.LayerNormalization`."""
    axes = layer.positions(node.input_shape)
    options = {} if axes == (len(node.input_shape),) else {"axis": as_argument(axes)}
    return call(
        "layers.LayerNormalization",
        **options,
        **layer.keras_settings(),
        **keras_options(layer),
        name=node.name,
    )


@lowers(LayerNormalization, "torch")
def torch(layer: LayerNormalization, node: ResolvedNode) -> TorchLayer:
    """`nn.LayerNorm` for the last axes, else a class of its own."""
    shape, axes = node.input_shape, layer.positions(node.input_shape)
    if is_trailing(axes, shape):
        normalized = as_argument(sizes(axes, shape))
        options = modules_options(layer, "elementwise_affine")
        module = partial(layer, call("nn.LayerNorm", normalized, eps=layer.epsilon, **options))
        return TorchLayer(module=module, weights={"gamma": Name("weight"), "beta": Name("bias")})
    module = call(
        Name("LayerNorm", "torch/layers"), broadcastable(axes, shape), axes, eps=layer.epsilon
    )
    for name, is_kept in (("weight", layer.scale), ("bias", layer.center)):
        if not is_kept:
            module = call(Name("without", "torch/layers"), name, module)

    def view(name: str) -> Expression:
        return call(f"{name}.view", *sizes(axes, shape))

    return TorchLayer(module=module, weights={"gamma": view("weight"), "beta": view("bias")})
