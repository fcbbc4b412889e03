"""A diagram as DOT text for Graphviz.

Source: https://graphviz.org/doc/info/lang.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenet.diagrams.model import Box, Diagram, Group


def dot(diagram: Diagram) -> str:
    """The text of a directed graph, from top to bottom."""
    return "\n".join(_lines(diagram)) + "\n"


def _lines(diagram: Diagram) -> Iterator[str]:
    yield f"digraph {quoted(diagram.name)} {{"
    yield f"  label={quoted(diagram.caption)}"
    yield '  fontname="sans-serif"'
    yield '  node [shape=box, style=rounded, fontname="sans-serif"]'
    yield '  edge [fontname="sans-serif"]'
    yield from _items(diagram.items, "  ")
    for arrow in diagram.arrows:
        label = f" [label={quoted(arrow.label)}]" if arrow.label else ""
        yield f"  {arrow.source} -> {arrow.target}{label}"
    yield "}"


def _items(items: Sequence[Box | Group], indent: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, Group):
            yield f"{indent}subgraph cluster_{item.key} {{"
            yield f"{indent}  label={quoted(item.title)}"
            yield f'{indent}  style="rounded{",dashed" if item.shared else ""}"'
            yield from _items(item.items, indent + "  ")
            yield f"{indent}}}"
        else:
            style = ', style="rounded,dashed"' if item.shared else ""
            shape = "" if item.role == "layer" else ", shape=oval"
            yield f"{indent}{item.key} [label={quoted(*item.lines)}{style}{shape}]"


def quoted(*lines: str) -> str:
    """Lines as one string of DOT."""
    escaped = [
        line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("\0", "")
        for line in lines
    ]
    return '"' + "\\n".join(escaped) + '"'
