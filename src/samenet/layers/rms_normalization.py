"""RMSNormalization: y = scale * x / sqrt(mean(x^2) + epsilon), in each sample.

The mean is taken over `axis`, and `scale` has the shape of these axes; they are the last ones, for
Keras multiplies with `scale` as it is. Keras' epsilon is 1e-6; PyTorch's is by default the
precision of the type.
Source: Zhang and Sennrich (2019), https://arxiv.org/abs/1910.07467;
https://keras.io/api/layers/normalization_layers/rms_normalization/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, Weight, shape_text
from samenet.layers.axes import Axes, as_argument, axes_text, is_trailing, positions, sizes
from samenet.layers.base import TrainableLayer
from samenet.lowering import TorchLayer, lowers
from samenet.schema import Positive


class RMSNormalization(TrainableLayer):
    """Divides each sample by its root mean square over some axes; the shape stays."""

    type: Literal["rms_normalization"]
    axis: Axes = Field(
        (-1,), description="The last axis or axes; counted with the batch, -1 is the last."
    )
    epsilon: Positive = Field(1e-6, description="Added to the mean square.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        self.positions(shape)
        return shape

    def positions(self, shape: Shape) -> tuple[int, ...]:
        """The axes counted from the front with the batch."""
        axes = positions(self.axis, shape, "rms_normalization")
        if not is_trailing(axes, shape):
            raise ShapeError(
                f"rms_normalization takes the last axes, found {axes_text(self.axis)} "
                f"of {shape_text(shape)}",
                "bring the axes behind the others with a permute layer",
            )
        return axes

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (shape,) = inputs
        return (Weight("scale", sizes(self.positions(shape), shape), "ones"),)


@lowers(RMSNormalization, "keras")
def keras(layer: RMSNormalization, node: ResolvedNode) -> Call:
    """`layers.RMSNormalization`."""
    axes = layer.positions(node.input_shape)
    options: dict[str, Expression] = {}
    if axes != (len(node.input_shape),):
        options["axis"] = as_argument(axes)
    return call("layers.RMSNormalization", **options, epsilon=layer.epsilon, name=node.name)


@lowers(RMSNormalization, "torch")
def torch(layer: RMSNormalization, node: ResolvedNode) -> TorchLayer:
    """`nn.RMSNorm`."""
    shape = node.input_shape
    normalized = as_argument(sizes(layer.positions(shape), shape))
    module = call("nn.RMSNorm", normalized, eps=layer.epsilon)
    return TorchLayer(module=module, weights={"scale": Name("weight")})
