"""Parameter and scale: numbers that are learned without an input of their own.

A parameter gives every sample of the batch the same learned numbers. Joined with a sequence it is a
class token, added to one it is an embedding of positions (Dosovitskiy et al. (2021),
https://arxiv.org/abs/2010.11929):

    [[layers]]
    name = "token"
    type = "parameter"
    inputs = "patches"          # says how many samples there are
    shape = [1, 768]

    [[layers]]
    type = "concatenate"
    inputs = ["token", "patches"]
    axis = 1

A scale multiplies each channel, the last axis, with a learned factor: y = gamma * x (Touvron et al.
(2021), https://arxiv.org/abs/2103.17239).

Neither framework has these layers; both programs carry a short class.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.constraints import Constraint
from samenet.graph.ir import DType, ResolvedNode, Shape, ShapeError, Weight, shape_text
from samenet.initializers import Initializer
from samenet.layers.base import TrainableLayer
from samenet.lowering import TorchLayer, lower, lowers
from samenet.regularizers import Regularizer
from samenet.schema import Count


class LearnedNumbers(TrainableLayer):
    """A layer with one weight."""

    regularizer: Regularizer | None = Field(None, description="What the numbers add to the loss.")
    constraint: Constraint | None = Field(
        None, description="What the numbers are brought to after each step."
    )

    def options(self) -> dict[str, Expression]:
        """The arguments of the Keras class that say what the weight is held to."""
        rules = {"regularizer": self.regularizer, "constraint": self.constraint}
        return {name: lower(rule, "keras") for name, rule in rules.items() if rule is not None}

    def weight(self, name: str, shape: Shape, initializer: Initializer) -> tuple[Weight, ...]:
        """The weight, of a given shape."""
        return (
            Weight(
                name,
                shape,
                initializer,
                regularizer=self.regularizer,
                constraint=self.constraint,
            ),
        )


class Parameter(LearnedNumbers):
    """Gives each sample the same learned numbers: (N, ...) to (N, *shape)."""

    INTEGERS = "takes"

    type: Literal["parameter"]
    shape: tuple[Count, ...] = Field(
        min_length=1, max_length=7, description="The shape for a sample, without the batch."
    )
    initializer: Initializer = Field("random_normal", description="How the numbers start.")

    def output_shape(self, *inputs: Shape) -> Shape:
        del inputs
        return self.shape

    def output_dtype(self, *inputs: DType) -> DType:
        del inputs
        return "float"

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        del inputs
        return self.weight("value", self.shape, self.initializer)


class Scale(LearnedNumbers):
    """Multiplies each channel (the last axis) with a learned factor; the shape stays."""

    SUPPORTS_MASKING = True

    type: Literal["scale"]
    initializer: Initializer = Field("ones", description="How the factors start.")

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if not shape:
            raise ShapeError(
                f"scale takes shape (N, ..., channels), found {shape_text(shape)}",
                "put a reshape layer before it",
            )
        return shape

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return self.weight("gamma", inputs[0][-1:], self.initializer)


@lowers(Parameter, "keras")
def keras_parameter(layer: Parameter, node: ResolvedNode) -> Call:
    """A class that broadcasts its weight to the batch."""
    helper = Name("FreeParameter", "keras/parameters")
    return call(helper, layer.shape, **layer.options(), name=node.name)


@lowers(Parameter, "torch", layout="any")
def torch_parameter(layer: Parameter, node: ResolvedNode) -> TorchLayer:
    """A module that expands its parameter, which copies nothing."""
    del node
    return TorchLayer(
        module=call(Name("FreeParameter", "torch/parameters"), layer.shape),
        weights={"value": Name("value")},
    )


@lowers(Scale, "keras")
def keras_scale(layer: Scale, node: ResolvedNode) -> Call:
    """A class with the factors as its weight."""
    helper = Name("LayerScale", "keras/parameters")
    return call(helper, **layer.options(), name=node.name)


@lowers(Scale, "torch")
def torch_scale(layer: Scale, node: ResolvedNode) -> TorchLayer:
    """A module with the factors as its parameter."""
    del layer
    return TorchLayer(
        module=call(Name("LayerScale", "torch/parameters"), node.input_shape[-1]),
        weights={"gamma": Name("gamma")},
    )
