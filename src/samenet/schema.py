"""The base of every class of the spec language, and the constrained types that they share."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.fields import FieldInfo


class Model(BaseModel):
    """A part of a spec: strict types, no unknown keys, finite numbers, immutable."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        protected_namespaces=(),
        defer_build=True,
    )


@cache
def kind_of(model: type[BaseModel]) -> str:
    """The word for a class in a spec, its `type`, e.g. `dense`."""
    (kind,) = get_args(model.model_fields["type"].annotation)
    return kind


def fields_by_key(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a class by their keys in a spec, which may differ from the names here."""
    if not model.__pydantic_fields_complete__:
        model.model_rebuild()
    return {field.alias or name: field for name, field in model.model_fields.items()}


Count = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""A whole number of things, at least one."""

Natural = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A whole number, zero included."""

Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]

Rate = Annotated[float, Field(ge=0, lt=1)]
"""A fraction that is dropped: 0 <= rate < 1."""

Fraction = Annotated[float, Field(ge=0, le=1)]
OpenFraction = Annotated[float, Field(gt=0, lt=1)]

LayerName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
"""What both frameworks take as the name of a layer."""

SpecName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
"""A name that is also a safe file name."""


def _alone(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Reference = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,255}(\[[0-9]{1,3}\])?$",
        description='A layer, block or input by its name; `"lstm[1]"` is its second output.',
    ),
]

References = Annotated[
    tuple[Reference, ...], Field(min_length=1, max_length=1000), BeforeValidator(_alone)
]
"""One name or an array of names of layers, blocks and inputs."""


def _repeated(count: int) -> BeforeValidator:
    def repeat(value: Any) -> Any:
        return (value,) * count if type(value) is int else value

    return BeforeValidator(repeat)


Single = Annotated[tuple[Count], _repeated(1)]
Pair = Annotated[tuple[Count, Count], _repeated(2)]
Triple = Annotated[tuple[Count, Count, Count], _repeated(3)]
"""One whole number for each spatial axis; a number alone stands for all of them."""

SingleNatural = Annotated[tuple[Natural], _repeated(1)]
PairNatural = Annotated[tuple[Natural, Natural], _repeated(2)]
TripleNatural = Annotated[tuple[Natural, Natural, Natural], _repeated(3)]
"""The same, zero included."""
