"""Which advice `validate` gives: the codes that are chosen on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import click

from samenet.diagnostics import Code, Diagnostic, Severity, nearest


class Choice(NamedTuple):
    """The codes of advice that are looked for; mistakes are always reported.

    Attributes:
        select: the codes, or none for all.
        ignore: those left out, which counts more.
    """

    select: frozenset[Code] = frozenset()
    ignore: frozenset[Code] = frozenset()

    def of(self, found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """What is chosen of what was found."""
        return tuple(item for item in found if self._has(item))

    def _has(self, item: Diagnostic) -> bool:
        if item.severity is Severity.ERROR:
            return True
        return item.code not in self.ignore and (not self.select or item.code in self.select)


def codes(option: str, words: Iterable[str]) -> frozenset[Code]:
    """The codes of advice that words stand for.

    Args:
        option: where they were given, for messages.
        words: numbers, titles or beginnings of numbers (SN61), several separated by commas.

    Raises:
        UsageError: a word stands for no advice.
    """
    found: set[Code] = set()
    for word in (part.strip() for text in words for part in text.split(",")):
        known = [code for code in Code if code.severity is Severity.WARNING]
        chosen = {
            code
            for code in known
            if word.lower() == code.title
            or (len(word) >= len("SN6") and code.number.startswith(word.upper()))
        }
        if not chosen:
            titles = [code.title for code in known]
            hint = nearest(word, titles) or "advice has the codes from SN601 on"
            raise click.UsageError(f"{option}: there is no advice {word!r}; {hint}")
        found |= chosen
    return frozenset(found)
