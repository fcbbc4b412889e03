"""Pydantic's errors to located diagnostics: what was found, what is allowed, how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from samenet.diagnostics import Code, Diagnostic, Path, dotted, listed, nearest
from samenet.document import Document

TAGS = ("type", "source")

_KINDS = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text in quotes",
    "bool_type": "true or false",
    "tuple_type": "an array",
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "int_from_float": "a whole number",
}


def diagnostic(
    error: ErrorDetails, document: Document, root: type[BaseModel], prefix: Path = ()
) -> Diagnostic:
    """The diagnostic of one of Pydantic's errors about the `root` that stands at `prefix`."""
    path, model, field = locate(tuple(error["loc"]), root)
    path = (*prefix, *path)
    name = dotted(path)
    kind, found = error["type"], error["input"]
    context = error.get("ctx", {})
    match kind:
        case "extra_forbidden":
            return _unknown_key(path, model, document)
        case "missing":
            described = f" ({field.description})" if field and field.description else ""
            message = f"{_table(path[:-1])} lacks the key '{path[-1]}'{described}"
            return document.diagnostic(
                Code.MISSING_KEY, message, f"add {path[-1]} = ...", path[:-1]
            )
        case "union_tag_not_found":
            tag = "source" if path[-1:] == ("data",) else "type"
            known = listed(sorted(_tags(model, path)))
            message = f"{_table(path)} lacks the key '{tag}'"
            return document.diagnostic(Code.MISSING_KEY, message, f"allowed: {known}", path)
        case "union_tag_invalid":
            tag = str(context["discriminator"]).strip("'")
            known = str(context["expected_tags"]).replace("'", "").split(", ")
            found = cast("Mapping[str, Any]", found).get(tag)
            return _unknown_value((*path, tag), found, known, document)
        case "literal_error":
            allowed = [str(item) for item in _literals(field)] if field else []
            return _unknown_value(path, found, allowed, document)
        case _:
            code = Code.WRONG_TYPE if kind in _KINDS else Code.OUT_OF_RANGE
            allowed = _KINDS.get(kind) or _allowed(kind, field, context)
            return document.diagnostic(
                code, f"{name} must be {allowed}, found {shown(found)}", "", path
            )


def locate(
    location: tuple[str | int, ...], root: type[BaseModel]
) -> tuple[Path, type[BaseModel] | None, FieldInfo | None]:
    """The path in the spec, the class of its table and its field.

    Pydantic's location also names the member of each tagged union, which is no key of the file.
    """
    path: list[str | int] = []
    model: type[BaseModel] | None = root
    annotation: Any = root
    field: FieldInfo | None = None
    parts = list(location)
    while parts:
        members = _members(annotation)
        if len(members) == 1 and isinstance(parts[0], str):
            model = members[0]
            field = model.model_fields.get(parts[0])
            annotation = field.annotation if field else None
            path.append(parts.pop(0))
        elif members and isinstance(parts[0], str):
            tag = parts.pop(0)
            annotation = next(m for m in members if tag in _tag_values(m))
            model = annotation
        else:
            path.append(parts.pop(0))
    members = _members(annotation)
    model = members[0] if len(members) == 1 and annotation is not root else model
    return tuple(path), model, field


def _members(annotation: Any) -> list[type[BaseModel]]:
    """The model classes in an annotation, through tuples, unions and Annotated."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) is Literal:
        return []
    return [member for argument in get_args(annotation) for member in _members(argument)]


def _tag_values(model: type[BaseModel]) -> tuple[object, ...]:
    for tag in TAGS:
        if tag in model.model_fields:
            return get_args(model.model_fields[tag].annotation)
    return ()


def _tags(model: type[BaseModel] | None, path: Path) -> set[str]:
    """The allowed tags of the union at a path of its parent class."""
    names = [part for part in path if isinstance(part, str)]
    field = model.model_fields.get(names[-1]) if model and names else None
    members = _members(field.annotation) if field else []
    return {str(value) for member in members for value in _tag_values(member)}


def _literals(field: FieldInfo) -> tuple[object, ...]:
    def walk(annotation: Any) -> tuple[object, ...]:
        if get_origin(annotation) is Literal:
            return get_args(annotation)
        return tuple(value for part in get_args(annotation) for value in walk(part))

    return walk(field.annotation)


def _unknown_key(path: Path, model: type[BaseModel] | None, document: Document) -> Diagnostic:
    known = list(model.model_fields) if model else []
    hint = nearest(str(path[-1]), known) or f"allowed: {listed(sorted(known))}"
    message = f"{_table(path[:-1])} has no key {str(path[-1])!r}"
    return document.diagnostic(Code.UNKNOWN_KEY, message, hint, path, key=True)


def _unknown_value(path: Path, found: Any, allowed: list[str], document: Document) -> Diagnostic:
    message = f"{dotted(path)} is {shown(found)}; allowed: {listed(allowed)}"
    hint = nearest(found, allowed) if isinstance(found, str) else ""
    return document.diagnostic(Code.UNKNOWN_VALUE, message, hint, path)


def _table(path: Path) -> str:
    return dotted(path) if path else "the spec"


def _allowed(kind: str, field: FieldInfo | None, context: Mapping[str, Any]) -> str:
    """The allowed values in words, from the constraints of the field."""
    if kind == "finite_number":
        return "a finite number"
    if kind == "string_pattern_mismatch":
        return "a name of letters, digits, '_', '.' and '-' that begins with a letter or digit"
    if kind in ("too_short", "string_too_short"):
        return f"at least {context.get('min_length', 1)} long"
    bounds = {
        type(item): item
        for item in (field.metadata if field else [])
        if isinstance(
            item, annotated_types.Ge | annotated_types.Gt | annotated_types.Le | annotated_types.Lt
        )
    }
    words: list[str] = []
    for bound, word, key in (
        (annotated_types.Ge, "at least", "ge"),
        (annotated_types.Gt, "greater than", "gt"),
        (annotated_types.Le, "at most", "le"),
        (annotated_types.Lt, "less than", "lt"),
    ):
        limit = getattr(bounds[bound], key) if bound in bounds else context.get(key)
        if limit is not None and limit < 2**31 - 1:
            words.append(f"{word} {limit}")
    return listed(words, "and") or f"smaller ({kind})"


def shown(value: Any) -> str:
    """A value as the spec's author wrote it, shortened."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"' if len(value) <= 60 else f'"{value[:57]}..."'
        case int() | float():
            huge = isinstance(value, int) and abs(value) >= 10**30
            return "a huge number" if huge else repr(value)
        case Mapping():
            return "a table"
        case tuple():
            return "an array"
        case _:
            return type(cast("object", value)).__name__
