"""What samenet tells a person about a mistake: a code, a place, what is wrong and how to mend it.

Every refusal is a `Diagnostic`. Passes collect them instead of stopping at the first; the edge of
the library raises them together as a `SpecError`. Codes are stable: a code never changes meaning.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Where a value stands in the tree of a spec, e.g. `("layers", 2, "units")`."""


class Code(Enum):
    """The kinds of mistake: a stable number and a name."""

    UNREADABLE_FILE = ("SN001", "unreadable-file")
    NOT_UTF8 = ("SN002", "not-utf8")
    SYNTAX = ("SN003", "syntax-error")
    TOO_LARGE = ("SN004", "too-large")
    EXTENDS = ("SN005", "bad-extends")
    OVERRIDE = ("SN006", "bad-override")
    UNKNOWN_KEY = ("SN101", "unknown-key")
    MISSING_KEY = ("SN102", "missing-key")
    WRONG_TYPE = ("SN103", "wrong-type")
    OUT_OF_RANGE = ("SN104", "out-of-range")
    UNKNOWN_VALUE = ("SN105", "unknown-value")
    EXPRESSION = ("SN106", "bad-expression")
    DUPLICATE_NAME = ("SN201", "duplicate-name")
    UNKNOWN_NAME = ("SN202", "unknown-name")
    CYCLE = ("SN203", "cycle")
    UNUSED = ("SN204", "unused")
    SHAPE = ("SN301", "shape-mismatch")
    ARITY = ("SN302", "wrong-number-of-inputs")
    GRADIENT = ("SN303", "inexact-gradient")
    LOSS = ("SN401", "loss-mismatch")
    MONITOR = ("SN402", "unknown-monitor")
    LEARNING_RATE = ("SN403", "learning-rate-conflict")
    DATA_MISMATCH = ("SN404", "data-mismatch")
    EXPECTATION = ("SN405", "broken-expectation")
    OPTIMIZER = ("SN406", "optimizer-conflict")
    OUTPUT = ("SN407", "bad-output-file")
    DATA = ("SN501", "bad-data")
    MEMORY = ("SN502", "too-much-memory")
    DROPOUT_RATE = ("SN601", "dropout-rate")
    DROPOUT_AT_OUTPUT = ("SN602", "dropout-at-output")
    DROPOUT_BEFORE_NORMALIZATION = ("SN603", "dropout-before-normalization")
    SMALL_NETWORK = ("SN611", "normalization-in-small-network")
    AFTER_ACTIVATION = ("SN612", "normalization-after-activation")
    NEEDLESS_BIAS = ("SN613", "bias-before-normalization")
    NO_NORMALIZATION = ("SN614", "no-normalization")
    SMALL_BATCHES = ("SN615", "small-batches")
    HIGH_RATE = ("SN621", "high-learning-rate")
    NO_VALIDATION = ("SN622", "no-validation-data")
    TRAINING_WATCHED = ("SN623", "training-value-watched")
    BEST_WEIGHTS = ("SN624", "best-weights-lost")
    PATIENCE = ("SN625", "plateau-too-patient")
    NO_METRIC = ("SN626", "no-metric")
    TECHNIQUES = ("SN627", "techniques-at-once")
    UNUSED_IGNORE = ("SN691", "unused-ignore")

    @property
    def number(self) -> str:
        """The stable number, e.g. `SN104`."""
        return self.value[0]

    @property
    def title(self) -> str:
        """The name in words, e.g. `out-of-range`."""
        return self.value[1]

    @property
    def severity(self) -> Severity:
        """How bad what it stands for is: advice (SN6..) is a warning, all else an error."""
        return Severity.WARNING if self.number.startswith("SN6") else Severity.ERROR


Refusal = tuple[Code, Path, str, str]
"""A code, a place below what is refused, what is wrong, how to mend it."""


class Severity(Enum):
    """How bad it is."""

    ERROR = "error"
    """The spec cannot be used."""
    WARNING = "warning"
    """The spec can be used; the advice of the field is another."""


class Span(NamedTuple):
    """A stretch of a text; lines and columns count from 1, columns in Unicode code points."""

    line: int
    column: int
    end_line: int
    end_column: int
    """The column after the last character."""


class Edit(NamedTuple):
    """New text for a stretch of a file; a stretch without length is a place to insert it at."""

    span: Span
    content: str


class Fix(NamedTuple):
    """How a finding is mended by changes of the file in which it stands.

    Attributes:
        message: what is changed, as a command to the author.
        edits: the changes, which do not overlap.
        safe: whether what is trained stays the same, or the author can have meant nothing else.
    """

    message: str
    edits: tuple[Edit, ...]
    safe: bool = True


class Diagnostic(NamedTuple):
    """One mistake, or one piece of advice.

    Attributes:
        code: what kind of mistake it is.
        message: what was found and what is allowed, in one sentence.
        hint: how to mend it, or an empty string.
        path: where it stands in the spec's tree.
        file: the file as the caller named it, `--set path=value` for what was set in this way, or
            None for a spec that came from no file.
        span: where it stands in the file, or None where a file has no such place.
        severity: an error makes the spec invalid, a warning does not.
        fix: changes of `file` that mend it, or None.
    """

    code: Code
    message: str
    hint: str = ""
    path: Path = ()
    file: str | None = None
    span: Span | None = None
    severity: Severity = Severity.ERROR
    fix: Fix | None = None

    def __str__(self) -> str:
        """`file:line:column: code message`, one line."""
        place = self.file or "spec"
        if self.span:
            place += f":{self.span.line}:{self.span.column}"
        elif self.path:
            place += f" at {dotted(self.path)}"
        if place.lstrip().startswith("::"):  # which would be a command to GitHub
            place = f"./{place}"
        return f"{printable(place)}: {self.code.number} {printable(self.message)}"


class SpecError(ValueError):
    """A spec, or what was asked of it, is wrong; `diagnostics` holds every mistake found."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(by_place(diagnostics))
        super().__init__(
            "\n".join(
                str(item) + (f"\n  {printable(item.hint)}" if item.hint else "")
                for item in self.diagnostics
            )
        )


def by_place(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The findings in the order of their places: by file, line and column."""
    return sorted(diagnostics, key=_place)


def _place(item: Diagnostic) -> tuple[str, int, int]:
    span = item.span
    return (item.file or "", span.line, span.column) if span else (item.file or "", 0, 0)


def unique(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The first of those that say the same of the same place.

    A mistake in a block is found in each of its repetitions.
    """
    found: dict[tuple[Code, str | None, Span | Path, str], Diagnostic] = {}
    for item in diagnostics:
        found.setdefault((item.code, item.file, item.span or item.path, item.message), item)
    return list(found.values())


class FrameworkError(RuntimeError):
    """A framework that was asked for cannot be imported, or has no such device."""


def dotted(path: Path) -> str:
    """The path as a person writes it: `layers[2].units`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


ALIASES = {
    "acc": "accuracy",
    "bn": "batch_normalization",
    "fc": "dense",
    "linear": "dense",
    "lr": "learning_rate",
    "mae": "mean_absolute_error",
    "mse": "mean_squared_error",
    "rate": "dropout",
}
"""What people write, and what it is called here."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A question after the known word that is closest, or an empty string."""
    known = list(known)
    alias = ALIASES.get(word.lower())
    if alias in known:
        return f"did you mean {alias!r}?"
    matches = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {matches[0]!r}?" if matches else ""


def listed(words: Iterable[object], conjunction: str = "or") -> str:
    """`a, b or c`."""
    items = [str(word) for word in words]
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {conjunction} {items[-1]}"


_COMMAND = re.compile(r"##(?=\[|vso\[|teamcity\[)")
"""What GitHub, Azure and TeamCity take for a command anywhere in a line of a log."""


def printable(text: str) -> str:
    """The text on one line, without control characters and commands to those who read logs."""
    text = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )
    return _COMMAND.sub(r"#\\x23", text)
