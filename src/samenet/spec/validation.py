"""A document to a spec, or all of its mistakes in keys, types and ranges.

The defaults go into the layers first. What the parts demand of each other is `samenet.checks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from samenet.diagnostics import Code, Diagnostic, Path, SpecError, listed, nearest, unique
from samenet.document import Document, Tree
from samenet.expansion import merge_defaults
from samenet.expansion.mistakes import MAX_MISTAKES
from samenet.layers import CATALOGUE
from samenet.spec import errors
from samenet.spec.model import Spec


def validated(document: Document, default_name: str = "network") -> Spec:
    """The spec in a document.

    Args:
        document: the parsed file.
        default_name: the name of a spec that gives itself none.

    Raises:
        SpecError: with every mistake in keys, types and ranges.
    """
    tree = {key: value for key, value in document.tree.items() if key != "$schema"}
    tree.setdefault("name", default_name)
    found = _defaults_mistakes(tree.get("defaults", {}), document)
    merged, from_defaults = merge_defaults(tree)
    spec: Spec | None = None
    try:
        spec = Spec.model_validate(merged)
    except ValidationError as error:
        found += _mistakes(error, from_defaults, document)
    found += _input_mistakes(tree, document)
    if spec is None or found:
        raise SpecError(found)
    return spec


def _input_mistakes(tree: Tree, document: Document) -> list[Diagnostic]:
    """A spec has either `input` or `inputs`."""
    if "input" in tree and "inputs" in tree:
        hint = "give the single input a name in [inputs], or remove one of the two"
        message = "there are both input and inputs"
        return [document.diagnostic(Code.DUPLICATE_NAME, message, hint, ("input",), key=True)]
    unknown = islice((key for key in tree if key not in Spec.model_fields), MAX_MISTAKES)
    misspelt = any(nearest(key, ["input"]) for key in unknown)
    if "input" in tree or "inputs" in tree or misspelt:
        return []
    message = "the spec lacks the key 'input' (What the network takes.)"
    return [document.diagnostic(Code.MISSING_KEY, message, "add input = ...")]


def _mistakes(
    error: ValidationError, from_defaults: frozenset[Path], document: Document
) -> list[Diagnostic]:
    """One diagnostic for each mistake, of what Pydantic found."""
    details = error.errors(include_url=False)[:MAX_MISTAKES]
    items = [(errors.locate(tuple(item["loc"]), Spec)[0], item) for item in details]
    unknown = [path for path, item in items if item["type"] == "extra_forbidden"]
    found: list[Diagnostic] = []
    for path, item in items:
        # Pydantic also calls an array short when only its good items are too few.
        short = item["type"] == "too_short" and len(item["input"]) > 0
        # A required key that is misspelt is not missing as well.
        misspelt = item["type"] == "missing" and any(
            other[:-1] == path[:-1] and nearest(str(other[-1]), [str(path[-1])])
            for other in unknown
        )
        # A table of defaults for an unknown type was reported before.
        reported = path[:1] == ("defaults",) and len(path) > 1 and path[1] not in CATALOGUE
        if not (path in from_defaults or short or misspelt or reported):
            found.append(errors.diagnostic(item, document, Spec))
    # What is wrong in a block is found in each of its repetitions.
    return unique(found)


def _defaults_mistakes(defaults: Any, document: Document) -> list[Diagnostic]:
    """The mistakes in the tables of defaults themselves, used or not."""
    if not isinstance(defaults, Mapping):
        return []
    found: list[Diagnostic] = []
    for kind, values in cast("Mapping[str, Any]", defaults).items():
        path: Path = ("defaults", kind)
        layer = CATALOGUE.get(kind)
        if layer is None:
            message = f"there is no layer type {kind!r}"
            hint = nearest(kind, CATALOGUE) or f"allowed: {listed(sorted(CATALOGUE))}"
            found.append(document.diagnostic(Code.UNKNOWN_KEY, message, hint, path, key=True))
        elif isinstance(values, Mapping):
            mapping = cast("Mapping[str, Any]", values)
            found += _partial_mistakes(layer, mapping, path, document)
    return found


def _partial_mistakes(
    layer: type[BaseModel], values: Mapping[str, Any], path: Path, document: Document
) -> list[Diagnostic]:
    own = {"type", "name"} & values.keys()
    found = [
        document.diagnostic(
            Code.UNKNOWN_KEY, f"{key!r} cannot be a default", "remove it", (*path, key), key=True
        )
        for key in sorted(own)
    ]
    try:
        layer.model_validate({**values, "type": path[-1]})
    except ValidationError as error:
        for item in error.errors(include_url=False):
            if item["type"] != "missing" and item["loc"][0] not in own:
                found.append(errors.diagnostic(item, document, layer, path))
    return found
