"""What is said of a weight, as a name or as a table: initializers, regularizers, constraints.

`"l2"` is short for `{ type = "l2" }`, all arguments at Keras' defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, cast, get_args

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

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
    """Reads a name or a table as a member of a union of tables that differ in their `type`.

    It stands in the annotation of a field. The union is compiled once and not for every field:
    a catalogue of layers has hundreds of these, and validation has to start fast.

    Args:
        union: the tables, `A | B`, with `type` as the discriminator.
        finish: what is made of the table in the end.
    """

    def __init__(self, union: Any, finish: Callable[[Any], Any] = lambda table: table) -> None:
        self.union = union
        self.names = sorted(
            name
            for member in cast("tuple[type[BaseModel], ...]", get_args(get_args(union)[0]))
            for name in get_args(member.model_fields["type"].annotation)
        )
        self.finish = finish

    @cached_property
    def tables(self) -> TypeAdapter[Any]:
        """The compiled union; most specs have only names."""
        return TypeAdapter(self.union)

    def __call__(self, value: object) -> Any:
        """The member of the union.

        Raises:
            PydanticCustomError: it is neither a known name nor a table.
            ValidationError: the table is wrong.
        """
        if isinstance(value, str) and value not in self.names:
            allowed = {"allowed": self.names}
            raise PydanticCustomError("unknown_name", "not one of the names", allowed)
        if not isinstance(value, str | Mapping | BaseModel):
            raise PydanticCustomError("name_or_table", "neither a name nor a table")
        table = {"type": value} if isinstance(value, str) else cast("object", value)
        return self.finish(self.tables.validate_python(table))

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic calls the object itself."""
        del handler
        return core_schema.no_info_plain_validator_function(self)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Either of the two forms."""
        names: JsonSchemaValue = {"enum": self.names, "type": "string"}
        return {"anyOf": [names, handler(self.tables.core_schema)]}


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
