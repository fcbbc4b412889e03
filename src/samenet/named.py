"""What is said once of a network's only input or output, or of each of several by its name.

`loss = "mean_squared_error"` and `loss = { price = "mean_squared_error", kind = ... }` are the two
forms. Inside, both are a mapping; what is said of the only one stands under `ONLY`.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    """

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(
            _mapping,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(_shortest),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        table = handler(schema)
        return {"anyOf": [table["additionalProperties"], table]}


NAMED = Named()

ByName = Annotated[Mapping[str, Value], NAMED]
"""A value for the only input or output, or a table of values for several."""


def _mapping(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return {ONLY: value}
    if ONLY in value:
        raise PydanticCustomError("empty_name", "a name is empty")
    return cast("Mapping[str, Any]", value)


def _shortest(values: Mapping[str, Any]) -> Any:
    return values.get(ONLY, values)
