"""What is said once of a network's only input or output, or of each of several by its name.

`loss = "mean_squared_error"` and `loss = { price = "mean_squared_error", kind = ... }` are the two
forms. Inside, both are a mapping; what is said of the only one stands under `ONLY`. Where what is
said may itself be a table, `{ type = "huber", delta = 2.0 }`, its `type` tells it from a table by
names: of an output that is called `type` one writes `{ type = { type = "huber" }, ... }`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar, cast

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

ONLY = ""
"""The key of what is said once; no input or output has this name."""

Value = TypeVar("Value")


class Named:
    """Reads and writes both forms; it stands in the annotation of a field.

    A union of the two would report every mistake twice.

    Args:
        tables: whether what is said may be a table with a `type`.
    """

    def __init__(self, *, tables: bool = False) -> None:
        self.tables = tables

    def mapping(self, value: Any) -> Any:
        """What is said by names; of the only one, under `ONLY`.

        Raises:
            PydanticCustomError: a name is empty.
        """
        if not isinstance(value, Mapping):
            return {ONLY: value}
        values = cast("Mapping[str, Any]", value)
        if self.tables and isinstance(values.get("type"), str):
            return {ONLY: values}
        if ONLY in values:
            raise PydanticCustomError("empty_name", "a name is empty")
        return values

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(
            self.mapping,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(_shortest),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        table = handler(schema)
        single = table["additionalProperties"]
        if self.tables:  # a table of names must not pass for one that lacks its type
            closed = {"additionalProperties": False}
            single = {"anyOf": [{**s, **closed} if "oneOf" in s else s for s in single["anyOf"]]}
        return {"anyOf": [single, table]}


ByName = Annotated[Mapping[str, Value], Named()]
"""A value for the only input or output, or a table of values for several."""

TableByName = Annotated[Mapping[str, Value], Named(tables=True)]
"""The same, for values that may be tables with a `type`."""


def is_named(metadata: Iterable[object]) -> bool:
    """Whether a field with this metadata takes both forms."""
    return any(isinstance(item, Named) for item in metadata)


def _shortest(values: Mapping[str, Any]) -> Any:
    return values.get(ONLY, values)
