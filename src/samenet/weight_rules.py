"""What is said of a weight, as a name or as a table: initializers, regularizers, constraints.

`"l2"` is short for `{ type = "l2" }`, all arguments at Keras' defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from samenet.catalogue import Catalogue
from samenet.codegen.expression import Expression
from samenet.graph.ir import Shape
from samenet.lowering import lower
from samenet.schema import Model, kind_of


class Rule(Model):
    """What is said as a name or as a table of arguments; a subclass adds a `type`."""

    @property
    def kind(self) -> str:
        """Its `type`."""
        return kind_of(type(self))

    def arguments(self, *, defaults: bool = True) -> dict[str, Expression]:
        """What it is called with.

        Args:
            defaults: whether arguments are named that have their default.
        """
        values = {name: getattr(self, name) for name in type(self).model_fields if name != "type"}
        if defaults:
            return values
        fields = type(self).model_fields
        return {name: value for name, value in values.items() if value != fields[name].default}


class WeightRule(Rule):
    """An initializer, a regularizer or a constraint."""

    def refusal(self, shape: Shape) -> str:
        """Why it cannot be said of a weight of a shape, in Keras' layout; "" if it can."""
        del shape
        return ""


class NameOrTable:
    """Reads a name or a table as an object of a family of tables that differ in their `type`.

    It stands in the annotation of a field.

    Args:
        family: the classes.
        finish: what is made of the object in the end.
    """

    def __init__(
        self, family: Catalogue[Any], finish: Callable[[Any], Any] = lambda table: table
    ) -> None:
        self.family, self.finish = family, finish

    def __call__(self, value: object) -> Any:
        """An object of the family.

        Raises:
            PydanticCustomError: it is neither a known name nor a table.
            ValidationError: the table is wrong.
        """
        if isinstance(value, str) and value not in self.family:
            allowed = {"allowed": sorted(self.family)}
            raise PydanticCustomError("unknown_name", "not one of the names", allowed)
        if not isinstance(value, str | Mapping | BaseModel):
            raise PydanticCustomError("name_or_table", "neither a name nor a table")
        return self.finish(
            self.family.validated({"type": value} if isinstance(value, str) else value)
        )

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic calls the object itself."""
        del handler
        return core_schema.no_info_plain_validator_function(self)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Either of the two forms."""
        names: JsonSchemaValue = {"enum": sorted(self.family), "type": "string"}
        tables = core_schema.no_info_plain_validator_function(self.family.validated)
        return {"anyOf": [names, handler(tables)]}


def keras_options(layer: Model) -> dict[str, Expression]:
    """The arguments of a Keras layer's constructor that say what its weights are held to.

    They are the layer's `..._regularizer` and `..._constraint`, those that are given.
    """
    values = {
        name: getattr(layer, name)
        for name in type(layer).model_fields
        if name.endswith(("_regularizer", "_constraint"))
    }
    return {name: lower(value, "keras") for name, value in values.items() if value is not None}
