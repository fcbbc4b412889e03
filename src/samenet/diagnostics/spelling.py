"""Which word somebody must have meant."""

from __future__ import annotations

from collections.abc import Iterable

from samenet.diagnostics import ALIASES

SHORT, LONG = 4, 8
"""From so many letters on a word may have one slip of the pen, or two."""


def certain(word: str, known: Iterable[str]) -> str | None:
    """The one known word that was meant, or None if it could be another one or none.

    It is as few slips away as its length allows, and no other is.
    """
    known = list(known)
    alias = ALIASES.get(word.lower())
    if alias in known:
        return alias
    near = [other for other in known if distance(word, other) <= _slips(max(len(word), len(other)))]
    return near[0] if len(near) == 1 else None


def _slips(length: int) -> int:
    return 0 if length < SHORT else 1 if length < LONG else 2


def distance(word: str, other: str) -> int:
    """How many letters are to be put in, left out, replaced or swapped with the next one.

    Source: https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance (optimal string alignment)
    """
    if abs(len(word) - len(other)) > 2:  # far enough for all that ask
        return 3
    before, row = [0] * (len(other) + 1), list(range(len(other) + 1))
    for i, letter in enumerate(word, start=1):
        older, before, row = before, row, [i]
        for j, mate in enumerate(other, start=1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != mate))
            swapped = i > 1 < j and letter == other[j - 2] and word[i - 2] == mate
            row.append(min(cost, older[j - 2] + 1) if swapped else cost)
    return row[-1]
