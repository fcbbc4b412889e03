"""What the commands print alike, and the status with which they end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import click

from samenet.diagnostics import Code, Diagnostic, Severity
from samenet.document import MAX_BYTES

EXIT_INVALID = 1
EXIT_USAGE = 2
EXIT_FRAMEWORK = 3
EXIT_MEMORY = 4
EXIT_FAILED = 5
EXIT_INTERRUPTED = 130

STATUS: Mapping[int, str] = MappingProxyType(
    {
        0: "done; what was checked has no mistakes, though it may have warnings",
        EXIT_INVALID: "a spec or its data are invalid, or a check has failed",
        EXIT_USAGE: "wrong usage, or a file cannot be read or written",
        EXIT_FRAMEWORK: "a framework is missing or cannot be imported, or lacks the device",
        EXIT_MEMORY: "refused: the network needs more memory than is free",
        EXIT_FAILED: "the training failed: its loss or its weights are not finite at the end",
        EXIT_INTERRUPTED: "interrupted",
    }
)
"""What each status means, of every command."""

MAX_SHOWN = 50
"""How many mistakes a person is shown at once; the other forms have all of them."""

SPEC = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


DEVICE = click.option(
    "--device",
    metavar="NAME",
    default="auto",
    show_default=True,
    help="Where to compute: auto, cpu, cuda, cuda:1, mps (PyTorch alone).",
)

OVERRIDES = click.option(
    "--set",
    "overrides",
    metavar="PATH=VALUE",
    multiple=True,
    help="Change a value of the spec, e.g. optimizer.learning_rate=0.01 or layers[2].units=64.",
)


def status_of(found: Iterable[Diagnostic], *, strict: bool = False) -> int:
    """The status with which a command ends that has found these; `strict` counts warnings too."""
    codes = {item.code for item in found if strict or item.severity is Severity.ERROR}
    if codes == {Code.MEMORY}:
        return EXIT_MEMORY
    return EXIT_INVALID if codes else 0


def print_diagnostics(
    found: Sequence[Diagnostic], texts: Mapping[str, str] | None = None, *, err: bool = False
) -> None:
    """Print findings with excerpts of their files, and how many there are.

    They are the output of `validate`; for other commands they are errors (`err`).

    Args:
        found: what to print, of which only the first `MAX_SHOWN` are shown.
        texts: those of files that cannot be read again, by their names.
        err: print to the error stream.
    """
    from samenet.diagnostics.text import render

    shown = found[:MAX_SHOWN]
    errors = sum(item.severity is Severity.ERROR for item in found)
    counts = [(errors, "error"), (len(found) - errors, "warning")]
    total = ", ".join(counted(number, noun) for number, noun in counts if number)
    rest = "" if len(shown) == len(found) else f" The first {len(shown)} are shown."
    excerpts = render(shown, {**_texts(shown), **(texts or {})})
    click.echo(f"{excerpts}Found {total}.{_fixable(found)}{rest}", err=err)


def _fixable(found: Iterable[Diagnostic]) -> str:
    """How many have a fix."""
    fixes = [item.fix for item in found if item.fix is not None]
    safe = sum(fix.safe for fix in fixes)
    unsafe = len(fixes) - safe
    mends = [f"--fix mends {safe:,}"] if safe else []
    mends += [f"--fix --unsafe-fixes mends {len(fixes):,}"] if unsafe else []
    return f" `samenet validate`: {', '.join(mends)}." if mends else ""


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _texts(found: Iterable[Diagnostic]) -> dict[str, str]:
    """The text of each file that a finding points into."""
    texts: dict[str, str] = {}
    for file in {item.file for item in found if item.file and item.span}:
        try:
            if Path(file).is_file():  # a pipe is empty now, and waiting for it would never end
                with open(file, encoding="utf-8-sig", errors="replace", newline="") as stream:
                    texts[file] = stream.read(MAX_BYTES)
        except (OSError, ValueError):
            continue
    return texts
