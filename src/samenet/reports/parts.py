"""The parts of a page: tables, figures, facts, source text. Text that is no `Markup` is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import jinja2
from markupsafe import Markup
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers.configs import TOMLLexer
from pygments.lexers.python import PythonLexer

from samenet.codegen.templates import template_folder

LEXERS: Mapping[str, type[Lexer]] = {"toml": TOMLLexer, "python": PythonLexer}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an article with a heading."""

    heading: str
    content: tuple[Markup, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """What one result says.

    Attributes:
        key: by which the page links to it.
        title: the name of the network.
        kind: what it is of, e.g. "training".
        lead: the result in a sentence.
        sections: its parts.
    """

    key: str
    title: str
    kind: str
    lead: str
    sections: tuple[Section, ...]


@cache
def environment() -> jinja2.Environment:
    """The templates of the page; what is put into them is text, unless it is `Markup`."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(template_folder() / "report"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
    )


def _filled(template: str, **fields: Any) -> Markup:
    return Markup(environment().get_template(template).render(fields))


def document(articles: Sequence[Article], version: str) -> str:
    """The page."""
    title = " \u00b7 ".join(dict.fromkeys(f"{item.title}: {item.kind}" for item in articles))
    styles = [
        Markup((template_folder() / "report" / name).read_text(encoding="utf-8"))
        for name in ("page.css", "charts.css", "diagram.css", "code.css")
    ]
    several = len(articles) > 1
    return (
        environment()
        .get_template("page.html.jinja")
        .render(title=title, styles=styles, articles=articles, several=several, version=version)
    )


def table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1
) -> Markup:
    """A table whose first column names its rows.

    Args:
        caption: what it shows.
        head: the names of the columns.
        rows: their cells.
        words: how many columns, from the left, hold words and not numbers.
    """
    kinds = ["" if index < words else "number" for index in range(len(head))]
    columns = [{"name": name, "kind": kind} for name, kind in zip(head, kinds, strict=True)]
    lines = [
        {
            "name": name,
            "cells": [{"text": t, "kind": k} for t, k in zip(cells, kinds[1:], strict=True)],
        }
        for name, *cells in rows
    ]
    return _filled("table.html.jinja", caption=caption, columns=columns, rows=lines)


def facts(pairs: Iterable[tuple[str, str]]) -> Markup:
    """Names and values in two columns."""
    return _filled("facts.html.jinja", pairs=[{"name": n, "value": v} for n, v in pairs])


def figure(picture: Markup, caption: str, *, kind: Literal["wide", "narrow", "tall"]) -> Markup:
    """A picture with a line below it.

    Args:
        picture: what is shown.
        caption: what that is.
        kind: "wide" and "narrow" fit the page; a "tall" one scrolls in a frame.
    """
    return _filled("figure.html.jinja", picture=picture, caption=caption, kind=kind)


def grid(pictures: Iterable[Markup]) -> Markup:
    """Pictures beside each other, as many as there is room for."""
    return _filled("grid.html.jinja", pictures=list(pictures))


def note(text: str) -> Markup:
    """A paragraph."""
    return _filled("note.html.jinja", text=text)


def folded(title: str, *content: Markup) -> Markup:
    """Parts that are shown when they are asked for."""
    return _filled("folded.html.jinja", title=title, content=content)


def source(text: str, language: str) -> Markup:
    """Source text in colours: "toml" or "python"."""
    formatter = HtmlFormatter[str](nowrap=True, classprefix="k-")
    return _filled("source.html.jinja", text=Markup(highlight(text, LEXERS[language](), formatter)))
