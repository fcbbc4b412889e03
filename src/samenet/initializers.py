"""Initializers: how a weight starts.

Both programs draw the numbers with NumPy, keyed by the spec's seed and the weight's name, so that
every framework starts from the same weights; the distributions, fans and defaults are Keras'. The
text of each is in `templates/shared/initializers.py`.
Source: https://keras.io/api/layers/initializers/
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import Field

from samenet.catalogue import Catalogue
from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import Shape
from samenet.schema import NonNegative, Positive
from samenet.weight_rules import NameOrTable, WeightRule

InitializerName = Literal[
    "constant",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]

SCALED: frozenset[InitializerName] = frozenset(
    {
        "glorot_normal",
        "glorot_uniform",
        "he_normal",
        "he_uniform",
        "lecun_normal",
        "lecun_uniform",
        "variance_scaling",
    }
)
"""Those whose variance depends on the fans: how many inputs and outputs a unit has."""


class WithoutArguments(WeightRule):
    """Zeros, ones, or numbers whose variance is 1 or 2 over a fan."""

    type: Literal[
        "glorot_normal",
        "glorot_uniform",
        "he_normal",
        "he_uniform",
        "lecun_normal",
        "lecun_uniform",
        "ones",
        "zeros",
    ]


class Constant(WeightRule):
    """All numbers the same."""

    type: Literal["constant"]
    value: float = Field(0.0, description="The number.")


class Identity(WeightRule):
    """Ones on the diagonal of a matrix, which need not be square."""

    type: Literal["identity"]
    gain: float = Field(1.0, description="The number on the diagonal.")

    def refusal(self, shape: Shape) -> str:
        """It takes a matrix."""
        return "" if len(shape) == 2 else f"identity makes a matrix, not the shape {shape}"


class RandomNormal(WeightRule):
    """Normally distributed numbers."""

    type: Literal["random_normal"]
    mean: float = Field(0.0, description="The mean.")
    stddev: NonNegative = Field(0.05, description="The standard deviation.")


class TruncatedNormal(WeightRule):
    """Normally distributed numbers, drawn again beyond two standard deviations."""

    type: Literal["truncated_normal"]
    mean: float = Field(0.0, description="The mean.")
    stddev: NonNegative = Field(0.05, description="The standard deviation before the cut.")


class RandomUniform(WeightRule):
    """Numbers distributed evenly between two bounds."""

    type: Literal["random_uniform"]
    minval: float = Field(-0.05, description="The lower bound.")
    maxval: float = Field(0.05, description="The upper bound.")

    def refusal(self, shape: Shape) -> str:
        """The bounds have an order."""
        del shape
        if self.minval > self.maxval:
            return f"minval {self.minval} is above maxval {self.maxval}"
        return ""


class VarianceScaling(WeightRule):
    """Random numbers of variance scale / fan."""

    type: Literal["variance_scaling"]
    scale: Positive = Field(1.0, description="The variance times the fan.")
    mode: Literal["fan_in", "fan_out", "fan_avg"] = Field(
        "fan_in", description="The fan: inputs of a unit, outputs of an input, or their mean."
    )
    distribution: Literal["truncated_normal", "untruncated_normal", "uniform"] = Field(
        "truncated_normal", description="The distribution."
    )


class Orthogonal(WeightRule):
    """Orthogonal rows or columns, whichever are fewer; all axes but the last count as one."""

    type: Literal["orthogonal"]
    gain: float = Field(1.0, description="The length of each row or column.")

    def refusal(self, shape: Shape) -> str:
        """It takes at least a matrix."""
        return "" if len(shape) > 1 else f"orthogonal makes two axes or more, not the shape {shape}"


class Given(NamedTuple):
    """Numbers that a layer knows beforehand, along the last axis. No spec can say it."""

    values: tuple[float, ...]


class LSTMBias(NamedTuple):
    """The bias of an LSTM whose forget gate (the second quarter) starts open, at 1.

    Keras draws what is before and behind the forget gate each on its own. No spec can say it.
    """

    initializer: Initializer = "zeros"


class Fans(NamedTuple):
    """An initializer that is told which axes of the weight are inputs and which are outputs.

    Attributes:
        initializer: one whose variance depends on the fans (`SCALED`).
        input_axes: the product of their sizes is fan in.
        output_axes: the product of their sizes is fan out.
    """

    initializer: Initializer
    input_axes: tuple[int, ...]
    output_axes: tuple[int, ...]


_WITHOUT: tuple[str, ...] = get_args(WithoutArguments.model_fields["type"].annotation)

CATALOGUE: Catalogue[WeightRule] = Catalogue(
    "samenet",
    {
        **dict.fromkeys(_WITHOUT, "initializers.WithoutArguments"),
        "constant": "initializers.Constant",
        "identity": "initializers.Identity",
        "orthogonal": "initializers.Orthogonal",
        "random_normal": "initializers.RandomNormal",
        "random_uniform": "initializers.RandomUniform",
        "truncated_normal": "initializers.TruncatedNormal",
        "variance_scaling": "initializers.VarianceScaling",
    },
)
"""The class of each `type`."""


def _shortest(table: Any) -> Initializer:
    """The name alone where all arguments are the defaults, so that equal things are equal."""
    return table if table.arguments(defaults=False) else table.type


Initializer = Annotated[
    InitializerName
    | WithoutArguments
    | Constant
    | Identity
    | RandomNormal
    | RandomUniform
    | TruncatedNormal
    | VarianceScaling
    | Orthogonal
    | Given
    | LSTMBias
    | Fans,
    NameOrTable(CATALOGUE, _shortest),
]
"""How a weight starts: the name of an initializer with its defaults, or its arguments."""


def with_fans(
    initializer: Initializer, input_axes: tuple[int, ...], output_axes: tuple[int, ...]
) -> Initializer:
    """The initializer of a weight whose fans are not those that its last two axes tell.

    Keras does this for the kernels of `EinsumDense`, so also for those of attention.
    """
    name = initializer if isinstance(initializer, str) else getattr(initializer, "type", None)
    return Fans(initializer, input_axes, output_axes) if name in SCALED else initializer


def initializer(value: Initializer) -> Expression:
    """The function that draws a weight: (generator, shape) to an array in Keras' layout."""
    match value:
        case str():
            return _helper(value)
        case Given(values):
            return call("partial", _helper("constant"), value=values)
        case LSTMBias(inner):
            arguments = {} if inner == "zeros" else {"initializer": initializer(inner)}
            return _partial("lstm_bias", arguments)
        case Fans(inner, input_axes, output_axes):
            # One call of partial, with the arguments of both.
            axes = {"input_axes": input_axes, "output_axes": output_axes}
            drawn = initializer(inner)
            if isinstance(drawn, Call):
                return Call(drawn.function, drawn.arguments, (*drawn.keywords, *axes.items()))
            return call("partial", drawn, **axes)
        case _:
            return _partial(value.type, value.arguments(defaults=False))


def refusal(value: Initializer, shape: Shape) -> str:
    """Why an initializer cannot draw a weight of a shape, in Keras' layout; "" if it can."""
    match value:
        case str():
            return _read(value).refusal(shape)
        case LSTMBias(inner):
            return refusal(inner, shape)
        case Fans(inner):
            return refusal(inner, shape)
        case Given(values):
            return "" if shape[-1:] == (len(values),) else f"{len(values)} numbers for {shape}"
        case _:
            return value.refusal(shape)


_read = NameOrTable(CATALOGUE)


def _helper(name: str) -> Name:
    return Name(name, "shared/initializers")


def _partial(name: str, arguments: dict[str, Expression]) -> Expression:
    return call("partial", _helper(name), **arguments) if arguments else _helper(name)
