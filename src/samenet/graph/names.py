"""Names of layers and identifiers of programs, each unique in its scope."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from samenet.graph.ir import Block, Node, nodes_of


class Names:
    """Gives out names of layers and identifiers; a counter makes them unique, as in Keras."""

    def __init__(self) -> None:
        self._names = _Counters()
        self._identifiers = _Counters()

    def reserve(self, names: Iterable[str]) -> None:
        """Keep names from being given out: they are a person's own."""
        self._names.used |= set(names)

    def take(self, stem: str) -> str:
        """A name that nothing else has."""
        return self._names.take(stem)

    def identifier(self, stem: str) -> str:
        """An identifier that nothing else has; the stem is one of samenet's own words."""
        return self._identifiers.take(stem)


class _Counters:
    """Words made unique by a counter for each."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.counts: Counter[str] = Counter()

    def take(self, stem: str) -> str:
        """The word itself, else the word with the next number that is free."""
        while True:
            count = self.counts[stem]
            self.counts[stem] += 1
            word = f"{stem}_{count}" if count else stem
            if word not in self.used:
                self.used.add(word)
                return word


def block_stem(body: tuple[Node | Block, ...]) -> str:
    """What a block is called in a program: by what it does, since text of a spec is no name.

    A block that ends in a sum (also before an activation) is a residual one.
    """
    kinds = [node.kind for node in nodes_of(body)]
    ending = [kind for kind in kinds[-3:] if kind not in ("activation", "dropout")]
    words = "residual_" if ending and ending[-1] == "add" else ""
    for kind, word in _WORDS.items():
        if any(kind in found for found in kinds):
            return f"{words}{word}_block"
    return f"{words}block"


_WORDS = {
    "attention": "attention",
    "lstm": "recurrent",
    "gru": "recurrent",
    "rnn": "recurrent",
    "conv": "convolution",
    "dense": "dense",
}
