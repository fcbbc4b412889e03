"""The order of evaluation: that of the spec, as far as each layer finds its inputs there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def in_order(
    names: Sequence[str], reads: Mapping[str, Sequence[str]]
) -> tuple[list[str], list[str]]:
    """Sort names so that each comes after those that it reads, else in their own order.

    Args:
        names: what to sort.
        reads: the words that each name reads; those that are no names (inputs) do not matter, nor
            does the number of an output in brackets.

    Returns:
        The sorted names, and the first cycle (its first name again at the end) or nothing. What
        stands on a cycle is left out of the order.
    """
    needed = {
        name: [word for word in (r.partition("[")[0] for r in reads[name]) if word in reads]
        for name in names
    }
    order: list[str] = []
    done: set[str] = set()
    for name in names:
        path = [name]
        while path:
            pending = next((word for word in needed[path[-1]] if word not in done), None)
            if pending in path:
                start = path.index(pending)
                return order, [*path[start:], pending]
            if pending is not None:
                path.append(pending)
            else:
                last = path.pop()
                if last not in done:
                    done.add(last)
                    order.append(last)
    return order, []
