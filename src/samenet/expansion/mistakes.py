"""The mistakes that the passes of the expansion collect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from samenet.diagnostics import Code, Diagnostic, Path, SpecError, nearest
from samenet.diagnostics import listed as words
from samenet.document import Document
from samenet.edits import respelt

MAX_MISTAKES = 1000
"""How many are collected; then the search ends."""


class Mistakes:
    """What was found so far in a document.

    Of one place only the first mistake of a kind is kept: a block is looked at in each repetition.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._found: dict[tuple[Code, Path, bool], Diagnostic] = {}

    def add(
        self,
        code: Code,
        message: str,
        hint: str = "",
        path: Path = (),
        key: bool = False,
        known: tuple[str, Iterable[str]] | None = None,
    ) -> None:
        """Note a mistake at a path; `key` points at the key there.

        Args:
            code: what kind of mistake it is.
            message: what is wrong.
            hint: how to mend it.
            path: where it stands.
            key: whether it is the key there.
            known: for a word that may be misspelt, itself and the words that are known.

        Raises:
            SpecError: there are very many.
        """
        if (code, path, key) not in self._found:
            diagnostic = self._document.diagnostic(code, message, hint, path, key)
            if known is not None:
                diagnostic = respelt(diagnostic, self._document, *known)
            self._found[code, path, key] = diagnostic
            if len(self._found) >= MAX_MISTAKES:
                self.raise_any()

    def unknown_keys(
        self,
        what: str,
        path: Path,
        keys: Iterable[str],
        allowed: Sequence[str],
        noun: str = "key",
    ) -> None:
        """Note each key that is not allowed in what stands at a path."""
        for key in keys:
            if key not in allowed:
                known = f"allowed: {words(allowed)}" if allowed else "remove it"
                hint = nearest(key, allowed) or known
                message = f"{what} has no {noun} {key!r}"
                place = (*path, key)
                self.add(Code.UNKNOWN_KEY, message, hint, place, key=True, known=(key, allowed))

    def __bool__(self) -> bool:
        return bool(self._found)

    def raise_any(self) -> None:
        """Refuse the spec if there is a mistake.

        Raises:
            SpecError: with all of them.
        """
        if self._found:
            raise SpecError(self._found.values())


def circle(names: Sequence[str]) -> str:
    """A cycle in words, `a -> b -> a`, shortened where it is long."""
    shown = names if len(names) <= 12 else [*names[:9], "...", *names[-2:]]
    return " -> ".join(shown)
