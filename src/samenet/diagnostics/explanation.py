"""The form of an explanation, and what examples are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """What there is to say of a code.

    Attributes:
        why: why it is a mistake, or why the advice is given, in a few sentences.
        bad: an example of it.
        good: the same without it.
        sources: of advice: where it comes from.
    """

    why: str
    bad: str
    good: str
    sources: tuple[str, ...] = ()


def layers(*lines: str) -> str:
    """A network of layers, each given by the lines of its table."""
    return "\n".join(f"[[layers]]\n{line}\n" for line in lines)


LAST = 'type = "dense"\nunits = 3\nactivation = "softmax"'
"""The last layer of a network for the data of the examples."""
