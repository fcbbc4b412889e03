"""What is said once of a single input or output is a table for several, and only then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from samenet.diagnostics import Code, Diagnostic, Path, dotted, listed, nearest
from samenet.document import Document
from samenet.named import ONLY
from samenet.spec.model import Spec


def tables(spec: Spec, document: Document) -> Iterator[Diagnostic]:
    """What is said once of a single input or output is a table for several, and only then."""
    training, data = spec.training, spec.data
    inputs, outputs = spec.input_names(), spec.output_names()
    tables: list[tuple[Path, Mapping[str, Any], str, bool]] = [
        (("training", "loss"), training.loss, "output", True),
        (("training", "loss_weights"), training.loss_weights, "output", False),
        (("training", "metrics"), training.metrics, "output", False),
    ]
    for table in data.tables(several=len(inputs) > 1):
        tables.append((("data", table.key), table.values, table.of, table.complete))
    for path, values, kind, complete in tables:
        names = inputs if kind == "input" else outputs
        if names == (ONLY,):
            yield from _not_a_table(path, values, kind, complete, document)
        elif ONLY in values:
            yield from _not_for_all(path, values[ONLY], names, kind, document)
        else:
            yield from _names(path, values, names, kind, complete, document)


def _not_a_table(
    path: Path, values: Mapping[str, Any], kind: str, complete: bool, document: Document
) -> Iterator[Diagnostic]:
    """A table by names where there is a single input or output."""
    named = [name for name in values if name != ONLY]
    if not named and not (complete and not values):
        return
    message = f"{dotted(path)} is a table, but the network has one {kind}"
    hint = f"write the value of its {kind} in place of the table"
    if path[-1] == "loss_weights":
        hint = "remove it: there is nothing to weigh a single loss against"
    yield document.diagnostic(
        Code.LOSS if path[0] == "training" else Code.DATA_MISMATCH, message, hint, path
    )


def _not_for_all(
    path: Path, value: Any, names: Sequence[str], kind: str, document: Document
) -> Iterator[Diagnostic]:
    """A single value where there are several inputs or outputs."""
    if value == ():
        return
    code = Code.LOSS if path[0] == "training" else Code.DATA_MISMATCH
    message = f"{dotted(path)} is said once, but the network has {len(names)} {kind}s"
    hint = f"write a table with a key for each: {listed(names, 'and')}"
    yield document.diagnostic(code, message, hint, path)


def _names(
    path: Path,
    values: Mapping[str, Any],
    names: Sequence[str],
    kind: str,
    complete: bool,
    document: Document,
) -> Iterator[Diagnostic]:
    """Keys of a table that are no input or output, and those that it lacks."""
    unknown = [name for name in values if name not in names]
    missing = [name for name in names if name not in values] if complete else []
    for name in unknown:
        message = f"the network has no {kind} {name!r}"
        hint = nearest(name, names) or f"there are {listed(names, 'and')}"
        yield document.diagnostic(Code.UNKNOWN_NAME, message, hint, (*path, name), key=True)
    for name in missing:
        if not any(nearest(name, [word]) for word in unknown):  # it is only misspelt
            message = f"{dotted(path)} lacks the {kind} {name!r}"
            yield document.diagnostic(Code.MISSING_KEY, message, f"add {name} = ...", path)
