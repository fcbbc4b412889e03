"""`samenet validate --fix` and `--diff`: specs are mended, or it is shown how."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from samenet.cli.advice import Choice
from samenet.cli.report import counted
from samenet.diagnostics import Diagnostic, SpecError, printable


@dataclass(frozen=True, slots=True)
class Mended:
    """A spec with its fixes, which is not written yet.

    Attributes:
        file: its name.
        old: its bytes.
        new: its bytes with the fixes.
        count: how many fixes there are.
        rest: what is found in it then.
    """

    file: str
    old: bytes
    new: bytes
    count: int
    rest: tuple[Diagnostic, ...]

    def diff(self) -> Iterator[str]:
        """The changed lines, in the form that `patch` reads."""
        old, new = (_lines(content) for content in (self.old, self.new))
        for line in difflib.unified_diff(old, new, self.file, self.file):
            yield line if line.endswith("\n") else f"{line}\n"
            if not line.endswith("\n"):
                yield "\\ No newline at end of file\n"


def _lines(content: bytes) -> list[str]:
    lines = content.decode("utf-8-sig").split("\n")
    return [f"{line}\n" for line in lines[:-1]] + [line for line in lines[-1:] if line]


def mend(files: Sequence[str], choice: Choice, *, unsafe: bool, write: bool) -> list[Mended]:
    """Look for fixes in specs, and write those that are changed if so wished.

    Args:
        files: the specs.
        choice: the advice that is fixed too.
        unsafe: whether fixes are made that change what is trained.
        write: whether the files are written.

    Raises:
        OSError: a file cannot be written; it is left as it was.
    """
    from samenet.files import write as write_file

    result: list[Mended] = []
    for file in files:
        item = _mended(file, choice, unsafe=unsafe)
        if item is not None:
            result.append(item)
            if write and item.count:
                write_file(Path(file), item.new)
    return result


def _mended(file: str, choice: Choice, *, unsafe: bool) -> Mended | None:
    """A spec with its fixes, or None for a file that cannot be read."""
    from samenet import document
    from samenet.fixing import fixed

    try:
        with open(file, "rb") as stream:
            content = stream.read(document.MAX_BYTES + 1)
    except (OSError, ValueError):
        return None  # which the check of the files reports
    done = fixed(content, lambda text: choice.of(_found(file, text)), file=file, unsafe=unsafe)
    return Mended(file, content, done.content, len(done.fixes), done.rest)


def _found(file: str, content: bytes) -> Sequence[Diagnostic]:
    from samenet import api, document

    try:
        parsed = document.parse(content, file=file, is_json=document.is_json_file(file))
        return api.advise(parsed)
    except SpecError as error:
        return error.diagnostics


def show(mended: Sequence[Mended]) -> None:
    """Print the changes that would be made, and to the error stream how many they are."""
    for line in (line for item in mended if item.count for line in item.diff()):
        # A terminal is told no commands; the end of a line stays what it is.
        ending = line[len(line.rstrip("\r\n")) :]
        click.echo(printable_line(line.rstrip("\r\n")) + ending, nl=False)
    count = sum(item.count for item in mended)
    text = f"Would fix {counted(count, 'problem')}." if count else "Nothing to fix."
    click.echo(text, err=True)


def printable_line(line: str) -> str:
    """A line of a diff as a terminal may show it; tabs stay."""
    return "\t".join(map(printable, line.split("\t")))
