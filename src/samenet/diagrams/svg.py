"""A diagram as SVG; where everything stands is decided by graphlay, a layered layout engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from markupsafe import Markup

from samenet.codegen.templates import template_text
from samenet.diagrams.model import Box, Diagram, Group
from samenet.svg import cut, element, image, number, path, text_width

SIZE, SMALL = 13, 11.5
"""Of the first line of a box and of all others, in px."""

HEAD, LINE, PADDING, MARGIN = 18, 16, 10, 12
WIDEST = 300
MOST_NAMED = 60
"""How many boxes the description for those who do not see the picture names."""

OPTIONS: Mapping[str, Any] = {
    "direction": "topbottom",
    "spacing": {
        "layer_gap": 26,
        "node_gap": 22,
        "compound_padding": 14,
        "compound_header": 20,
    },
}


def svg(diagram: Diagram, *, styled: bool = True) -> Markup:
    """The picture, in light and dark colours as the reader's system has them.

    Args:
        diagram: what it shows.
        styled: whether it brings its styles along; a page that has them asks for it without.

    Raises:
        ModuleNotFoundError: graphlay is not installed.
    """
    layout, places = _placed(diagram)
    low, high = layout.bounds["min"], layout.bounds["max"]
    dx, dy = MARGIN - low["x"], MARGIN - low["y"]
    width, height = high["x"] + dx + MARGIN, high["y"] + dy + MARGIN
    styles = [element("style", Markup(template_text("report/diagram.css")))] if styled else []
    ground = element("rect", width=width, height=height, class_="ground")
    drawn = element(
        "g",
        *(_group(item, places[item.key]) for item in _groups(diagram.items)),
        *_arrows(diagram, layout),
        *(_box(box, places[box.key]) for box in diagram.boxes()),
        transform=f"translate({number(dx)} {number(dy)})",
    )
    names = ", then ".join(box.name for box in diagram.boxes()[:MOST_NAMED])
    parts = (*styles, ground, drawn)
    return image(diagram.caption, names, width, height, *parts, class_="samenet-diagram")


Place = tuple[float, float, float, float]
"""Left, top, width, height."""


def _placed(diagram: Diagram) -> tuple[Any, dict[str, Place]]:
    """The layout of the graph, and the place of each box and group by its key."""
    import graphlay  # noqa: PLC0415  (comes with an extra)

    graph = graphlay.Graph()
    keys: list[str] = []

    def add(items: Sequence[Box | Group], **inside: Any) -> None:
        for item in items:
            keys.append(item.key)
            if isinstance(item, Group):
                width = text_width(item.title, SMALL) + 2 * PADDING
                parent = graph.node(item.key, width=width, height=HEAD, **inside)
                add(item.items, parent=parent)
            else:
                width, height = _size(item)
                graph.node(item.key, width=width, height=height, **inside)

    add(diagram.items)
    for arrow in diagram.arrows:
        graph.edge(arrow.source, arrow.target)
    layout = graphlay.layout(graph, options=OPTIONS)
    nodes = cast("list[dict[str, dict[str, float]]]", layout.nodes)
    places = {
        key: (
            node["center"]["x"] - node["size"]["width"] / 2,
            node["center"]["y"] - node["size"]["height"] / 2,
            node["size"]["width"],
            node["size"]["height"],
        )
        for key, node in zip(keys, nodes, strict=True)
    }
    return layout, places


def _groups(items: Sequence[Box | Group]) -> list[Group]:
    """All groups, the outer ones first."""
    groups = [item for item in items if isinstance(item, Group)]
    return [part for group in groups for part in (group, *_groups(group.items))]


def _size(box: Box) -> tuple[float, float]:
    head, *others = box.lines
    widths = [1.08 * text_width(head, SIZE), *(text_width(line, SMALL) for line in others)]
    width = min(max(widths), WIDEST) + 2 * PADDING
    return round(max(width, 90)), HEAD + LINE * len(others) + PADDING


def _box(box: Box, place: Place) -> Markup:
    left, top, width, height = place
    head, *others = box.lines
    room = width - 2 * PADDING + 4
    middle = left + width / 2
    radius = height / 2 if box.role != "layer" else 6
    kind = "shared" if box.shared else box.role
    lines = [
        element(
            "text",
            cut(line, SMALL, room),
            x=middle,
            y=top + HEAD + LINE * (index + 1),
            class_="line",
        )
        for index, line in enumerate(others)
    ]
    return element(
        "g",
        element("title", "\n".join(row.title for row in box.rows)),
        *_stack(box, place, radius),
        element("rect", x=left, y=top, width=width, height=height, rx=radius),
        element("text", cut(head, SIZE, room), x=middle, y=top + HEAD, class_="head"),
        *lines,
        class_=f"box {kind}",
    )


def _stack(box: Box, place: Place, radius: float) -> list[Markup]:
    """The edge of another one behind a box that stands for several."""
    left, top, width, height = place
    if box.count == 1:
        return []
    return [element("rect", x=left + 4, y=top + 4, width=width, height=height, rx=radius)]


def _group(group: Group, place: Place) -> Markup:
    left, top, width, height = place
    return element(
        "g",
        element("title", group.title),
        element("rect", x=left, y=top, width=width, height=height, rx=10),
        element("text", cut(group.title, SMALL, width - 16), x=left + 10, y=top + 16),
        class_="group shared" if group.shared else "group",
    )


def _arrows(diagram: Diagram, layout: Any) -> list[Markup]:
    """A line for each arrow, with a head at its end."""
    found: list[Markup] = []
    for arrow, edge in zip(diagram.arrows, layout.edges, strict=True):
        points = [(point["x"], point["y"]) for point in edge["points"]]
        x, y = points[-1]
        points[-1] = (x, y - 6)
        found.append(element("path", d=path(points), class_="arrow"))
        head = path([(x - 4, y - 8), (x + 4, y - 8), (x, y)]) + "Z"
        found.append(element("path", d=head, class_="point"))
        if arrow.label:
            label = element("text", arrow.label, x=x + 6, y=y - 10, class_="label")
            found.append(label)
    return found
