"""What normalizations have in common: a learned factor gamma and a learned shift beta."""

from __future__ import annotations

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name, call
from samenet.constraints import Constraint
from samenet.graph.ir import Shape, Weight
from samenet.initializers import Initializer
from samenet.layers.base import TrainableLayer
from samenet.regularizers import Regularizer
from samenet.schema import Positive


class ScaleAndShift(TrainableLayer):
    """A normalization, followed by y = gamma * x + beta."""

    epsilon: Positive = Field(0.001, description="Added to the variance.")
    center: bool = Field(True, description="Whether beta is added.")
    scale: bool = Field(True, description="Whether the output is multiplied by gamma.")
    beta_initializer: Initializer = Field("zeros", description="Of beta.")
    gamma_initializer: Initializer = Field("ones", description="Of gamma.")
    beta_regularizer: Regularizer | None = Field(None, description="What beta adds to the loss.")
    gamma_regularizer: Regularizer | None = Field(None, description="What gamma adds to the loss.")
    beta_constraint: Constraint | None = Field(
        None, description="What beta is brought to after each step."
    )
    gamma_constraint: Constraint | None = Field(
        None, description="What gamma is brought to after each step."
    )

    def gamma_and_beta(self, shape: Shape) -> tuple[Weight, ...]:
        """Those of the two weights that the layer has."""
        gamma = Weight(
            "gamma",
            shape,
            self.gamma_initializer,
            regularizer=self.gamma_regularizer,
            constraint=self.gamma_constraint,
        )
        beta = Weight(
            "beta",
            shape,
            self.beta_initializer,
            regularizer=self.beta_regularizer,
            constraint=self.beta_constraint,
        )
        return (*((gamma,) if self.scale else ()), *((beta,) if self.center else ()))

    def keras_settings(self) -> dict[str, Expression]:
        """Keras' arguments: epsilon, and what is left out."""
        center = {} if self.center else {"center": False}
        scale = {} if self.scale else {"scale": False}
        return {"epsilon": self.epsilon, **center, **scale}


def modules_options(layer: ScaleAndShift, name: str = "affine") -> dict[str, Expression]:
    """The argument of a PyTorch class that leaves both weights out."""
    return {} if layer.center or layer.scale else {name: False}


def partial(layer: ScaleAndShift, module: Call) -> Call:
    """The module without the one weight that is left out: PyTorch's classes have both or none."""
    if layer.center == layer.scale:
        return module
    return call(Name("without", "torch/layers"), "bias" if layer.scale else "weight", module)


def along(module: Expression, x: Expression, axis: int) -> Call:
    """A PyTorch module that takes channels in axis 1, applied to those in another one."""
    return call(Name("along", "torch/layers"), module, x, axis)
