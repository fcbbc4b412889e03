"""ActivityRegularization: l1 * sum |x| + l2 * sum x^2, over the batch size, is added to the loss.

The input passes unchanged. Source: https://keras.io/api/layers/regularization_layers/activity_regularization/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.graph.ir import ResolvedNode
from samenet.layers.base import Layer
from samenet.lowering import TorchLayer, lowers
from samenet.schema import NonNegative


class ActivityRegularization(Layer):
    """Adds a penalty on its input to the loss; the input passes unchanged."""

    SUPPORTS_MASKING = True

    type: Literal["activity_regularization"]
    l1: NonNegative = Field(0.0, description="The factor of the sum of absolute values.")
    l2: NonNegative = Field(0.0, description="The factor of the sum of squares.")


@lowers(ActivityRegularization, "keras")
def keras(layer: ActivityRegularization, node: ResolvedNode) -> Call:
    """`layers.ActivityRegularization`."""
    return call("layers.ActivityRegularization", l1=layer.l1, l2=layer.l2, name=node.name)


@lowers(ActivityRegularization, "torch", layout="any")
def torch(layer: ActivityRegularization, node: ResolvedNode) -> TorchLayer:
    """A module that keeps the penalty of its last input."""
    del node
    module = call(Name("ActivityRegularization", "torch/regularizers"), l1=layer.l1, l2=layer.l2)
    return TorchLayer(module=module)
