"""Activation: a named function of each element (softmax and its kin, glu: of the last axis).

The functions are Keras'. PyTorch's of the same name agree, with these settings: gelu is the exact
one in both; leaky_relu has the slope 0.2 of Keras' activation, in 32 bits (PyTorch: 0.01); softmax
names its axis; hard_tanh is a clamp, whose gradient at -1 and 1 is 1 as in Keras. PyTorch's
softplus is linear above 20, where the difference is below 3e-9. sparsemax is what Keras computes:
where more than one element stays, its threshold is not that of Martins and Astudillo (2016), and
the elements do not sum to 1.
Source: https://keras.io/api/layers/activations/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Binary, Call, Expression, Name, call
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, shape_text
from samenet.layers.base import ActivationName, Layer
from samenet.lowering import KerasLayer, LayoutRule, TorchLayer, lowers


class Activation(Layer):
    """Applies a function to its input; the shape stays (glu halves the last axis)."""

    SUPPORTS_MASKING = True

    type: Literal["activation"]
    activation: Literal[ActivationName, "glu"] = Field(description="The name of the function.")

    @property
    def computes(self) -> ActivationName:
        return "linear" if self.activation == "glu" else self.activation

    def output_shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if self.activation != "glu":
            return shape
        if shape[-1] % 2:
            raise ShapeError(
                f"glu splits the last axis into halves, found {shape_text(shape)}",
                "make the last axis even",
            )
        return (*shape[:-1], shape[-1] // 2)

    def output_mask(self, masks: Sequence[bool]) -> int | Literal["own"] | None:
        # In a Keras program glu is a plain operation, and these drop masks.
        return None if self.activation == "glu" else super().output_mask(masks)


def _function(name: str, *, helper: bool = False) -> Callable[[Expression], Expression]:
    function = Name(name, "torch/activations") if helper else Name(name)
    return lambda x: call(function, x)


@lowers(Activation, "keras")
def keras(layer: Activation, node: ResolvedNode) -> Call | KerasLayer:
    """`layers.Activation`, which would take the shape of glu's output for that of its input."""
    if layer.activation == "glu":
        return KerasLayer(None, _function("keras.ops.glu"))
    return call("layers.Activation", layer.activation, name=node.name)


TORCH: Mapping[ActivationName, Callable[[Expression], Expression]] = MappingProxyType(
    {
        "celu": _function("F.celu"),
        "elu": _function("F.elu"),
        "exponential": _function("torch.exp"),
        "gelu": _function("F.gelu"),
        "hard_shrink": _function("F.hardshrink"),
        "hard_sigmoid": _function("F.hardsigmoid"),
        "hard_silu": _function("F.hardswish"),
        "hard_swish": _function("F.hardswish"),
        "hard_tanh": lambda x: call("torch.clamp", x, -1.0, 1.0),
        "leaky_relu": lambda x: call("F.leaky_relu", x, Name("LEAKY_SLOPE", "torch/activations")),
        "linear": lambda x: x,
        "log_sigmoid": _function("F.logsigmoid"),
        "log_softmax": lambda x: call("F.log_softmax", x, dim=-1),
        "mish": _function("F.mish"),
        "relu": _function("F.relu"),
        "relu6": _function("F.relu6"),
        "selu": _function("F.selu"),
        "sigmoid": _function("torch.sigmoid"),
        "silu": _function("F.silu"),
        "soft_shrink": _function("F.softshrink"),
        "softmax": lambda x: call("F.softmax", x, dim=-1),
        "softplus": _function("F.softplus"),
        "softsign": _function("F.softsign"),
        "sparse_plus": _function("sparse_plus", helper=True),
        # hardtanh, for its gradient of 0 at -1 and 1
        "sparse_sigmoid": lambda x: Binary(Binary(call("F.hardtanh", x), "+", 1), "/", 2),
        "sparsemax": _function("sparsemax", helper=True),
        "squareplus": _function("squareplus", helper=True),
        "swish": _function("F.silu"),
        "tanh": _function("torch.tanh"),
        "tanh_shrink": _function("F.tanhshrink"),
    }
)
"""Each function in PyTorch; those of an axis take the last one."""

ALONG_AN_AXIS = frozenset({"glu", "log_softmax", "softmax", "sparsemax"})


def _layout(layer: Activation, node: ResolvedNode) -> LayoutRule:
    del node
    return "last" if layer.activation in ALONG_AN_AXIS else "any"


@lowers(Activation, "torch", layout=_layout)
def torch(layer: Activation, node: ResolvedNode) -> TorchLayer:
    """The function of the same name; nothing for `linear`."""
    del node
    if layer.activation == "linear":
        return TorchLayer()
    if layer.activation == "glu":
        return TorchLayer(function=_function("F.glu"))
    return TorchLayer(function=TORCH[layer.activation])
