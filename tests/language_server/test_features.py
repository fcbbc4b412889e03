"""What the language server answers: functions of a text and a place, which is marked with `|`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenet.language_server.completion import complete
from samenet.language_server.definitions import definition, symbols
from samenet.language_server.hover import hover
from samenet.language_server.text import SpecText
from tests.specs import ROOT, SPECS

SPEC = """\
version = 1

[input]
shape = [784]

[variables]
width = 64

[blocks.pair]
parameters = ["units", { rate = 0.1 }]
[[blocks.pair.layers]]
type = "dense"
units = "${units}"
dropout = "${rate}"

[[layers]]
type = "dense"
name = "first"
units = "${width}"

[[layers]]
block = "pair"
with = { units = 8 }
repeat = 2

[[layers]]
type = "dense"
units = 10
inputs = "pair"
activation = "softmax"

[optimizer]
type = "adam"

[[callbacks]]
type = "early_stopping"
monitor = "loss"

[training]
loss = "sparse_categorical_crossentropy"

[data]
source = "arrays"
"""


def at(marked: str, file: str | None = None) -> tuple[SpecText, int, int]:
    """A text and the place that is marked in it."""
    before, _, behind = marked.partition("|")
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return SpecText.of(before + behind, file, is_json=False), line, column


def changed(old: str, new: str) -> str:
    assert SPEC.count(old) == 1, old
    return SPEC.replace(old, new)


def labels(marked: str) -> set[str]:
    return {item.label for item in complete(*at(marked))}


# Hover.


def test_hover_on_a_key():
    text = hover(*at(changed('rce = "arrays"', 'rce = "arrays"\nvalidation_sp|lit = 0.1')))
    assert "The fraction of the (shuffled) samples kept for validation." in text
    assert "default: `0.0`" in text
    assert "at least 0" in text
    assert "below 1" in text


def test_hover_on_a_layer_shows_shapes_and_how_parameters_add_up():
    text = hover(*at(changed('type = "dense"\nname', 'ty|pe = "dense"\nname')))
    assert "A fully connected layer" in text
    assert "| first | dense | (N, 64) | kernel 784 · 64 + bias 64 = 50,240 |" in text


def test_hover_on_a_block_shows_all_that_it_becomes():
    text = hover(*at(changed('block = "pair"', 'block = "pa|ir"')))
    assert "| pair_1.dense | dense | (N, 8) | kernel 64 · 8 + bias 8 = 520 |" in text
    assert "| pair_2.dense | dense | (N, 8) | kernel 8 · 8 + bias 8 = 72 |" in text
    assert "592 parameters" in text
    inside = hover(
        *at(changed('type = "dense"\nunits = "${units}"', 'ty|pe = "dense"\nunits = "${units}"'))
    )
    assert "pair_2.dense" in inside


def test_hover_in_a_broken_text_still_describes_keys():
    broken = changed("shape = [784]", "shape = [784").replace("units = 10", "un|its = 10")
    assert "**units**" in hover(*at(broken))
    assert hover(*at("|")) == hover(*at("= = [[|")) == ""


# Completion.


def test_keys_of_a_table_that_are_not_there_yet():
    found = labels(changed('type = "adam"', 'type = "adam"\n|'))
    assert {"learning_rate", "beta_1", "clipnorm"} <= found
    assert "type" not in found
    assert "momentum" not in found  # of another optimizer
    item = next(
        item
        for item in complete(*at(changed('type = "adam"', 'type = "adam"\nle|')))
        if item.label == "learning_rate"
    )
    assert (item.text, item.detail) == ("learning_rate = ", "default: 0.001")


def test_keys_of_a_layer():
    found = labels(changed("units = 10", "units = 10\n|"))
    assert {"use_bias", "dropout", "kernel_initializer"} <= found
    assert not {"units", "filters", "rate"} & found
    assert labels(SPEC + "\n[[layers]]\n|") == {"type", "block", "share"}


def test_values():
    assert labels(changed('type = "adam"', "type = |")) >= {"adam", "sgd", "muon"}
    assert labels(changed('"softmax"', '"so|"')) >= {"softmax", "softplus", "relu"}
    assert labels(changed("units = 10", "units = 10\nuse_bias = |")) == {"true", "false"}
    quoted = complete(*at(changed('type = "adam"', 'type = "|"')))
    assert next(item.text for item in quoted if item.label == "sgd") == "sgd"
    plain = complete(*at(changed('type = "adam"', "type = |")))
    assert next(item.text for item in plain if item.label == "sgd") == '"sgd"'


def test_names():
    assert labels(changed('inputs = "pair"', "inputs = |")) >= {"input", "first"}
    assert labels(changed('inputs = "pair"', 'inputs = ["first", "|"]')) >= {"input", "first"}
    assert labels(changed('block = "pair"', "block = |")) == {"pair"}
    assert labels(SPEC + '\n[[layers]]\nshare = "|"') >= {"first"}
    assert labels(changed('monitor = "loss"', 'monitor = "|"')) >= {"loss", "val_loss"}
    assert labels(changed('"${width}"', '"${|}"')) == {"width"}
    assert labels(changed('"${units}"', '"${|}"')) == {"width", "units", "rate"}


def test_inline_tables():
    start = "version = 1"
    found = labels(f'{start}\nlayers = [{{ type = "conv2d", | }}]\n')
    assert {"filters", "kernel_size"} <= found
    assert "units" not in found
    assert labels(f"{start}\nlayers = [\n  {{ | }},\n]\n") == {"type", "block", "share"}
    assert labels(f'{start}\nlayers = [\n  {{ type = "|" }},\n]\n') >= {"dense", "conv2d"}
    initializer = 'units = 10\nkernel_initializer = { type = "variance_scaling", | }'
    assert {"scale", "mode"} <= labels(changed("units = 10", initializer))


def test_tables():
    assert labels(f"{SPEC}\n[|") >= {"training", "schedule", "expect"}


# Definitions and the outline.


def defined(marked: str) -> str:
    """The line to which the marked place leads."""
    text, line, column = at(marked)
    found = definition(text, line, column)
    assert found is not None
    assert found.file is None
    return text.line(found.span.line)


def test_definitions():
    assert defined(changed('block = "pair"', 'block = "pa|ir"')) == "[blocks.pair]"
    assert defined(changed('"${width}"', '"${wi|dth}"')) == "width = 64"
    assert defined(changed('"${units}"', '"${uni|ts}"')).startswith("parameters = ")
    assert defined(changed('"${rate}"', '"${r|ate}"')).startswith("parameters = ")
    assert defined(changed('inputs = "pair"', 'inputs = ["fi|rst"]')) == 'name = "first"'
    assert defined(changed('inputs = "pair"', 'inputs = "inp|ut"')) == "[input]"
    assert definition(*at(changed('inputs = "pair"', 'inputs = "no|thing"'))) is None
    assert definition(*at(changed("[optimizer]", "[opti|mizer]"))) is None


def test_definition_of_a_file(tmp_path):
    (tmp_path / ".git").mkdir()
    inner = tmp_path / "inner"
    inner.mkdir()
    base = tmp_path / "base.net.toml"
    base.write_text("[variables]\nheight = 3\n")
    file = str(inner / "top.net.toml")
    found = definition(*at('extends = "../ba|se.net.toml"\n', file))
    assert found is not None
    assert found.file == str(base)
    used = definition(*at('extends = "../base.net.toml"\nname = "${hei|ght}"\n', file))
    assert used is not None
    assert (used.file, used.span.line) == (str(base), 2)


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "link.toml", "no_such"])
def test_no_file_outside_of_the_project_is_told_of(name, tmp_path):
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (tmp_path / "secret").write_text("")
    (project / "link.toml").symlink_to(tmp_path / "secret")
    marked = f'extends = "|{name}"\n'
    assert definition(*at(marked, str(project / "inner.toml"))) is None
    assert definition(*at(marked)) is None


def test_the_outline():
    text = SpecText.of(SPEC, None, is_json=False)
    found = [(symbol.name, symbol.detail, symbol.span.line) for symbol in symbols(text)]
    assert ("first", "dense", 16) in found
    assert ("pair", "pair", 21) in found
    assert ("optimizer", "adam", 32) in found
    assert [line for _, _, line in found] == sorted(line for _, _, line in found)


def test_json_is_explained_too():
    source = (ROOT / "specs" / "digits.net.json").read_text(encoding="utf-8")
    lines = source.split("\n")
    line = next(i for i, text in enumerate(lines) if '"units"' in text)
    text = SpecText.of(source, None, is_json=True)
    assert "**units**" in hover(text, line + 1, lines[line].index("units") + 2)


# Any text gives an answer.


def answer_everything(source: str, line: int, column: int, *, is_json: bool) -> None:
    text = SpecText.of(source, None, is_json=is_json)
    assert isinstance(hover(text, line, column), str)
    assert isinstance(complete(text, line, column), list)
    definition(text, line, column)
    symbols(text)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SPECS), st.data())
def test_a_spec_that_was_cut_or_changed_anywhere(path, data):
    source = path.read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, min(len(source), start + 40)))
    typed = data.draw(st.text('"{}[]=$,.\n\\ü😀ab\ud800', max_size=4))
    source = source[:start] + typed + source[end:]
    line = source.count("\n", 0, start) + 1
    column = start - (source.rfind("\n", 0, start) + 1) + 1
    answer_everything(source, line, column, is_json=path.suffix == ".json")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.integers(1, 5), st.integers(1, 30), st.booleans())
def test_any_text(source, line, column, is_json):
    answer_everything(source, line, column, is_json=is_json)
