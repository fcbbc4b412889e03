"""Initializers: how a weight starts.

Both programs draw the numbers with NumPy, keyed by the spec's seed and the weight's name, so that
every framework starts from the same weights; the distributions, fans and defaults are Keras'. The
text of each is in `templates/shared/initializers.py`.
Source: https://keras.io/api/layers/initializers/
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, cast

from samenet.catalogue import Catalogue
from samenet.codegen.expression import Call, Expression, Name, call
from samenet.graph.ir import Shape
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


_WITHOUT_ARGUMENTS: tuple[InitializerName, ...] = (
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "zeros",
)

CATALOGUE: Catalogue[WeightRule] = Catalogue(
    "samenet.initializers",
    {
        **dict.fromkeys(_WITHOUT_ARGUMENTS, "without_arguments.WithoutArguments"),
        "constant": "with_arguments.Constant",
        "identity": "with_arguments.Identity",
        "orthogonal": "with_arguments.Orthogonal",
        "random_normal": "with_arguments.RandomNormal",
        "random_uniform": "with_arguments.RandomUniform",
        "truncated_normal": "with_arguments.TruncatedNormal",
        "variance_scaling": "with_arguments.VarianceScaling",
    },
)
"""The class of each `type`."""


def _shortest(table: WeightRule) -> Initializer:
    """The name alone where all arguments are the defaults, so that equal things are equal."""
    return table if table.arguments(defaults=False) else cast("InitializerName", table.kind)


Initializer = Annotated[
    InitializerName | WeightRule | Given | LSTMBias | Fans, NameOrTable(CATALOGUE, _shortest)
]
"""How a weight starts: the name of an initializer with its defaults, or its arguments."""


def with_fans(
    initializer: Initializer, input_axes: tuple[int, ...], output_axes: tuple[int, ...]
) -> Initializer:
    """The initializer of a weight whose fans are not those that its last two axes tell.

    Keras does this for the kernels of `EinsumDense`, so also for those of attention.
    """
    name = initializer.kind if isinstance(initializer, WeightRule) else initializer
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
            return _partial(value.kind, value.arguments(defaults=False))


def refusal(value: Initializer, shape: Shape) -> str:
    """Why an initializer cannot draw a weight of a shape, in Keras' layout; "" if it can."""
    match value:
        case str():
            return "" if value in _WITHOUT_ARGUMENTS else _read(value).refusal(shape)
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
