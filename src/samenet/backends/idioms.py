"""Idioms: the frameworks' own parts, where a program is to have them in the place of samenet's.

An idiom is what somebody who knows a framework writes for a part of a spec. Its arguments are
translated; what it computes differs by a law that is known. `Idioms` lowers the parts of a spec and
exchanges those whose idiom was asked for, so an idiomatic program differs from the exact one in
nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from samenet.lowering import Backend, lower
from samenet.schema import kind_of


@dataclass(frozen=True)
class Idiom:
    """A part of a spec as a framework has it.

    Attributes:
        part: what the spec calls it, e.g. `batch_normalization`.
        own: what takes the place, e.g. `nn.BatchNorm1d`.
        law: how it differs from what the spec means, as a clause; or what says so of an item.
        source: where the framework says so.
        kinds: the classes whose items it exchanges.
        exchange: gives (item, lowered, *context) in the framework's own form, or None where that
            has none; by default nothing is lowered anew, and a backend asks `Idioms.takes`.
        by_epoch: whether it acts between epochs alone, by the values of an epoch.
    """

    part: str
    own: str
    law: str | Callable[[Any], str]
    source: str
    kinds: tuple[type, ...] = ()
    exchange: Callable[..., Any] = lambda *_: None
    by_epoch: bool = False


@dataclass(frozen=True)
class Exchange:
    """An idiom that stands in a program.

    Attributes:
        kinds: what the spec calls the items that were exchanged.

    The other attributes are those of `Idiom`, the law in words.
    """

    part: str
    own: str
    law: str
    source: str
    by_epoch: bool = False
    kinds: tuple[str, ...] = ()


class Idioms:
    """Lowers the parts of a spec, and exchanges those of which there is an idiom.

    Args:
        backend: the framework.
        table: the idioms that are wanted; without any, programs are exact.
    """

    def __init__(self, backend: Backend, table: Sequence[Idiom] = ()) -> None:
        self.backend: Backend = backend
        self.table = table
        self._used: dict[str, Exchange] = {}

    @property
    def used(self) -> tuple[Exchange, ...]:
        """What was exchanged so far, in the order of the table."""
        order = dict.fromkeys(idiom.part for idiom in self.table)
        return tuple(self._used[part] for part in order if part in self._used)

    def lower(self, item: object, *context: object) -> Any:
        """As `samenet.lowering.lower`, in the framework's own form if that is wanted."""
        made = lower(item, self.backend, *context)
        for idiom in self.table:
            if isinstance(item, idiom.kinds):
                own = idiom.exchange(item, made, *context)
                if own is not None:
                    made = own
                    self._use(idiom, item)
        return made

    def takes(self, part: str) -> bool:
        """Whether a part that is more than one item is exchanged; it counts as used then."""
        for idiom in self.table:
            if idiom.part == part:
                self._use(idiom, None)
                return True
        return False

    def _use(self, idiom: Idiom, item: object) -> None:
        law = idiom.law if isinstance(idiom.law, str) else idiom.law(item)
        before = self._used.get(idiom.part)
        kinds = dict.fromkeys(before.kinds if before else ())
        if item is not None:
            kinds[kind_of(type(item))] = None
        self._used[idiom.part] = Exchange(
            idiom.part, idiom.own, law, idiom.source, idiom.by_epoch, tuple(kinds)
        )


def idioms(backend: Backend, only: Collection[str] | None = None) -> Idioms:
    """The idioms of a framework, or those of some parts."""
    table: Sequence[Idiom] = import_module(f"samenet.backends.{backend}.idiomatic").IDIOMS
    return Idioms(backend, [idiom for idiom in table if only is None or idiom.part in only])
