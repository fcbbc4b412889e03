"""The emitter of the programs of all backends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from samenet.codegen import helpers
from samenet.codegen.emission import Source, emit, emit_dict, emit_merged
from samenet.codegen.expression import Expression
from samenet.codegen.expression import helpers as helpers_of


class Emitter:
    """Emits expressions and remembers which helpers they need."""

    def __init__(self) -> None:
        self.needed: set[tuple[str, str]] = set()

    def __call__(
        self, expression: Expression, *, indent: int = 0, used: int = 0, before: int = 0
    ) -> Source:
        """The source of an expression; see `samenet.codegen.emission.emit`."""
        self.needed |= helpers_of(expression)
        return emit(expression, indent=indent, used=used, before=before)

    def dictionary(self, items: Mapping[str, Expression], *, indent: int = 0) -> Source:
        """A dictionary display, one entry on each line."""
        for value in items.values():
            self.needed |= helpers_of(value)
        return emit_dict(items, indent=indent)

    def merged(self, items: Sequence[tuple[str | None, Expression]], *, indent: int = 0) -> Source:
        """A dictionary display in which an entry without a key is merged."""
        for _, value in items:
            self.needed |= helpers_of(value)
        return emit_merged(items, indent=indent)

    def helpers(
        self, always: Iterable[tuple[str, str]], variants: Mapping[tuple[str, str], str]
    ) -> Source:
        """The definitions that the emitted expressions need, and those that the template names.

        Args:
            always: what the template names.
            variants: as in `samenet.codegen.helpers.source`.
        """
        return helpers.source(self.needed | set(always), variants)
