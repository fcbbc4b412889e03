"""`[variables]`: names for values, which may use each other in any order."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, cast

from samenet.diagnostics import Code, Path, dotted
from samenet.expansion.arithmetic import (
    INTEGER_LIMIT,
    RESERVED,
    ExpressionError,
    Scalar,
    Value,
    kind,
)
from samenet.expansion.interpolation import Broken, BrokenVariableError, Scope, template
from samenet.expansion.mistakes import Mistakes, circle

MAX_VARIABLES = 1000
"""How many variables a spec may have."""

MAX_ITEMS = 1000
"""The longest array that a variable or parameter may be."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


def scope_of(variables: Mapping[str, Any], mistakes: Mistakes) -> Scope:
    """The variables of a spec with their values.

    Args:
        variables: the table `variables`.
        mistakes: takes what is wrong: names, kinds of value, expressions, cycles.

    Raises:
        SpecError: there are too many.
    """
    if len(variables) > MAX_VARIABLES:
        message = f"a spec has at most {MAX_VARIABLES:,} variables, found {len(variables):,}"
        mistakes.add(Code.TOO_LARGE, message, "", ("variables",), key=True)
        mistakes.raise_any()
    good = {name: raw for name, raw in variables.items() if _is_name(name, mistakes)}
    scope: dict[str, Value | Broken] = dict.fromkeys(variables, Broken.VARIABLE)
    for name in _in_order(good, mistakes):
        value = value_of(good[name], ("variables", name), scope, mistakes)
        if value is not None:
            scope[name] = value
    return scope


def _is_name(name: str, mistakes: Mistakes) -> bool:
    if name in RESERVED:
        message = f"{name!r} is a word of expressions, and cannot name a variable"
        mistakes.add(Code.OUT_OF_RANGE, message, "", ("variables", name), key=True)
    elif not _NAME.fullmatch(name):
        message = (
            f"{name!r} cannot name a variable: allowed is a small letter, "
            "then small letters, digits and '_', at most 64 in all"
        )
        mistakes.add(Code.OUT_OF_RANGE, message, "", ("variables", name), key=True)
    else:
        return True
    return False


def _in_order(variables: Mapping[str, Any], mistakes: Mistakes) -> Iterable[str]:
    """The variables, each behind those that it uses, as far as there is no cycle."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name, raw in variables.items():
        sorter.add(name, *(used for used in _names(raw) if used in variables))
    try:
        sorter.prepare()
    except CycleError as error:
        cycle = turned(error.args[1], variables)
        message = f"variables use each other in a circle: {circle(cycle)}"
        hint = "give one of them a value of its own"
        mistakes.add(Code.CYCLE, message, hint, ("variables", cycle[0]))
    while sorter.is_active() and (ready := sorter.get_ready()):
        yield from ready
        sorter.done(*ready)


def _names(raw: Any) -> list[str]:
    """The variables that a value uses, in an order that is always the same."""
    texts = cast("tuple[Any, ...]", raw if isinstance(raw, tuple) else (raw,))
    found: set[str] = set()
    for text in texts:
        if isinstance(text, str):
            try:
                found |= template(text).names
            except ExpressionError:
                continue  # reported when its value is asked for
    return sorted(found)


def turned(cycle: list[str], order: Iterable[str]) -> list[str]:
    """A cycle as graphlib gives it, such that each uses the next, from the first in an order."""
    names = cycle[:0:-1]  # there each is used by the next, and the first stands also at the end
    rank = {name: index for index, name in enumerate(order)}
    start = min(range(len(names)), key=lambda index: rank[names[index]])
    return [*names[start:], *names[:start], names[start]]


def value_of(raw: Any, path: Path, scope: Scope, mistakes: Mistakes) -> Value | None:
    """The value of a variable or of a parameter, or None where that is a mistake.

    Args:
        raw: what was written: a number, text, a boolean or an array of these.
        path: where it stands.
        scope: the variables that it may use.
        mistakes: takes what is wrong.
    """
    if not isinstance(raw, tuple):
        return _single(raw, path, scope, mistakes)
    items = cast("tuple[Any, ...]", raw)
    if len(items) > MAX_ITEMS:
        message = f"an array is at most {MAX_ITEMS:,} long here, found {len(items):,}"
        mistakes.add(Code.OUT_OF_RANGE, message, "", path)
        return None
    values: list[Scalar] = []
    for index, item in enumerate(items):
        value = _single(item, (*path, index), scope, mistakes)
        if isinstance(value, tuple):
            _refuse(value, (*path, index), mistakes)
        elif value is not None:
            values.append(value)
    return tuple(values) if len(values) == len(items) else None


def _single(raw: Any, path: Path, scope: Scope, mistakes: Mistakes) -> Value | None:
    match raw:
        case str():
            return _of_text(raw, path, scope, mistakes)
        case bool():
            return raw
        case int() if abs(raw) < INTEGER_LIMIT:
            return raw
        case float() if math.isfinite(raw):
            return raw
        case int() | float():
            allowed = "finite" if isinstance(raw, float) else "a whole number below 2**63"
            message = f"{dotted(path)} must be {allowed}"
            mistakes.add(Code.OUT_OF_RANGE, message, "", path)
        case _:
            _refuse(raw, path, mistakes)
    return None


def _of_text(text: str, path: Path, scope: Scope, mistakes: Mistakes) -> Value | None:
    try:
        return template(text).value(scope)
    except BrokenVariableError:
        return None
    except ExpressionError as error:
        mistakes.add(Code.EXPRESSION, str(error), error.hint, path)
        return None


def _refuse(found: Any, path: Path, mistakes: Mistakes) -> None:
    array = "" if isinstance(path[-1], int) else ", or an array of these"
    allowed = f"a number, text, true or false{array}"
    message = f"{dotted(path)} must be {allowed}, found {kind(found)}"
    mistakes.add(Code.WRONG_TYPE, message, "", path)
