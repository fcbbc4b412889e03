"""Pydantic's errors to located diagnostics: what was found, what is allowed, how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from samenet.catalogue import Catalogue
from samenet.diagnostics import Code, Diagnostic, Path, dotted, listed, nearest
from samenet.document import Document
from samenet.edits import respelt
from samenet.named import ONLY, is_named
from samenet.schema import fields_by_key
from samenet.weight_rules import NameOrTable

TAGS = ("type", "source")

MANY = 30
"""How many allowed values a message names at most."""

_LISTED = "docs/reference.md lists them"

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
    "length": 'a whole number or a text such as "5 epochs"',
    "name_or_table": "a name or a table",
    "empty_name": "a table of names that are not empty",
}


def diagnostic(
    error: ErrorDetails, document: Document, root: type[BaseModel], prefix: Path = ()
) -> Diagnostic:
    """The diagnostic of one of Pydantic's errors about the `root` that stands at `prefix`."""
    path, model, field = locate(tuple(error["loc"]), root)
    path = document.origin(_as_written((*prefix, *path), document.tree))
    name = dotted(path) or "a key"
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
            tag = str(context["discriminator"]).strip("'")
            return _missing_tag(path, tag, found, _tags(model, path), document)
        case "union_tag_invalid":
            tag = str(context["discriminator"]).strip("'")
            known = sorted(str(context["expected_tags"]).replace("'", "").split(", "))
            found = cast("Mapping[str, Any]", found).get(tag)
            return _unknown_value((*path, tag), found, known, document)
        case "unknown_name":
            return _unknown_value(path, found, list(context["allowed"]), document)
        case "literal_error":
            allowed = [str(item) for item in _literals(field)] if field else []
            return _unknown_value(path, found, allowed, document)
        case _:
            code = Code.WRONG_TYPE if kind in _KINDS else Code.OUT_OF_RANGE
            allowed = _KINDS.get(kind) or _allowed(kind, field, context, found)
            return document.diagnostic(
                code, f"{name} must be {allowed}, found {shown(found)}", "", path
            )


def _as_written(path: Path, tree: Any) -> Path:
    """The path as far as there is something; a number that stands for an array has no items."""
    for length, key in enumerate(path):
        if isinstance(tree, Mapping):
            tree = cast("Mapping[Any, Any]", tree).get(key, {})
        elif isinstance(tree, tuple) and isinstance(key, int):
            tree = cast("tuple[Any, ...]", tree)[key]
        else:
            return path[:length]
    return path


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
        if get_origin(annotation) is Mapping:
            annotation = get_args(annotation)[1]
            # What is said without a name stands in the spec without one.
            if (part := parts.pop(0)) != ONLY or field is None or not is_named(field.metadata):
                path.append(part)
            continue
        family = _family(annotation, field)
        members = [] if family is not None else _members(annotation)
        if len(members) == 1 and isinstance(parts[0], str):
            model = members[0]
            field = fields_by_key(model).get(parts[0])
            annotation = field.annotation if field else None
            path.append(parts.pop(0))
        elif isinstance(parts[0], str) and (members or family is not None):
            tag = parts.pop(0)
            annotation = (
                next(m for m in members if tag in _tag_values(m))
                if family is None
                else family[str(tag)]
            )
            model = annotation
        else:
            path.append(parts.pop(0))
    if _family(annotation, field) is None:
        members = _members(annotation)
        model = members[0] if len(members) == 1 and annotation is not root else model
    return tuple(path), model, field


def _family(annotation: Any, field: FieldInfo | None) -> Catalogue[BaseModel] | None:
    """The catalogue of classes that may stand at a place, if it is one."""
    beside = field.metadata if field is not None and annotation is field.annotation else []
    return _catalogue(beside if isinstance(annotation, type) else (annotation, *beside))


def _catalogue(parts: Iterable[Any]) -> Catalogue[BaseModel] | None:
    for part in parts:
        if isinstance(part, NameOrTable):
            return part.family
        if isinstance(part, Catalogue):
            return cast("Catalogue[BaseModel]", part)
        found = None if get_origin(part) is Literal else _catalogue(get_args(part))
        if found is not None:
            return found
    return None


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
    if field is None:
        return set()
    family = _family(field.annotation, field)
    if family is not None:
        return set(family)
    return {str(value) for member in _members(field.annotation) for value in _tag_values(member)}


def _literals(field: FieldInfo) -> tuple[object, ...]:
    def walk(annotation: Any) -> tuple[object, ...]:
        if get_origin(annotation) is Literal:
            return get_args(annotation)
        return tuple(value for part in get_args(annotation) for value in walk(part))

    return walk(field.annotation)


def _unknown_key(path: Path, model: type[BaseModel] | None, document: Document) -> Diagnostic:
    hidden = ("type", "name") if path[0] == "defaults" else ()
    known = [key for key in fields_by_key(model) if key not in hidden] if model else []
    hint = nearest(str(path[-1]), known) or f"allowed: {listed(sorted(known))}"
    message = f"{_table(path[:-1])} has no key {str(path[-1])!r}"
    found = document.diagnostic(Code.UNKNOWN_KEY, message, hint, path, key=True)
    return respelt(found, document, str(path[-1]), known)


def _missing_tag(
    path: Path, tag: str, table: Mapping[str, Any], known: set[str], document: Document
) -> Diagnostic:
    for key in table:
        hint = nearest(key, [tag])
        if hint:
            message = f"{_table(path)} has no key {key!r}"
            found = document.diagnostic(Code.UNKNOWN_KEY, message, hint, (*path, key), key=True)
            return respelt(found, document, key, [tag])
    message = f"{_table(path)} lacks the key '{tag}'"
    hint = f"allowed: {listed(sorted(known))}" if len(known) <= MANY else _LISTED
    return document.diagnostic(Code.MISSING_KEY, message, hint, path)


def _unknown_value(path: Path, found: Any, allowed: list[str], document: Document) -> Diagnostic:
    few = len(allowed) <= MANY
    known = f"allowed: {listed(allowed)}" if few else f"none of the {len(allowed)} that there are"
    message = f"{dotted(path)} is {shown(found)}; {known}"
    hint = nearest(found, allowed) if isinstance(found, str) else ""
    if not hint and not few:
        hint = _LISTED
    item = document.diagnostic(Code.UNKNOWN_VALUE, message, hint, path)
    return respelt(item, document, found, allowed) if isinstance(found, str) else item


def _table(path: Path) -> str:
    return dotted(path) if path else "the spec"


def _allowed(kind: str, field: FieldInfo | None, context: Mapping[str, Any], found: Any) -> str:
    """The allowed values in words, from the constraints of the field."""
    if kind == "finite_number":
        return "a finite number"
    if kind == "string_pattern_mismatch":
        first = "a letter," if "[A-Za-z][" in str(context["pattern"]) else "a letter or digit,"
        return f"a name that begins with {first} of at most 64 letters, digits, '_', '.' and '-'"
    if kind == "string_unicode":
        return "valid Unicode text"
    if kind in ("too_short", "string_too_short"):
        return f"at least {context.get('min_length', 1)} long"
    if kind == "too_long":
        return f"at most {context['max_length']} long"
    limits = dict(context)
    for item in field.metadata if field else []:
        limits |= {key: getattr(item, key) for key in _BOUNDS if hasattr(item, key)}
    if limits.get("ge") is not None and limits.get("ge") == limits.get("le"):
        return str(limits["ge"])
    # That a number must fit into a machine word is news only where it does not.
    return listed(
        (
            f"{word} {limits[key]}"
            for key, word in _BOUNDS.items()
            if key in limits and (limits[key] < 2**31 - 1 or found > limits[key])
        ),
        "and",
    )


_BOUNDS = {"ge": "at least", "gt": "greater than", "le": "at most", "lt": "less than"}


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
            return "an array" if value else "an empty array"
        case None:
            return "null"
        case _:
            return type(cast("object", value)).__name__
