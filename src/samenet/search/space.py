"""Ranges to what Optuna samples, and chosen values back into a spec."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from samenet.alternatives import changed
from samenet.document import Document
from samenet.reading import valid
from samenet.spec.model import Spec
from samenet.spec.rendering import rendered
from samenet.spec.studies import Range, Search

if TYPE_CHECKING:
    from optuna.trial import Trial

PLACE = ("search", "space")
LARGEST_GRID = 10_000


def suggested(trial: Trial, space: Mapping[str, Range]) -> dict[str, Any]:
    """A value for each path, chosen by the sampler of a trial's study."""
    return {path: _suggested(trial, path, values) for path, values in space.items()}


def _suggested(trial: Trial, path: str, values: Range) -> Any:
    if values.choices is not None:
        # Optuna keeps texts and numbers, and no arrays; so the place of a choice is what it sees.
        index = trial.suggest_categorical(path, range(len(values.choices)))
        return values.choices[index]
    low, high = values.bounds
    if values.whole:
        return trial.suggest_int(path, low, high, step=values.step or 1, log=values.log)
    return trial.suggest_float(path, low, high, step=values.step, log=values.log)


def grid(search: Search) -> list[dict[str, Any]]:
    """All combinations of values, as Optuna sees them, the last path varying first.

    Raises:
        ValueError: there are too many.
    """
    columns = [_points(path, values) for path, values in search.space.items()]
    found = list(islice(product(*columns), LARGEST_GRID + 1))
    if len(found) > LARGEST_GRID:
        message = f"the grid has more than {LARGEST_GRID:,} points"
        raise ValueError(f"{message}; use larger steps, or the sampler tpe or random")
    return [dict(zip(search.space, point, strict=True)) for point in found]


def _points(path: str, values: Range) -> list[Any]:
    """The values of a range that can be counted, or the numbers of its choices.

    Raises:
        ValueError: it has no step.
    """
    if values.choices is not None:
        return list(range(len(values.choices)))
    step = values.step or (1 if values.whole and not values.log else None)
    if step is None:
        message = f"a grid needs a step, or choices, for {path}"
        raise ValueError(f"{message}; or use the sampler tpe or random")
    low, high = values.bounds
    count = int((high - low) / step + 1e-9) + 1
    if count > LARGEST_GRID:
        raise ValueError(f"the grid has more than {LARGEST_GRID:,} points for {path}")
    return [low + index * step for index in range(count)]


def spec_with(document: Document, spec: Spec, values: Mapping[str, Any], epochs: int) -> Spec:
    """The spec with chosen values.

    Args:
        document: what the spec says, not yet filled in.
        spec: the spec.
        values: by path.
        epochs: passes over the data, where no value says otherwise.

    Raises:
        SpecError: the values together make no valid spec.
    """
    if "training.epochs" not in values:
        values = {**values, "training.epochs": epochs}
    return valid(changed(document, values, PLACE)).spec.in_folder(spec.folder)


def search_digest(spec: Spec, epochs: int) -> str:
    """What decides the trials of a search beside their number, as a text to take a digest of."""
    search = spec.search.model_dump(exclude={"trials"}) if spec.search else {}
    return json.dumps([rendered(spec), search, epochs], sort_keys=True)
