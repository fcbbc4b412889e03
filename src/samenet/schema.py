"""The base of every class of the spec language, and the constrained types that they share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """A part of a spec: strict types, no unknown keys, finite numbers, immutable."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=()
    )


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
