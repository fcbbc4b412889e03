"""Which local variable of a program holds which value.

What only the next line reads is `x`; whatever lives longer has a name of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from samenet.codegen.expression import Expression, helpers
from samenet.graph.ir import Value


@dataclass(frozen=True)
class Step:
    """A line of a function: the values that it makes and reads, and a word for what it makes."""

    makes: tuple[Value, ...]
    reads: tuple[Value, ...]
    stem: str


def variables(
    steps: Sequence[Step],
    inputs: Sequence[Value],
    outputs: Iterable[Value],
    reserved: Iterable[str] = (),
) -> Mapping[Value, str]:
    """The variable of each value; inputs are the function's parameters.

    Args:
        steps: the lines of the function.
        inputs: the values that it takes.
        outputs: the values that it returns.
        reserved: names that no variable may have, since they are those of functions it calls.
    """
    reads: dict[Value, list[int]] = {}
    for index, step in enumerate(steps):
        for value in step.reads:
            reads.setdefault(value, []).append(index)
    for value in outputs:
        reads.setdefault(value, []).append(len(steps))
    reserved = set(reserved)
    names: dict[Value, str] = {}
    for number, value in enumerate(inputs):
        alone = len(inputs) == 1
        if alone and set(reads.get(value, ())) <= {0}:
            names[value] = "x"
        else:
            names[value] = "inputs" if alone else f"inputs_{number + 1}"
    taken = {*names.values(), *reserved}
    for index, step in enumerate(steps):
        for number, value in enumerate(step.makes):
            if value not in reads:
                names[value] = "_"
            elif set(reads[value]) == {index + 1} and number == 0:
                names[value] = "x"
            else:
                stem = step.stem if number == 0 else f"{step.stem}_output_{number}"
                stem = f"{stem}_output" if stem in reserved else stem
                names[value] = _unique(stem, taken)
    return names


def _unique(stem: str, taken: set[str]) -> str:
    """The stem itself, else the stem with the next number that is free."""
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    taken.add(name)
    return name


def unhidden(
    steps: Sequence[Step],
    inputs: Sequence[Value],
    outputs: Iterable[Value],
    written: Callable[[Mapping[Value, str]], Iterable[Expression]],
) -> Mapping[Value, str]:
    """The variables of which none has the name of a function that is called, which it would hide.

    Args:
        steps: the lines of the function.
        inputs: the values that it takes.
        outputs: the values that it returns.
        written: the expressions of the lines with given variables.
    """
    outputs = list(outputs)
    expressions = written(variables(steps, inputs, outputs))
    called = {name for expression in expressions for _, name in helpers(expression)}
    return variables(steps, inputs, outputs, called)
