"""Elements of SVG; what is put into them is text and stays text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import accumulate

from markupsafe import Markup, escape

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Attribute = str | float | None


def element(tag: str, *children: str, **attributes: Attribute) -> Markup:
    """An element with children, of which those that are no `Markup` are escaped.

    Args:
        tag: its name, of our own.
        children: text, or elements that this function made.
        attributes: their names with `_` for `-`, and one behind a name that Python keeps for
            itself (`class_`). Numbers are given to a hundredth; None leaves an attribute out.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(name.rstrip("_").replace("_", "-"), _value(value))
        for name, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(map(text, children))
    if not children:
        return Markup("<{}{}/>").format(Markup(tag), written)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(tag), written, inner)


def text(content: str) -> Markup:
    """A text without the characters that XML does not know, escaped unless it is `Markup`."""
    return content if isinstance(content, Markup) else escape(_NO_XML.sub("\ufffd", content))


def number(value: float) -> str:
    """A coordinate to a hundredth, without zeros at its end."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "0" if abs(value) < 0.005 else "-0")


def path(points: Iterable[tuple[float, float]]) -> str:
    """The `d` of a line through points."""
    return "M" + "L".join(f"{number(x)},{number(y)}" for x, y in points)


def image(
    title: str, description: str, width: float, height: float, *children: str, class_: str
) -> Markup:
    """The root: a picture that is read out by its title and description.

    Args:
        title: what it shows, in a few words.
        description: what a person sees in it.
        width: in px, as `height`; it shrinks with the place that it has.
        height: likewise.
        children: what it consists of.
        class_: by which styles know it.
    """
    return element(
        "svg",
        element("title", title),
        element("desc", description),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        role="img",
        class_=class_,
    )


def text_width(content: str, size: float) -> float:
    """About how wide a text is in a sans-serif typeface of a size, both in px."""
    return size * sum(_widths(content))


def cut(content: str, size: float, width: float) -> str:
    """A text of at most a width, its end replaced by an ellipsis if need be."""
    if text_width(content, size) <= width:
        return content
    ends = accumulate(_widths(content))
    kept = sum(end <= width / size - 0.8 for end in ends)
    return content[:kept] + "\u2026"


def _widths(content: str) -> Iterable[float]:
    """The widths of characters as fractions of the size: averages of usual typefaces."""
    for letter in content:
        if unicodedata.east_asian_width(letter) in "WF":
            yield 1.0
        elif letter in "iljtfI.,:;'|()[] ":
            yield 0.34
        else:
            yield 0.85 if letter in "mwMW@%" else 0.58


def _value(value: str | float | None) -> str:
    return text(value) if isinstance(value, str) else number(value or 0.0)
