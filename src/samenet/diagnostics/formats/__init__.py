"""What was found in which specs, in the forms that other programs read.

Each form is a module with a function `render(report)`; it is imported when it is asked for. The
form for people is `samenet.diagnostics.text`.
"""

from __future__ import annotations

import importlib
import os
from json import dumps  # a form is called json too
from pathlib import Path
from typing import Any, NamedTuple

from samenet.diagnostics import Diagnostic, Span, printable, unique

FORMATS = ("json", "github", "gitlab", "sarif", "junit")
"""The forms, by the names of their modules."""


class Checked(NamedTuple):
    """A spec that was checked.

    Attributes:
        file: its name.
        diagnostics: what was found in it, and in what it extends.
    """

    file: str
    diagnostics: tuple[Diagnostic, ...] = ()

    def located(self) -> tuple[Diagnostic, ...]:
        """What was found, each with a file; what `--set` has done stands in the spec itself."""
        return tuple(map(self._located, self.diagnostics))

    def _located(self, item: Diagnostic) -> Diagnostic:
        if item.file is None:
            return item._replace(file=self.file)
        if item.file.startswith("--set "):
            return item._replace(file=self.file, message=f"{item.file}: {item.message}")
        return item


class Report(NamedTuple):
    """What was found in all specs, in the order in which they were named."""

    specs: tuple[Checked, ...]

    def diagnostics(self) -> list[Diagnostic]:
        """What was found, each with a file.

        A mistake in a file that several specs extend is one.
        """
        return unique(item for spec in self.specs for item in spec.located())


def render(form: str, report: Report) -> str:
    """The report in one of the `FORMATS`; ASCII but for `github`, and it ends with a newline."""
    return importlib.import_module(f"{__name__}.{form}").render(report)


def as_json(value: Any) -> str:
    """JSON in ASCII, in which no service that reads logs finds a command."""
    return dumps(value, indent=2).replace("#", "\\u0023") + "\n"


def relative(file: str | None) -> str:
    """The path from the current folder, where it leads down, with `/` between its parts."""
    path = Path(os.path.normpath(file or ""))
    if path.is_absolute():
        here = Path.cwd()
        path = path.relative_to(here) if path.is_relative_to(here) else path
    return path.as_posix()


def sentence(item: Diagnostic) -> str:
    """The message and the way out, in one line."""
    return printable(f"{item.message} ({item.hint})" if item.hint else item.message)


def span_of(item: Diagnostic) -> Span:
    """Where it stands; the beginning of the file for what has no place in it."""
    return item.span or Span(1, 1, 1, 1)
