"""What recurrent layers have in common: arguments, states, masks, directions.

A layer goes through the steps of a sequence with states that it hands from step to step. In both
frameworks dropout (of inputs, of states) draws once for all steps. At a step that a mask calls
padding, states and output stay what they were; inside a bidirectional layer that returns sequences
the output is zero there. With `initial_state` the mask plays no part, as Keras has it, though it
goes on with the outputs.
Source: https://keras.io/api/layers/recurrent_layers/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import (
    Call,
    Expression,
    List,
    Name,
    Slice,
    call,
    index,
    method,
    prefixed,
)
from samenet.constraints import Constraint
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, Weight, shape_text
from samenet.initializers import Initializer
from samenet.layers.activation import TORCH
from samenet.layers.base import ActivationName, TrainableLayer
from samenet.lowering import KerasLayer, TorchLayer
from samenet.regularizers import Regularizer
from samenet.schema import Count, Rate, References, kind_of
from samenet.weight_rules import keras_options

HELPERS = "torch/recurrent"


class RecurrentBase(TrainableLayer):
    """A layer with states; a subclass says what they are like."""

    REFERENCES = ("initial_state",)

    GATES: ClassVar[int]
    """How many products with the kernels a step has."""

    STATES: ClassVar[tuple[str, ...]] = ("h",)
    """What is handed from step to step; the first is also the output."""

    activation: ActivationName = Field("tanh", description="The function of the output.")
    use_bias: bool = Field(True, description="Whether a bias is added.")
    kernel_initializer: Initializer = Field(
        "glorot_uniform", description="Of the kernel of the inputs."
    )
    recurrent_initializer: Initializer = Field(
        "orthogonal", description="Of the kernel of the states."
    )
    bias_initializer: Initializer = Field("zeros", description="Of the bias.")
    kernel_regularizer: Regularizer | None = Field(
        None, description="What the kernel of the inputs adds to the loss."
    )
    recurrent_regularizer: Regularizer | None = Field(
        None, description="What the kernel of the states adds to the loss."
    )
    bias_regularizer: Regularizer | None = Field(
        None, description="What the bias adds to the loss."
    )
    kernel_constraint: Constraint | None = Field(
        None, description="What the kernel of the inputs is brought to after each step."
    )
    recurrent_constraint: Constraint | None = Field(
        None, description="What the kernel of the states is brought to after each step."
    )
    bias_constraint: Constraint | None = Field(
        None, description="What the bias is brought to after each step."
    )
    dropout: Rate = Field(
        0.0, description="The fraction of the inputs dropped in training, the same at all steps."
    )
    recurrent_dropout: Rate = Field(
        0.0, description="The fraction of the states dropped in training, the same at all steps."
    )
    return_sequences: bool = Field(
        False, description="Whether the outputs of all steps are given, not only the last one."
    )
    return_state: bool = Field(
        False, description="Whether the last states are given too, as outputs of their own."
    )
    go_backwards: bool = Field(
        False, description="Whether it goes from the last step to the first."
    )
    zero_output_for_mask: bool = Field(
        False, description="Whether the output at padding is 0, not that of the step before."
    )
    initial_state: References | None = Field(
        None, description="The layers that give the first states; by default these are zero."
    )

    @property
    def USES_MASKS(self) -> bool:  # noqa: N802  # pyright: ignore[reportIncompatibleVariableOverride]
        """Keras hands no mask on to a layer that is called with initial states."""
        return self.initial_state is None

    # Shapes and weights

    def state_shape(self, sequence: Shape) -> Shape:
        """The shape of each state, which is also that of the output of a step.

        Raises:
            ShapeError: the layer cannot take such a sequence.
        """
        raise NotImplementedError

    def kernels(self, sequence: Shape) -> tuple[Shape, Shape]:
        """The shapes of the kernels of the inputs and of the states."""
        raise NotImplementedError

    def output_shape(self, *inputs: Shape) -> Shape:
        sequence, *states = inputs
        shape = self.state_shape(sequence)
        if states and (len(states) != len(self.STATES) or set(states) != {shape}):
            found = " and ".join(map(shape_text, states))
            raise ShapeError(
                f"{kind_of(type(self))} has {state_text(self.STATES)} of shape "
                f"{shape_text(shape)} as initial_state, found {found}",
                "name one layer for each state",
            )
        return (sequence[0], *shape) if self.return_sequences else shape

    def output_shapes(self, *inputs: Shape) -> tuple[Shape, ...]:
        states = self.STATES if self.return_state else ()
        shape = self.state_shape(inputs[0])
        return (self.output_shape(*inputs), *(shape for _ in states))

    @property
    def output_count(self) -> int:
        return 1 + len(self.STATES) * self.return_state

    def output_mask(self, masks: Sequence[bool]) -> int | Literal["own"] | None:
        return 0 if masks[0] and self.return_sequences else None

    @property
    def cell(self) -> str:
        """The name of Keras' layer for a step, under which the weights are."""
        return f"{kind_of(type(self))}_cell"

    @property
    def bias_shape(self) -> Shape:
        """The shape of the bias."""
        raise NotImplementedError

    @property
    def first_bias(self) -> Initializer:
        """How the bias starts."""
        return self.bias_initializer

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        kernel, recurrent_kernel = self.kernels(inputs[0])
        weights = (
            Weight(
                f"{self.cell}/kernel",
                kernel,
                self.kernel_initializer,
                regularizer=self.kernel_regularizer,
                constraint=self.kernel_constraint,
            ),
            Weight(
                f"{self.cell}/recurrent_kernel",
                recurrent_kernel,
                self.recurrent_initializer,
                regularizer=self.recurrent_regularizer,
                constraint=self.recurrent_constraint,
            ),
            Weight(
                f"{self.cell}/bias",
                self.bias_shape,
                self.first_bias,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            ),
        )
        return weights if self.use_bias else weights[:2]


class Recurrent(RecurrentBase):
    """A recurrent layer: (N, steps, features) to (N, units), or to (N, steps, units)."""

    units: Count = Field(description="The size of the output and of each state.")
    unroll: bool = Field(
        False,
        description="Whether Keras writes the loop out, which is faster for short sequences.",
    )

    def state_shape(self, sequence: Shape) -> Shape:
        if len(sequence) != 2:
            raise ShapeError(
                f"{kind_of(type(self))} takes shape (N, steps, features), found "
                f"{shape_text(sequence)}",
                "reshape the input, or put an embedding before the layer",
            )
        return (self.units,)

    def kernels(self, sequence: Shape) -> tuple[Shape, Shape]:
        width = self.GATES * self.units
        return (sequence[-1], width), (self.units, width)

    @property
    def bias_shape(self) -> Shape:
        return (self.GATES * self.units,)

    def multiply_adds(self, *inputs: Shape) -> int:
        steps, features = inputs[0]
        return steps * (features + self.units) * self.GATES * self.units


def state_text(states: Sequence[str]) -> str:
    """States in words: `1 state (h)`."""
    return f"{len(states)} state{'s' * (len(states) > 1)} ({', '.join(states)})"


# Keras


def keras_arguments(layer: RecurrentBase, name: str) -> dict[str, Expression]:
    """The keyword arguments of Keras' constructor that are not the defaults."""
    fields = type(layer).model_fields
    plain = (
        "activation",
        "recurrent_activation",
        "use_bias",
        "dropout",
        "recurrent_dropout",
        "return_sequences",
        "return_state",
        "go_backwards",
        "unroll",
        "reset_after",
        "zero_output_for_mask",
    )
    options: dict[str, Expression] = {
        key: getattr(layer, key)
        for key in plain
        if key in fields and getattr(layer, key) != fields[key].default
    }
    if layer.dropout or layer.recurrent_dropout:
        seed = Name("derived_seed", "shared/random_numbers")
        options["seed"] = call(seed, Name("SEED"), name)
    return {**options, **keras_options(layer)}


def keras_layer(
    layer: RecurrentBase, node: ResolvedNode, kind: str, *sizes: Expression, **options: Expression
) -> Call | KerasLayer:
    """A recurrent layer of Keras, called with its initial states if it has some.

    Args:
        layer: the layer.
        node: its place.
        kind: the name of Keras' class.
        sizes: its positional arguments.
        options: arguments that only this class has.
    """
    common = keras_arguments(layer, node.name)
    constructor = call(kind, *sizes, **options, **common, name=node.name)
    if layer.initial_state is None:
        return constructor

    def applied(layer: Call, x: Expression, initial_state: tuple[Expression, ...]) -> Call:
        return call(layer, x, initial_state=List(initial_state))

    return KerasLayer(constructor, applied)


# PyTorch


@dataclass(frozen=True)
class Native:
    """The constructor of a module that runs PyTorch's own kernel, and the views of its weights."""

    module: Call
    weights: Mapping[str, Expression]


ONE_BIAS: Mapping[str, Expression] = MappingProxyType(
    {
        "kernel": Name("weight_ih_l0.T"),
        "recurrent_kernel": Name("weight_hh_l0.T"),
        "bias": Name("bias_ih_l0"),
    }
)
"""The weights of PyTorch's own modules; its second bias is no weight."""

STEPWISE_WEIGHTS: Mapping[str, Expression] = MappingProxyType(
    {name: Name(name) for name in ("kernel", "recurrent_kernel", "bias")}
)
"""The weights of modules that keep them in Keras' layout."""


def torch_layer(
    layer: Recurrent, node: ResolvedNode, native: Native | None, stepwise: str
) -> TorchLayer:
    """A recurrent layer in a PyTorch program.

    Args:
        layer: the layer.
        node: its place.
        native: what runs PyTorch's own kernel, or None if that cannot say the layer.
        stepwise: the helper class that can, with masks and dropout of states, in a loop.
    """
    masked = node.masks[0] is not None and layer.USES_MASKS
    if native is None or node.masked or layer.recurrent_dropout:
        native = Native(stepwise_module(layer, node, stepwise), STEPWISE_WEIGHTS)
    module, prefix = native.module, ""
    if layer.dropout and not layer.recurrent_dropout:
        module, prefix = call(Name("InputDropout", HELPERS), module, layer.dropout), "layer"

    views = {
        f"{layer.cell}/{name}": prefixed(view, prefix) if prefix else view
        for name, view in native.weights.items()
    }
    return TorchLayer(module, torch_function(layer, masked=masked), views)


def torch_function(layer: RecurrentBase, *, masked: bool) -> Callable[..., Expression]:
    """The expression of a module that gives the outputs of all steps, and the last states."""

    def applied(
        module: Name,
        x: Expression,
        initial_state: tuple[Expression, ...] = (),
        masks: tuple[Expression, ...] = (),
    ) -> Expression:
        mask = {"mask": masks[0]} if masked else {}
        if layer.go_backwards:
            x = method(x, "flip", 1)
            mask = {key: method(value, "flip", 1) for key, value in mask.items()}
        results = call(module, x, *initial_state, **mask)
        if layer.zero_output_for_mask and mask:
            results = call(Name("zero_at_padding", HELPERS), results, mask["mask"])
        if layer.return_state:
            last = Name("last_step", HELPERS)
            return results if layer.return_sequences else call(last, results)
        outputs = index(results, 0)
        return outputs if layer.return_sequences else index(outputs, Slice(), -1)

    return applied


def stepwise_module(layer: Recurrent, node: ResolvedNode, name: str) -> Call:
    """The constructor of a helper class that goes through the steps in a loop."""
    options = stepwise_options(layer)
    if layer.recurrent_dropout:
        options |= {"dropout": layer.dropout} if layer.dropout else {}
        options["recurrent_dropout"] = layer.recurrent_dropout
    return call(Name(name, HELPERS), node.input_shape[-1], layer.units, **options)


def stepwise_options(layer: RecurrentBase) -> dict[str, Expression]:
    """The functions and the bias of a helper class, where they are not the defaults."""
    functions: dict[str, Expression] = {
        key: function_of(getattr(layer, key))
        for key, default in (("activation", "tanh"), ("recurrent_activation", "sigmoid"))
        if getattr(layer, key, default) != default
    }
    return functions | bias_option(layer)


def bias_option(layer: RecurrentBase) -> dict[str, Expression]:
    """The argument of a module that has no bias."""
    return {} if layer.use_bias else {"bias": False}


_FUNCTIONS: Mapping[ActivationName, Expression] = MappingProxyType(
    {
        "hard_tanh": call("partial", Name("torch.clamp"), min=-1.0, max=1.0),
        "leaky_relu": call(
            "partial",
            Name("F.leaky_relu"),
            negative_slope=Name("LEAKY_SLOPE", "torch/activations"),
        ),
        "linear": call("nn.Identity"),
        "sparse_sigmoid": Name("sparse_sigmoid", HELPERS),
    }
)


def function_of(activation: ActivationName) -> Expression:
    """An activation as a function of one tensor that can be handed on."""
    if activation in _FUNCTIONS:
        return _FUNCTIONS[activation]
    applied = TORCH[activation](Name("x"))
    assert isinstance(applied, Call)
    assert applied.arguments == (Name("x"),)
    if not applied.keywords:
        return applied.function
    return Call(Name("partial"), (applied.function,), applied.keywords)
