"""A difference as text for a terminal, as Markdown for a pull request, and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from click import style, unstyle

from samenet.diagnostics import printable
from samenet.difference.compare import Difference
from samenet.difference.sections import Line, Section, Text, sections

_COLOURS = {"+": "green", "-": "red", "~": "yellow"}


def as_text(difference: Difference, *, colour: bool = False) -> str:
    """Lines for a person.

    Args:
        difference: what differs.
        colour: whether signs have the colours of a terminal.
    """
    text = "\n".join(_text(difference)) + "\n"
    return text if colour else unstyle(text)


def _text(difference: Difference) -> Iterator[str]:
    yield style(f"{' → '.join(map(printable, difference.names))}: {difference.headline}", bold=True)
    for section in sections(difference):
        yield ""
        yield section.title
        yield from map(_text_line, section.lines)
        yield from _text_table(section)


def _text_line(line: Line) -> str:
    words = "".join(printable(word if isinstance(word, str) else word.text) for word in line.words)
    return style(f"  {line.sign} {words}", fg=_COLOURS.get(line.sign))


def _text_table(section: Section) -> Iterator[str]:
    """The rows; the first column to the left, numbers to the right."""
    if not section.rows:
        return
    widths = [max(map(len, column)) for column in zip(section.header, *section.rows, strict=True)]
    for row in (section.header, *section.rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        yield f"    {'  '.join(cells)}".rstrip()


def as_markdown(difference: Difference) -> str:
    """Lists and tables for a comment; texts of the specs are code, which nothing reads."""
    return "\n".join(_markdown(difference)) + "\n"


def _markdown(difference: Difference) -> Iterator[str]:
    yield f"**{' → '.join(map(_code, difference.names))}**: {difference.headline}."
    for section in sections(difference):
        yield ""
        yield f"**{section.title}**"
        yield ""
        yield from map(_markdown_line, section.lines)
        if section.rows:
            yield from _markdown_table(section.header, section.rows)


_VERBS = {"+": "added: ", "-": "removed: ", "~": "", " ": ""}


def _markdown_line(line: Line) -> str:
    words = "".join(_code(word.text) if isinstance(word, Text) else word for word in line.words)
    return f"- {_VERBS[line.sign]}{words}"


def _markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"| --- {'| ---: ' * (len(header) - 1)}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _code(text: str) -> str:
    """Text as a span of code, behind more backticks than it holds itself.

    Source: https://spec.commonmark.org/0.31.2/#code-spans
    """
    text = printable(text) or " "
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def as_json(difference: Difference) -> str:
    """All of it, in ASCII."""
    tree = {"differs": bool(difference), "headline": difference.headline, **asdict(difference)}
    tree["weights"] = {"fit": difference.weights.fit, **asdict(difference.weights)}
    return json.dumps(tree, indent=2) + "\n"
