"""Which layer of one network is which of another.

Layers have an order, so this is the alignment of two sequences with the largest sum of scores
(Needleman and Wunsch, 1970, https://doi.org/10.1016/0022-2836(70)90057-4), without costs of gaps.
Two layers of one kind may be the same; that all their keys agree counts more than that samenet has
given them the same name, which a layer in front of them shifts, and less than that a person has.
What is left over is paired by name, then by its keys, wherever it stands: it has moved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from samenet.difference.values import plain
from samenet.graph.ir import ResolvedNode

MAX_CELLS = 1_000_000
"""The largest table of scores; larger networks that differ much are paired by their names."""

KIND, KEYS, NAME, OWN_NAME = 1, 4, 2, 7
"""The scores: of the same kind, for equal keys beside it, for equal names, of samenet or one's
own."""

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Token:
    """What of a layer counts in the alignment."""

    kind: str
    name: str
    is_own: bool
    keys: str

    @property
    def order(self) -> tuple[str, str, bool, str]:
        """A key by which tokens can be sorted."""
        return (self.kind, self.name, self.is_own, self.keys)


@dataclass(frozen=True, slots=True)
class Alignment:
    """The pairs of numbers of layers.

    Attributes:
        in_place: those in the order of both networks.
        moved: those out of it.
    """

    in_place: tuple[Pair, ...]
    moved: tuple[Pair, ...]


def align(old: Sequence[ResolvedNode], new: Sequence[ResolvedNode]) -> Alignment:
    """Pair the layers of two networks; the other way round, the pairs are the same turned round."""
    first, second = list(map(token, old)), list(map(token, new))
    turned = [item.order for item in second] < [item.order for item in first]
    if turned:
        first, second = second, first
    in_place = _in_place(first, second)
    moved = _left_over(first, second, in_place)
    if turned:
        in_place, moved = (sorted((j, i) for i, j in pairs) for pairs in (in_place, moved))
    return Alignment(tuple(in_place), tuple(moved))


def token(node: ResolvedNode) -> Token:
    """What of a layer counts; a name of a person's own counts also behind a block's."""
    layer = node.layer.model_copy(
        update={"name": None, "inputs": None, **dict.fromkeys(node.layer.REFERENCES)}
    )
    keys = f"{plain(layer)}{node.share}{node.reverse}"
    return Token(node.kind, node.name, node.layer.name is not None, keys)


def _in_place(old: list[Token], new: list[Token]) -> list[Pair]:
    """The pairs in the order of both; what is equal at both ends needs no table."""
    shorter = min(len(old), len(new))
    start = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    rest = shorter - start
    end = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    pairs = [(i, i) for i in range(start)]
    inner = _best(old[start : len(old) - end], new[start : len(new) - end])
    pairs += [(start + i, start + j) for i, j in inner]
    return pairs + [(len(old) - i, len(new) - i) for i in range(end, 0, -1)]


def _best(old: list[Token], new: list[Token]) -> list[Pair]:
    """The pairs with the largest sum of scores; on a tie, those of earlier layers."""
    if len(old) * len(new) > MAX_CELLS:
        return _by_name(old, new)
    sums = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        row, below, item = sums[i], sums[i + 1], old[i]
        for j in range(len(new) - 1, -1, -1):
            best = max(below[j], row[j + 1])
            if item.kind == new[j].kind:
                best = max(best, below[j + 1] + _score(item, new[j]))
            row[j] = best
    pairs: list[Pair] = []
    i = j = 0
    while i < len(old) and j < len(new):
        same = old[i].kind == new[j].kind
        if same and sums[i][j] == sums[i + 1][j + 1] + _score(old[i], new[j]):
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif sums[i][j] == sums[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _score(old: Token, new: Token) -> int:
    score = KIND + KEYS * (old.keys == new.keys)
    if old.name != new.name:
        return score
    return score + (OWN_NAME if old.is_own and new.is_own else NAME)


def _by_name(old: list[Token], new: list[Token]) -> list[Pair]:
    """The pairs of one kind and name, as far as they stand in the order of both."""
    places = {(item.kind, item.name): j for j, item in enumerate(new)}
    pairs: list[Pair] = []
    for i, item in enumerate(old):
        j = places.get((item.kind, item.name), -1)
        if j > (pairs[-1][1] if pairs else -1):
            pairs.append((i, j))
    return pairs


def _left_over(old: list[Token], new: list[Token], taken: list[Pair]) -> list[Pair]:
    """Pairs among what is in no pair: the same name, else the same keys."""
    moved: list[Pair] = []
    forms: tuple[Callable[[Token], Hashable], ...] = (
        lambda item: (item.kind, item.name),
        lambda item: (item.kind, item.keys),
    )
    for form in forms:
        used = [{pair[side] for pair in (*taken, *moved)} for side in (0, 1)]
        places: defaultdict[Hashable, list[int]] = defaultdict(list)
        for j in range(len(new) - 1, -1, -1):
            if j not in used[1]:
                places[form(new[j])].append(j)
        for i, item in enumerate(old):
            if i not in used[0] and places[form(item)]:
                moved.append((i, places[form(item)].pop()))
    return moved
