"""What is printed of a difference: no text of a spec becomes a command, a link or a mark."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click import unstyle
from markdown_it import MarkdownIt
from markdown_it.token import Token

import samenet
from samenet.difference.forms import as_json, as_markdown, as_text
from samenet.difference.sections import MAX_LINES
from tests.specs import MANY_OPTIONS, changed

HOSTILE = [
    "`",
    "``` | `x` |",
    "a|b",
    "<img src=x onerror=y>",
    "[link](http://example.com)",
    "![image](http://example.com/x.png)",
    "@somebody closes #1",
    "**bold** _it_ ~~no~~ # title",
    "::error::x",
    "##[error]x",
    "\\`",
    "&lt;b&gt;",
    "a\tb\nc\r\n# title",
    " ",
]


def inline(text: str) -> list[Token]:
    """What a reader of Markdown finds in it."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    return [*tokens, *(child for token in tokens for child in token.children or ())]


def paths(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    old = changed(MANY_OPTIONS, data__path="a.csv", data__target="t")
    return old, changed(old, data__path=f"{text}.csv", data__target=f"x{text}")


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_are_code_in_markdown(text):
    markdown = as_markdown(samenet.diff(*paths(text)))
    plain = as_markdown(samenet.diff(*paths("b")))
    tokens = inline(markdown)
    kinds = {token.type for token in tokens}
    assert kinds == {token.type for token in inline(plain)}
    assert kinds.isdisjoint({"html_block", "html_inline", "link_open", "image", "em_open"})
    code = [token.content for token in tokens if token.type == "code_inline"]
    shown = [item for item in code if item.endswith(".csv") and item != "a.csv"]
    assert len(shown) == 1
    assert len([token for token in tokens if token.type == "strong_open"]) == len(
        [token for token in inline(plain) if token.type == "strong_open"]
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_a_command_to_what_reads_a_log(text):
    difference = samenet.diff(*paths(text))
    for printed in (as_text(difference), as_markdown(difference), as_json(difference)):
        lines = printed.splitlines()
        assert not any(line.lstrip().startswith(("::", "##")) for line in lines)
        assert "##[" not in as_text(difference)
        assert all(char.isprintable() for line in lines for char in line)


def test_colours_only_where_they_are_asked_for():
    difference = samenet.diff(*paths("b"))
    coloured = as_text(difference, colour=True)
    assert "\x1b[" in coloured
    assert unstyle(coloured) == as_text(difference)


def test_json_has_all_of_it_in_ascii():
    old = changed(MANY_OPTIONS, layers=[{"type": "dense", "units": 2}, MANY_OPTIONS["layers"][-1]])
    more = [{"type": "dense", "units": 2, "use_bias": False}] * 60
    new = changed(old, layers=[*more, *old["layers"]], data__target="ü")
    difference = samenet.diff(old, new)
    text = as_json(difference)
    assert text.isascii()
    tree = json.loads(text)
    assert tree["differs"] is True
    assert tree["headline"] == difference.headline
    assert len(tree["added"]) == 60
    assert tree["weights"]["fit"] is False
    renamed = sum(item.renamed for item in difference.layers)
    assert f"and {60 + renamed - MAX_LINES} more\n" in as_text(difference)


def test_text_of_a_pair():
    old = changed(MANY_OPTIONS, name="first", schedule=None)
    del old["schedule"]
    new = changed(old, name="second", training__epochs=2, optimizer__nesterov=True)
    assert as_text(samenet.diff(old, new)) == (
        "first → second: the same network, another training\n"
        "\n"
        "Training\n"
        "  ~ optimizer.nesterov: false → true\n"
        "  ~ training.epochs: 1 → 2\n"
        "\n"
        "Weights\n"
        "    weights of the old network fit the new one\n"
    )
