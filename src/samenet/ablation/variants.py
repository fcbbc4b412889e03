"""A spec to its variants: the plain baseline, and what has some of the techniques.

A variant is a spec of its own. Initial weights are drawn for the seed and the path of a weight, the
order of the samples and their split for the seed; and no name moves when a technique goes. So two
variants with a seed begin with the same values in all weights that both have, and see the
same samples in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType
from typing import Any, cast

from samenet.ablation.layers import Tree
from samenet.ablation.techniques import TECHNIQUES, Technique, without_callbacks
from samenet.alternatives import changed
from samenet.diagnostics import Code, SpecError, listed, nearest
from samenet.document import Document, from_mapping
from samenet.reading import valid
from samenet.spec.model import Spec
from samenet.spec.rendering import rendered
from samenet.spec.studies import Design

MOST = 6
"""How many techniques a factorial design takes: 64 variants."""

WRITING = ("csv_logger", "model_checkpoint")
"""Callbacks that every variant goes without: nothing is written of single trainings."""


@dataclass(frozen=True)
class Used:
    """A technique that a spec uses, or one of its changes.

    Attributes:
        key: its name.
        title: its name in words.
        detail: how it is used.
    """

    key: str
    title: str
    detail: str


@dataclass(frozen=True)
class Rung:
    """Which techniques a variant has.

    Attributes:
        name: a name that can be that of a file.
        title: the name in words.
        techniques: the keys of those that it has.
        added: the one that it has beyond the variant before it, or beyond the baseline.
    """

    name: str
    title: str
    techniques: tuple[str, ...]
    added: str | None


@dataclass(frozen=True)
class Variant(Rung):
    """A spec with some of the techniques."""

    spec: Spec


@dataclass(frozen=True)
class Plan:
    """What is compared: the techniques and the variants, of which the first is the reference."""

    techniques: tuple[Used, ...]
    variants: tuple[Variant, ...]


def plan(
    document: Document,
    spec: Spec,
    design: Design,
    *,
    only: Sequence[str] = (),
    epochs: int | None = None,
) -> Plan:
    """The variants of a spec.

    Args:
        document: what the spec says, not yet filled in; paths of changes lead there.
        spec: the spec.
        design: which variants there are.
        only: the keys of the techniques that are looked at, all by default. The others stay.
        epochs: in place of the spec's.

    Raises:
        SpecError: a variant is no valid spec.
        ValueError: there is nothing to compare, too much of it, or a key is unknown.
    """
    workshop = _Workshop(document, spec, epochs)
    used = _chosen(workshop.used, only)
    if design == "factorial" and len(used) > MOST:
        message = f"a factorial design takes at most {MOST} techniques ({2**MOST} variants), "
        message += f"and there are {len(used)}: {listed((item.key for item in used), 'and')}"
        raise ValueError(f"{message}; choose some of them with --only, or another design")
    rest = [item.key for item in workshop.used if item not in used]
    variants = [
        Variant(**vars(rung), spec=workshop.spec_with([*rest, *rung.techniques], rung.title))
        for rung in _DESIGNS[design](used)
    ]
    return Plan(tuple(used), tuple(variants))


def _chosen(used: Sequence[Used], only: Sequence[str]) -> list[Used]:
    known = [item.key for item in used]
    if not known:
        message = "the spec uses no technique that could be taken out, and names no changes"
        raise ValueError(f"{message}; add some to it, or a table [ablation.changes]")
    for key in only:
        if key not in known:
            hint = nearest(key, known) or f"there are {listed(known, 'and')}"
            raise ValueError(f"the spec uses no technique {key!r}; {hint}")
    return [item for item in used if not only or item.key in only]


class _Workshop:
    """Makes the specs of variants."""

    def __init__(self, document: Document, spec: Spec, epochs: int | None) -> None:
        self._document, self._spec, self._epochs = document, spec, epochs
        tree = rendered(spec)
        self._present = [(item, detail) for item in TECHNIQUES if (detail := item.detail(tree))]
        self._changes: Mapping[str, Mapping[str, Any]] = (
            spec.ablation.changes if spec.ablation else {}
        )
        taken = ["baseline", "complete", *(item.key for item in TECHNIQUES)]
        for name in self._changes:
            if name in taken:
                message = f"{name!r} is the name of something else in the comparison"
                place, hint = ("ablation", "changes", name), "choose another name"
                code = Code.DUPLICATE_NAME
                raise SpecError([document.diagnostic(code, message, hint, place, key=True)])

    @property
    def used(self) -> list[Used]:
        """What the spec uses, then its changes."""
        used = [Used(item.key, item.title, detail) for item, detail in self._present]
        for name, values in self._changes.items():
            detail = ", ".join(f"{path} = {_shown(value)}" for path, value in values.items())
            used.append(Used(name, name, detail))
        return used

    def spec_with(self, keys: Sequence[str], title: str) -> Spec:
        """The spec with these techniques and without the others."""
        document = self._document
        for name in self._changes:
            if name in keys:
                place = ("ablation", "changes", name)
                document = changed(document, self._changes[name], place)
        tree = rendered(valid(document).spec if document is not self._document else self._spec)
        tree = without_callbacks(tree, WRITING)
        tree.pop("expect", None)
        for technique in self._absent(keys):
            tree = technique.without(tree)
        if self._epochs is not None:
            tree["training"] = {**tree["training"], "epochs": self._epochs}
        try:
            return _valid(tree).in_folder(self._spec.folder)
        except SpecError as error:
            raise SpecError(
                item._replace(message=f"the variant {title!r}: {item.message}")
                for item in error.diagnostics
            ) from error

    def _absent(self, keys: Sequence[str]) -> Iterator[Technique]:
        return (item for item, _ in self._present if item.key not in keys)


def _shown(value: Any) -> str:
    return str(list(cast("tuple[Any, ...]", value)) if isinstance(value, tuple) else value)


def _valid(tree: Tree) -> Spec:
    """The spec of a tree, without parts of names of weights that went with a technique."""
    try:
        return valid(from_mapping(tree)).spec
    except SpecError as error:
        gone = {
            item.path
            for item in error.diagnostics
            if item.code is Code.UNKNOWN_NAME and item.path[:1] == ("optimizer",)
        }
        if len(gone) < len(error.diagnostics):
            raise
        optimizer: Tree = {**tree["optimizer"]}
        for _, key, _ in gone:
            values = enumerate(tree["optimizer"][key])
            optimizer[str(key)] = [v for i, v in values if ("optimizer", key, i) not in gone]
        return valid(from_mapping({**tree, "optimizer": optimizer})).spec


def _ladder(used: Sequence[Used]) -> Iterator[Rung]:
    """The baseline, then one technique more at a time."""
    yield BASELINE
    for index, item in enumerate(used):
        yield Rung(item.key, f"+ {item.title}", _keys(used[: index + 1]), item.key)


def _one_at_a_time(used: Sequence[Used]) -> Iterator[Rung]:
    """The baseline, and each technique alone."""
    yield BASELINE
    for item in used:
        yield Rung(item.key, item.title, (item.key,), item.key)


def _leave_one_out(used: Sequence[Used]) -> Iterator[Rung]:
    """All techniques, and all but each of them."""
    yield Rung("complete", "complete", _keys(used), None)
    for item in used:
        rest = tuple(key for key in _keys(used) if key != item.key)
        yield Rung(f"without_{item.key}", f"without {item.title}", rest, None)


def _factorial(used: Sequence[Used]) -> Iterator[Rung]:
    """All sets of techniques, small ones first."""
    yield BASELINE
    for size in range(1, len(used) + 1):
        for chosen in combinations(used, size):
            keys = _keys(chosen)
            title = " + ".join(item.title for item in chosen)
            yield Rung("+".join(keys), title, keys, keys[0] if size == 1 else None)


def _keys(used: Sequence[Used]) -> tuple[str, ...]:
    return tuple(item.key for item in used)


BASELINE = Rung("baseline", "baseline", (), None)

_DESIGNS: Mapping[Design, Callable[[Sequence[Used]], Iterator[Rung]]] = MappingProxyType(
    {
        "ladder": _ladder,
        "one-at-a-time": _one_at_a_time,
        "leave-one-out": _leave_one_out,
        "factorial": _factorial,
    }
)
