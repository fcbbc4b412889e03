"""Bidirectional: one recurrent layer along a sequence, another one against it.

With `return_sequences` the outputs of the second one are turned round, so that both belong to the
same step; without, each gives its own last output (which for the second is that at the first step).
Source: Schuster and Paliwal (1997), https://doi.org/10.1109/78.650093;
https://keras.io/api/layers/recurrent_layers/bidirectional/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Literal

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
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, Weight, shape_text
from samenet.layers.base import TrainableLayer
from samenet.layers.gru import GRU
from samenet.layers.lstm import LSTM
from samenet.layers.recurrent import HELPERS, Recurrent, state_text
from samenet.layers.simple_rnn import SimpleRNN
from samenet.layers.wrapping import keras_inside, outside_only
from samenet.lowering import KerasLayer, TorchLayer, lower, lowers
from samenet.schema import References, kind_of

AnyRecurrent = Annotated[GRU | LSTM | SimpleRNN, Field(discriminator="type")]


class Bidirectional(TrainableLayer):
    """A recurrent layer in both directions: (N, steps, features) to (N, 2 units)."""

    REFERENCES = ("initial_state",)

    type: Literal["bidirectional"]
    layer: AnyRecurrent = Field(description="The recurrent layer, with its own `type`.")
    merge_mode: Literal["concat", "sum", "mul", "ave", "none"] = Field(
        "concat",
        description="How the outputs of the two are joined; `ave` is their mean, `none` leaves "
        "both as outputs of their own.",
    )
    backward_layer: AnyRecurrent | None = Field(
        None,
        description="The layer against the sequence, with `go_backwards = true`; by default one "
        "like the first.",
    )
    initial_state: References | None = Field(
        None,
        description="The layers that give the first states, those of the first direction first; "
        "by default these are zero.",
    )

    @property
    def USES_MASKS(self) -> bool:  # noqa: N802  # pyright: ignore[reportIncompatibleVariableOverride]
        """Keras hands no mask on to a layer that is called with initial states."""
        return self.initial_state is None

    @property
    def backward(self) -> Recurrent:
        """The layer against the sequence."""
        return self.backward_layer or self.layer.model_copy(update={"go_backwards": True})

    @property
    def directions(self) -> Mapping[str, Recurrent]:
        """Both layers by Keras' names for them."""
        return {
            f"forward_{kind_of(type(self.layer))}": self.layer,
            f"backward_{kind_of(type(self.backward))}": self.backward,
        }

    @property
    def states(self) -> tuple[str, ...]:
        """What is handed from step to step, of both layers."""
        return (*self.layer.STATES, *self.backward.STATES)

    def output_shape(self, *inputs: Shape) -> Shape:
        sequence, *states = inputs
        self.check()
        shape = self.layer.output_shape(sequence)
        wanted = (self.layer.units,)
        if states and (len(states) != len(self.states) or set(states) != {wanted}):
            raise ShapeError(
                f"bidirectional has {state_text(self.states)} of shape {shape_text(wanted)} as "
                f"initial_state, found {' and '.join(map(shape_text, states))}",
                "name one layer for each state, those of the first direction first",
            )
        size = 2 * shape[-1] if self.merge_mode == "concat" else shape[-1]
        return (*shape[:-1], size)

    def check(self) -> None:
        """The two layers have to fit.

        Raises:
            ShapeError: they do not.
        """
        one, other = self.layer, self.backward
        for layer in (one, other):
            outside_only(self, layer, ("name", "inputs", "initial_state", "trainable"))
        if one.go_backwards == other.go_backwards:
            raise ShapeError(
                "the two layers of a bidirectional layer go in the same direction",
                "set go_backwards = true in backward_layer and not in layer",
            )
        same = ("units", "return_sequences", "return_state", *(("type",) * one.return_state))
        for key in same:
            if getattr(one, key) != getattr(other, key):
                raise ShapeError(
                    f"the two layers of a bidirectional layer differ in {key}: "
                    f"{getattr(one, key)} and {getattr(other, key)}",
                    f"give both the same {key}",
                )

    def output_shapes(self, *inputs: Shape) -> tuple[Shape, ...]:
        states = self.states if self.layer.return_state else ()
        outputs = (self.output_shape(*inputs),) * self.sequence_count
        return (*outputs, *((self.layer.units,) for _ in states))

    @property
    def output_count(self) -> int:
        return self.sequence_count + len(self.states) * self.layer.return_state

    @property
    def sequence_count(self) -> int:
        """How many outputs there are beside the states."""
        return 2 if self.merge_mode == "none" else 1

    def output_mask(self, masks: Sequence[bool]) -> int | Literal["own"] | None:
        mask = self.layer.output_mask(masks)
        if mask is not None and self.merge_mode == "none":
            raise ShapeError(
                'bidirectional with merge_mode = "none" cannot hand on a mask with two sequences',
                "use two recurrent layers, the second with go_backwards = true",
            )
        return mask

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return tuple(
            weight._replace(name=f"{name}/{weight.name}")
            for name, layer in self.directions.items()
            for weight in layer.weights(inputs[0])
        )

    def multiply_adds(self, *inputs: Shape) -> int:
        return sum(layer.multiply_adds(inputs[0]) for layer in self.directions.values())


@lowers(Bidirectional, "keras")
def keras(layer: Bidirectional, node: ResolvedNode) -> Call | KerasLayer:
    """`layers.Bidirectional`, which names its forward layer itself."""
    options: dict[str, Expression] = {}
    if layer.backward_layer is not None:
        name = f"backward_{kind_of(type(layer.backward_layer))}"
        options["backward_layer"] = keras_inside(layer.backward_layer, node, name)
    if layer.merge_mode != "concat":
        options["merge_mode"] = None if layer.merge_mode == "none" else layer.merge_mode
    inside = keras_inside(layer.layer, node, kind_of(type(layer.layer)))
    constructor = call("layers.Bidirectional", inside, **options, name=node.name)
    if layer.initial_state is None:
        return constructor

    def applied(layer: Call, x: Expression, initial_state: tuple[Expression, ...]) -> Call:
        return call(layer, x, initial_state=List(initial_state))

    return KerasLayer(constructor, applied)


MERGES: Mapping[str, Expression] = MappingProxyType(
    {
        "none": None,
        "sum": Name("torch.add"),
        "mul": Name("torch.mul"),
        "ave": Name("average", HELPERS),
    }
)


@lowers(Bidirectional, "torch")
def torch(layer: Bidirectional, node: ResolvedNode) -> TorchLayer:
    """Two modules in one that turns the sequence round."""
    mask = node.masks[0] if layer.USES_MASKS else None
    modules: list[Expression] = []
    weights: dict[str, Expression] = {}
    for (name, inside), attribute in zip(
        layer.directions.items(), ("forward_layer", "backward_layer"), strict=True
    ):
        place = replace(node, layer=inside, input_shapes=node.input_shapes[:1], masks=(mask,))
        lowered: TorchLayer = lower(inside, "torch", place)
        modules.append(lowered.module)
        weights |= {
            f"{name}/{path}": prefixed(view, attribute) for path, view in lowered.weights.items()
        }
    options: dict[str, Expression] = {}
    if layer.merge_mode != "concat":
        options["merge"] = MERGES[layer.merge_mode]
    if layer.layer.return_sequences:
        options["return_sequences"] = True

    def applied(
        module: Name,
        x: Expression,
        initial_state: tuple[Expression, ...] = (),
        masks: tuple[Expression, ...] = (),
    ) -> Expression:
        masked = {"mask": masks[0]} if mask is not None else {}
        if layer.layer.go_backwards:
            x = method(x, "flip", 1)
            masked = {key: method(value, "flip", 1) for key, value in masked.items()}
        results = call(module, x, *initial_state, **masked)
        if layer.layer.return_state:
            return results
        return index(results, Slice(None, 2) if layer.merge_mode == "none" else 0)

    module = call(Name("Bidirectional", HELPERS), *modules, **options)
    return TorchLayer(module=module, function=applied, weights=weights)
