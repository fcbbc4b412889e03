"""What holds for each weight of a program: initializers, regularizers, constraints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeVar

from samenet.codegen.expression import Expression
from samenet.constraints import Constraint
from samenet.graph.ir import ResolvedGraph
from samenet.initializers import Initializer, initializer
from samenet.lowering import lower
from samenet.regularizers import Regularizer

Rule = TypeVar("Rule")
"""What holds for a weight: an initializer, a regularizer, a constraint, or None."""


def initial_weights(graph: ResolvedGraph) -> dict[str, Expression]:
    """The initializer of each weight, as `rules`."""
    values: dict[str, Initializer] = {path: w.initializer for path, w in graph.weights().items()}
    return {key: initializer(value) for key, value in rules(values).items()}


def regularizers(graph: ResolvedGraph) -> dict[str, Expression]:
    """The regularizer of each trainable weight of a PyTorch program, as `rules`."""
    weights = graph.weights().items()
    return _lowered({path: w.regularizer if w.trainable else None for path, w in weights})


def constraints(graph: ResolvedGraph) -> dict[str, Expression]:
    """The constraint of each trainable weight of a PyTorch program, as `rules`."""
    weights = graph.weights().items()
    return _lowered({path: w.constraint if w.trainable else None for path, w in weights})


def _lowered(values: Mapping[str, Regularizer | Constraint | None]) -> dict[str, Expression]:
    return {key: value and lower(value, "torch") for key, value in rules(values).items()}


def rules(values: Mapping[str, Rule]) -> dict[str, Rule]:
    """What holds for each weight, in the fewest entries.

    An entry holds for one weight, under its path, or for all of a name, under the name: what
    stands behind the last slash of their paths. The path goes first.

    Args:
        values: what holds for each weight by its path; None for nothing.

    Returns:
        The entries. None stands only where the rule of the name does not hold for a weight.
    """
    named: dict[str, list[Rule]] = {}
    for path, value in values.items():
        named.setdefault(path.rpartition("/")[2], []).append(value)
    usual = {name: _usual(found) for name, found in named.items()}
    entries = {name: value for name, value in usual.items() if value is not None}
    exceptions = {
        path: value for path, value in values.items() if value != usual[path.rpartition("/")[2]]
    }
    return {**entries, **exceptions}


def _usual(values: Sequence[Rule]) -> Rule:
    """The value that leaves the fewest entries: its own, unless it is None, and the others'."""
    counts = Counter(values)
    return max(counts, key=lambda value: (counts[value] + (value is None), value is None))
