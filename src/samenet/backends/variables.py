"""Which local variable of a program holds which value.

What only the next line reads is `x`; whatever lives longer has a name of its own, which the
repetitions of a block hand on: `x, skip = block(x, skip)`.
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
    names = _parameters(inputs, reads)
    taken = {*names.values(), *reserved}
    latest: dict[str, Value] = {}
    for index, step in enumerate(steps):
        for number, value in enumerate(step.makes):
            if value not in reads:
                names[value] = "_"
            elif set(reads[value]) == {index + 1} and number == 0:
                names[value] = "x"
            else:
                stem = _stem(step, number)
                stem = f"{stem}_output" if stem in reserved else stem
                before = latest.get(stem)
                if before is not None and reads[before][-1] <= index:
                    names[value] = names[before]  # nothing reads it any more
                else:
                    names[value] = _unique(stem, taken)
                latest[stem] = value
    return names


def _parameters(inputs: Sequence[Value], reads: Mapping[Value, Sequence[int]]) -> dict[Value, str]:
    """The names of the inputs: `x` for one that only the first line reads."""
    if len(inputs) == 1:
        return {inputs[0]: "x" if set(reads.get(inputs[0], ())) <= {0} else "inputs"}
    return {value: f"inputs_{number + 1}" for number, value in enumerate(inputs)}


def _stem(step: Step, number: int) -> str:
    """The word for an output of a step, of which the first needs no number."""
    return step.stem if number == 0 else f"{step.stem.removesuffix('_output')}_output_{number}"


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
