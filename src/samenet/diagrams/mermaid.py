"""A diagram as Mermaid text, which GitHub, GitLab and many editors draw.

Source: https://mermaid.js.org/syntax/flowchart.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from samenet.diagrams.model import Box, Diagram, Group

SHAPES = {"input": ("([", "])"), "layer": ("[", "]"), "output": ("([", "])")}


def mermaid(diagram: Diagram) -> str:
    """The text of a flowchart, from top to bottom."""
    return "\n".join(_lines(diagram)) + "\n"


def _lines(diagram: Diagram) -> Iterator[str]:
    yield "flowchart TB"
    yield f"  accTitle: {quoted(diagram.caption)}"
    yield from _items(diagram.items, "  ")
    for arrow in diagram.arrows:
        label = f'|"{quoted(arrow.label)}"|' if arrow.label else ""
        yield f"  {arrow.source} -->{label} {arrow.target}"
    shared = [box.key for box in diagram.boxes() if box.shared]
    if shared:
        yield "  classDef shared stroke-dasharray: 5 4"
        yield f"  class {','.join(shared)} shared"


def _items(items: Sequence[Box | Group], indent: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, Group):
            yield f'{indent}subgraph {item.key}["{quoted(item.title)}"]'
            yield from _items(item.items, indent + "  ")
            yield f"{indent}end"
        else:
            begin, end = SHAPES[item.role]
            label = "<br/>".join(map(quoted, item.lines))
            yield f'{indent}{item.key}{begin}"{label}"{end}'


def quoted(content: str) -> str:
    """A text of which Mermaid takes no letter for a sign of its own."""
    return re.sub(r"[^\w ,.():\u00b7\u00d7\u2026+-]", lambda found: f"#{ord(found[0])};", content)
