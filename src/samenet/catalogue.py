"""A catalogue: the classes of a family by the names that a spec gives them.

A class is imported when a spec first names it, so that reading a spec costs what it uses, not what
there is. The table says where each one is; classes of one's own are added by `samenet.register`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar, cast, get_args

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticKnownError, SchemaValidator, core_schema

Member = TypeVar("Member", bound=BaseModel)


class Catalogue(Mapping[str, type[Member]], Generic[Member]):
    """The classes of a family: a mapping that imports what is asked for.

    As the annotation of a field, `Annotated[Base, catalogue]`, it accepts a table of any of its
    classes, told apart by a key.

    Args:
        package: where the modules are.
        places: the module and the class of each name, as in `"dense": "dense.Dense"`.
        tag: the key that tells the classes apart.
    """

    def __init__(self, package: str, places: Mapping[str, str], tag: str = "type") -> None:
        self._package, self.places, self.tag = package, dict(places), tag
        self._classes: dict[str, type[Member]] = {}
        self._unwritten: Mapping[str, type[Member]] = {}
        self._validators: dict[str, Callable[[Any], Member]] = {}

    @classmethod
    def joined(
        cls, catalogue: Catalogue[Any], unwritten: Mapping[str, type[Member]]
    ) -> Catalogue[Member]:
        """A catalogue, also as it will be, with classes whose names no person writes."""
        result: Catalogue[Member] = cls(catalogue._package, {}, catalogue.tag)
        result.places, result._classes = catalogue.places, catalogue._classes
        result._unwritten = unwritten
        return result

    def __getitem__(self, name: str) -> type[Member]:
        if name in self._unwritten:
            return self._unwritten[name]
        if name not in self._classes:
            module, _, attribute = self.places[name].rpartition(".")
            found = getattr(importlib.import_module(f"{self._package}.{module}"), attribute)
            self._classes[name] = cast("type[Member]", found)
        return self._classes[name]

    def __contains__(self, name: object) -> bool:
        return name in self._unwritten or name in self.places or name in self._classes

    def __iter__(self) -> Iterator[str]:
        """The names that a spec may give."""
        return iter(dict.fromkeys((*self.places, *self._classes)))

    def __eq__(self, other: object) -> bool:
        """A catalogue is itself only: to compare its classes would import them all."""
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __len__(self) -> int:
        return len({*self.places, *self._classes})

    def register(self, member: type[Member]) -> str:
        """Add a class of one's own; returns its name.

        Raises:
            ValueError: the name is taken, or the class has none.
        """
        field = member.model_fields.get(self.tag)
        names = get_args(field.annotation) if field else ()
        if len(names) != 1 or not isinstance(names[0], str):
            raise ValueError(f'{member.__name__} needs a field {self.tag}: Literal["its_name"]')
        (name,) = names
        if name in self and self[name] is not member:
            taken = f"{self[name].__module__}.{self[name].__qualname__}"
            raise ValueError(f"the {self.tag} {name!r} is taken by {taken}; choose another one")
        self._classes[name] = member
        return name

    def validated(self, value: Any) -> Member:
        """The object that a table describes.

        Raises:
            ValidationError: the table is not one of the class that it names.
            PydanticKnownError: it is no table, or names no class.
        """
        if isinstance(value, BaseModel):
            return cast("Member", value)
        if not isinstance(value, Mapping):
            raise PydanticKnownError("model_type", {"class_name": "table"})
        table = cast("Mapping[str, Any]", value)
        if self.tag not in table:
            raise PydanticKnownError("union_tag_not_found", {"discriminator": repr(self.tag)})
        name = table[self.tag]
        if not isinstance(name, str) or name not in self:
            context = {
                "discriminator": repr(self.tag),
                "tag": str(name),
                "expected_tags": ", ".join(map(repr, sorted(self))),
            }
            raise PydanticKnownError("union_tag_invalid", context)
        return self._validator(name)(table)

    def _validator(self, name: str) -> Callable[[Any], Member]:
        """Validates tables of a class; the locations of mistakes begin with its name."""
        if name not in self._validators:
            member = self[name]
            member.model_rebuild()
            schema = member.__pydantic_core_schema__
            union = core_schema.tagged_union_schema({name: schema}, discriminator=self.tag)
            self._validators[name] = SchemaValidator(union).validate_python
        return self._validators[name]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """The schema of a field that holds an object of any class of the family."""
        del source, handler
        return core_schema.no_info_plain_validator_function(self.validated)
