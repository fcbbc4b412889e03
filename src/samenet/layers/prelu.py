"""PReLU: x where it is positive, else alpha * x with a learned alpha.

Keras learns an alpha for each element, PyTorch one for all or one for each channel; what
`shared_axes` says decides which class it is.
Source: He et al. (2015), https://arxiv.org/abs/1502.01852;
https://keras.io/api/layers/activation_layers/prelu/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.constraints import Constraint
from samenet.graph.ir import ResolvedNode, Shape, Weight
from samenet.initializers import Initializer
from samenet.layers.axes import Axes, as_argument, positions
from samenet.layers.base import TrainableLayer
from samenet.lowering import LayoutRule, TorchLayer, lowers
from samenet.regularizers import Regularizer
from samenet.weight_rules import keras_options


class PReLU(TrainableLayer):
    """ReLU with a learned slope for negative x; the shape stays."""

    SUPPORTS_MASKING = True

    type: Literal["prelu"]
    alpha_initializer: Initializer = Field("zeros", description="Of alpha.")
    alpha_regularizer: Regularizer | None = Field(None, description="What alpha adds to the loss.")
    alpha_constraint: Constraint | None = Field(
        None, description="What alpha is brought to after each step."
    )
    shared_axes: Axes | None = Field(
        None,
        description="Axes along which alpha is the same, counted with the batch: 1 is the first.",
    )

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        self.shared(shape)
        return shape

    def shared(self, shape: Shape) -> tuple[int, ...]:
        """The axes along which alpha is the same, counted from the front."""
        return positions(self.shared_axes or (), shape, "prelu")

    def alpha_shape(self, shape: Shape) -> Shape:
        """The shape of alpha for inputs of a shape."""
        shared = self.shared(shape)
        return tuple(1 if i in shared else size for i, size in enumerate(shape, 1))

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        alpha = Weight(
            "alpha",
            self.alpha_shape(inputs[0]),
            self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        return (alpha,)


@lowers(PReLU, "keras")
def keras(layer: PReLU, node: ResolvedNode) -> Call:
    """`layers.PReLU`."""
    options: dict[str, Expression] = {}
    if layer.shared_axes is not None:
        options["shared_axes"] = as_argument(layer.shared(node.input_shape))
    return call("layers.PReLU", **options, **keras_options(layer), name=node.name)


def _is_native(layer: PReLU, node: ResolvedNode) -> bool:
    """Whether it is one alpha for each channel or one for all."""
    return set(layer.alpha_shape(node.input_shape)[:-1]) <= {1}


def _layout(layer: PReLU, node: ResolvedNode) -> LayoutRule:
    if not _is_native(layer, node):
        return "last"
    return "any" if layer.alpha_shape(node.input_shape)[-1] == 1 else "first"


@lowers(PReLU, "torch", layout=_layout)
def torch(layer: PReLU, node: ResolvedNode) -> TorchLayer:
    """`nn.PReLU` where it can say it."""
    shape = layer.alpha_shape(node.input_shape)
    if not _is_native(layer, node):
        module = call(Name("PReLU", "torch/activations"), *shape)
        return TorchLayer(module=module, weights={"alpha": Name("weight")})
    channels = () if shape[-1] == 1 else (shape[-1],)
    weight = Name("weight") if len(shape) == 1 else call("weight.view", *shape)
    return TorchLayer(module=call("nn.PReLU", *channels), weights={"alpha": weight})
