"""The JSON Schema of a spec as a person writes it, for editors; made from the classes.

It knows less than `samenet validate`: each value alone, not what values demand of each other. What
it refuses is wrong; what it accepts may be wrong too.

Pydantic describes the classes. Three things are written anew. A choice by `type` is a chain of
conditions, because of a plain `oneOf` editors say only that no member fits. Any value may be a text
with `${...}`. And blocks, variables and `extends`, which are gone before any class sees them, are
added. Which keys are required is said apart, as a file that extends another one may leave them out.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema

from samenet.catalogue import Catalogue
from samenet.layers.base import Layer
from samenet.spec.items import ITEMS, Share
from samenet.spec.model import Spec
from samenet.spec.schema_values import (
    ALONE,
    EXPRESSION,
    Schema,
    chosen,
    demanded,
    demanded_of_choice,
    reference,
    shared,
    table,
    written,
)

_OWN = ("Spec", "BlockUse", "Repetition", "Share")
"""The classes of what a person writes in another form."""


def json_schema() -> Schema:
    """The schema (draft 2020-12) of the language, with all layers that are registered."""
    described = [Spec, Share, *ITEMS.values()]
    models: Any = [(model, "validation") for model in described]
    names, result = models_json_schema(models, schema_generator=_Generator)
    raw: dict[str, Schema] = _renamed(result["$defs"])
    layers = {tag: _renamed(names[ITEMS[tag], "validation"]["$ref"]) for tag in ITEMS}
    classes = {name: written(schema, raw) for name, schema in raw.items() if name not in _OWN}
    definitions = shared({"spec": _spec(layers, raw), **_items(layers, raw), **classes})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "samenet",
        **definitions.pop("spec"),
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }


def _renamed(part: Any) -> Any:
    """Pydantic's names of classes of one name, `samenet__layers__identity__Identity`, shorter."""
    return json.loads(re.sub(r"samenet__(\w+?)__(?:\w+__)?(\w+)", r"\2.\1", json.dumps(part)))


class _Generator(GenerateJsonSchema):
    """Pydantic's generator, told what our own validators take."""

    def function_plain_schema(self, schema: core_schema.PlainValidatorFunctionSchema) -> Schema:
        """A member of a catalogue; of another function nothing is known."""
        owner = getattr(schema["function"]["function"], "__self__", None)
        if not isinstance(owner, Catalogue):
            return {}
        owner = cast("Catalogue[BaseModel]", owner)
        family = dict(owner)
        if any(issubclass(member, Layer) for member in family.values()):
            return reference("item")  # layers may stand in layers
        members = {tag: self.generate_inner(_core(model)) for tag, model in family.items()}
        mapping = {tag: schema["$ref"] for tag, schema in members.items()}
        choice = {"propertyName": owner.tag, "mapping": mapping}
        return {"oneOf": list(members.values()), "discriminator": choice}

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> Schema:
        """An array of which an item may stand alone: that is what such functions are for."""
        result = super().function_before_schema(schema)
        return {**result, ALONE: True} if result.get("type") == "array" else result

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> Schema:
        """Anything, where Pydantic does not know what is taken."""
        del schema, error_info
        return {}


def _core(model: type[BaseModel]) -> Any:
    model.model_rebuild()
    return model.__pydantic_core_schema__


_NAME: Schema = {"type": "string"}
_NAMES: Schema = {"type": ["string", "array"], "items": _NAME}
_COUNT: Schema = {"type": ["integer", "string"], "pattern": EXPRESSION, "minimum": 1}
_SCALARS: Schema = {"type": ["string", "number", "boolean", "array"]}


def _items(layers: dict[str, str], raw: dict[str, Schema]) -> dict[str, Schema]:
    """What may stand in a list of layers, and what blocks are; see `samenet.expansion.blocks`."""
    array: Schema = {"type": "array", "minItems": 1, "items": reference("item")}
    instance = {"repeat": _COUNT, "inputs": _NAMES, "outputs": _NAMES, "layers": array}
    use = {
        "block": {**_NAME, "description": "The block that stands here."},
        "with": {"type": "object", "description": "The values of its parameters."},
        "repeat": {**_COUNT, "description": "How often, each repetition reading the one before."},
        "name": _NAME,
        "inputs": _NAMES,
        "trainable": {
            "type": ["boolean", "string"],
            "pattern": EXPRESSION,
            "description": "Whether training changes the weights in it.",
        },
        "instances": {
            "type": "array",
            "items": table(instance),
            "description": "In place of `with` and `repeat`: its layers, as `render` writes them.",
        },
    }
    block = {
        "parameters": {"type": ["object", "array"], "description": "Their names or defaults."},
        "inputs": {**_NAMES, "description": "Its own names for what it reads."},
        "outputs": {**_NAMES, "description": "What it gives; by default its last layer."},
        "layers": array,
    }
    share = written(raw["Share"], raw)
    share["properties"].pop("type")
    item = chosen("type", layers, raw)
    for key, value in {**use, **share["properties"]}.items():
        item["properties"].setdefault(key, {"description": value.get("description", "")})
    item["anyOf"] = [{"required": [key]} for key in ("type", "block", "share")]
    for key in ("block", "share"):
        condition = {"required": [key]}
        item["allOf"].append({"if": condition, "then": reference(f"{key}_item")})
    expression = {"type": "string", "pattern": EXPRESSION}
    return {
        "item": item,
        "block": table(block, required=["layers"]),
        "block_item": table(use),
        "share_item": share,
        "expression": expression,
    }


def _spec(layers: dict[str, str], raw: dict[str, Schema]) -> Schema:
    """The root, in which a file that extends another one may leave out anything."""
    spec = written(raw["Spec"], raw)
    defaults = table({tag: {"$ref": target} for tag, target in layers.items()})
    added = {
        "$schema": _NAME,
        "extends": {**_NAMES, "description": "Files, beside this one, on top of which it stands."},
        "variables": {
            "type": "object",
            "additionalProperties": _SCALARS,
            "description": "Names for values, used as `${name}`.",
        },
        "blocks": {
            "type": "object",
            "additionalProperties": reference("block"),
            "description": "Layers with a name, used as often as needed.",
        },
        "defaults": {**defaults, "description": spec["properties"]["defaults"]["description"]},
    }
    demands = {key: demanded(value, raw) for key, value in raw["Spec"]["properties"].items()}
    either = [{"required": ["block"]}, {"required": ["share"]}]
    conditions = demanded_of_choice("type", layers, raw)["allOf"]
    complete = {"if": {"anyOf": either}, "else": {"allOf": conditions}}
    return {
        **spec,
        "properties": {**added, **{k: v for k, v in spec["properties"].items() if k not in added}},
        "if": {"required": ["extends"]},
        "else": {
            "required": raw["Spec"]["required"],
            "anyOf": [{"required": ["input"]}, {"required": ["inputs"]}],
            "properties": {key: value for key, value in demands.items() if value},
            "if": {"required": ["defaults"]},
            "else": {"properties": {"layers": {"items": complete}}},
        },
    }
