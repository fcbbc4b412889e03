"""Fixes: right wherever the text allows it; none brings a mistake or touches other text."""

from __future__ import annotations

import codecs
import json
import re
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import tomli
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import samenet
from samenet import document
from samenet.cli import main
from samenet.diagnostics import Diagnostic, Edit, Fix, Span, SpecError
from samenet.diagnostics.spelling import certain, distance
from samenet.edits import applied, text_at
from samenet.fixing import Fixed, fixed
from tests.specs import SPECS

NAME = {False: "a.net.toml", True: "a.net.json"}

SPEC = """\
# ein Kommentar: ä😀
version = 1

[input]
shape = [784]

[[layers]] # first
type = "dense"
units = 64   # so many
activation = "relu"
  batch_normalization = "before_activation" # indented
[[layers]]
type = "dense"
units = 64
activation = "relu"
[[layers]]
type = "dense"
units = 10
activation = "softmax"

[optimizer]
type = "adam"

[[callbacks]]
type = "early_stopping"
patience = 3

[training]
loss = "sparse_categorical_crossentropy"

[data]
source = "mnist_5k"
validation_split = 0.2"""


def findings(content: bytes, *, is_json: bool = False) -> Sequence[Diagnostic]:
    try:
        return samenet.advise(document.parse(content, file=NAME[is_json], is_json=is_json))
    except SpecError as error:
        return error.diagnostics


def mended(content: bytes, *, is_json: bool = False, unsafe: bool = False) -> Fixed:
    def look(text: bytes) -> Sequence[Diagnostic]:
        return findings(text, is_json=is_json)

    return fixed(content, look, file=NAME[is_json], unsafe=unsafe)


def codes(found: Sequence[Diagnostic]) -> list[str]:
    return [item.code.number for item in found]


# What they change


ADDED = {
    '  batch_normalization = "before_activation" # indented': "  use_bias = false",
    "patience = 3": "restore_best_weights = true",
    'loss = "sparse_categorical_crossentropy"': 'metrics = ["accuracy"]',
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("end", ["", "\n", "\n\n# end"])
def test_new_keys_stand_behind_the_last_ones(newline: str, mark: bytes, end: str) -> None:
    """And each other byte is what it was: comments, line ends, the mark, the end of the file."""
    text = SPEC + end
    expected = text
    for line, added in ADDED.items():
        assert expected.count(line) == 1
        expected = expected.replace(line, f"{line}\n{added}")
    done = mended(mark + text.replace("\n", newline).encode())
    assert done.content == mark + expected.replace("\n", newline).encode()
    assert (len(done.fixes), codes(done.rest)) == (3, [])


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_new_keys_in_json_stand_as_the_others(indent: Any) -> None:
    tree = tomli.loads(SPEC)
    done = mended(json.dumps(tree, indent=indent, ensure_ascii=False).encode(), is_json=True)
    tree["layers"][0]["use_bias"] = False
    tree["callbacks"][0]["restore_best_weights"] = True
    tree["training"]["metrics"] = ["accuracy"]
    expected = json.dumps(tree, indent=indent, ensure_ascii=False)
    if indent is not None:  # the array of what is added stays on its line
        expected = re.sub(r'\[\s*"accuracy"\s*\]', '["accuracy"]', expected)
    assert done.content.decode() == expected
    assert codes(done.rest) == []


CASES = [
    ("units = 64 ", "unit = 64 ", "SN101"),
    ('type = "adam"', '"typ" = "adam"', "SN101"),
    ('activation = "softmax"', "activation = 'sofmax'", "SN105"),
    ('type = "adam"', 'type = "adam"\nlr = 0.01', "SN101"),
    ('source = "mnist_5k"', 'source = "mnist5k"', "SN105"),
    ("patience = 3", 'patience = 3\nmonitor = "val_los"', "SN402"),
    ("[training]", '[training]\nmetrics = ["acuracy"]', "SN105"),
    ("validation_split = 0.2", "validaton_split = 0.2", "SN101"),
    ("version = 1", "version = 1\nnme = 'x'", "SN101"),
]


@pytest.mark.parametrize(("right", "wrong", "code"), CASES)
def test_misspelt_words(right: str, wrong: str, code: str) -> None:
    text = SPEC.replace(right, wrong, 1)
    assert code in codes(findings(text.encode()))
    assert codes(mended(text.encode()).rest) == []


def test_quotes_stay() -> None:
    text = SPEC.replace('activation = "softmax"', "activation = 'sofmax'")
    assert "activation = 'softmax'\n" in mended(text.encode()).content.decode()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        # Two words are as near; another key has the value; a variable says it.
        ('activation = "softmax"', 'activation = "reluu"'),
        ("units = 64 ", "unit = 64\nunits = 64 "),
        ('activation = "softmax"', 'activation = "${end}"\n[variables]\nend = "sofmax"'),
        ('type = "adam"', 'type = "xyz"'),
        ("units = 64 ", '"uni\\u0074" = 64 '),
    ],
)
def test_what_is_not_certain_stays(right: str, wrong: str) -> None:
    text = SPEC.replace(right, wrong, 1)
    done = mended(text.encode())
    assert (done.content.decode(), done.fixes) == (text, ())


@pytest.mark.parametrize(
    ("word", "other", "slips"),
    [("relu", "relu", 0), ("rleu", "relu", 1), ("relu", "elu", 1), ("relu", "relu6", 1),
     ("reluu6", "relu", 2), ("ab", "ba", 1), ("abc", "ca", 3), ("", "ab", 2), ("a", "abcd", 3)],
)  # fmt: skip
def test_the_distance_of_words(word: str, other: str, slips: int) -> None:
    """Numbers of the definition: https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance."""
    assert distance(word, other) == distance(other, word) == slips


def test_which_words_are_certain() -> None:
    assert certain("rellu", ["relu", "relu6", "selu"]) == "relu"
    assert certain("reluu", ["relu", "relu6"]) is None
    assert certain("beta_3", ["beta_1", "beta_2"]) is None
    assert certain("global_pooling2d", ["global_max_pooling2d", "global_min_pooling2d"]) is None
    assert certain("lr", ["learning_rate", "l"]) == "learning_rate"
    assert certain("ab", ["abc"]) is None


# What they do not change


def test_unsafe_fixes_are_asked_for() -> None:
    text = SPEC.replace("validation_split = 0.2", "").replace("patience = 3", 'monitor = "loss"')
    assert codes(mended(text.encode()).rest) == ["SN622"]
    done = mended(text.encode(), unsafe=True)
    assert codes(done.rest) == []
    assert 'source = "mnist_5k"\nvalidation_split = 0.2' in done.content.decode()
    assert 'monitor = "val_loss"' in done.content.decode()


def test_a_fix_that_would_bring_a_mistake_is_left_out() -> None:
    """Without its bias the network has no longer the parameters that the spec states."""
    parameters = samenet.summary(tomli.loads(SPEC)).parameters()
    text = f"{SPEC}\n[expect]\nparameters = {parameters}\n"
    done = mended(text.encode())
    assert codes(done.rest) == ["SN613"]
    assert len(done.fixes) == 2
    assert codes(findings(done.content)) == ["SN613"]


def test_other_files_stay(tmp_path: Path) -> None:
    base, file = tmp_path / "base.toml", tmp_path / "a.net.toml"
    base.write_text(SPEC)
    file.write_text('extends = "base.toml"\n[training]\nepochs = 3\n')
    assert run("--fix", file).stdout.startswith("Fixed 1 problem.\n")
    assert base.read_text() == SPEC
    assert file.read_text() == (
        'extends = "base.toml"\n[training]\nepochs = 3\nmetrics = ["accuracy"]\n'
    )


def test_unused_ignores_go() -> None:
    quiet = SPEC + "\n# samenet: ignore SN601\nseed = 1 # samenet: ignore SN602 -- so\n"
    quiet = quiet.replace("seed = 1", "stratify = true")
    done = mended(quiet.encode()).content.decode()
    assert done.endswith("\nvalidation_split = 0.2\nstratify = true\n")


# Laws


DAMAGED = st.tuples(
    st.sampled_from([path for path in SPECS if path.suffix == ".toml"]),
    st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(["", "x", "e", "0"])), max_size=3),
    st.booleans(),
    st.sampled_from([b"", codecs.BOM_UTF8]),
)


@settings(max_examples=60, deadline=None)
@given(DAMAGED, st.booleans())
def test_laws(damaged: tuple[Path, list[tuple[int, str]], bool, bytes], unsafe: bool) -> None:
    """Fixing is idempotent, makes no mistake, and leaves all text outside of the edits."""
    path, changes, returns, mark = damaged
    text = path.read_text(encoding="utf-8").replace("# samenet:", "# plainly:")
    for place, letter in changes:
        words = list(re.finditer(r"[a-z_0-9]{4,}", text))
        word = words[place % len(words)]
        at = word.start() + place % len(word[0])
        text = text[:at] + letter + text[at + 1 :]
    content = mark + (text.replace("\n", "\r\n") if returns else text).encode()
    before, done = findings(content), mended(content, unsafe=unsafe)
    again = mended(done.content, unsafe=unsafe)
    assert (again.content, again.fixes) == (done.content, ())
    assert done.content.startswith(mark)
    assert done.content.count(b"\r\n") == done.content.count(b"\n") or not returns
    comments = re.compile(rb"(?m)#.*$")
    assert comments.findall(done.content) == comments.findall(content)
    if not any(item.severity.value == "error" for item in before):
        assert not any(item.severity.value == "error" for item in done.rest)
    assert len(done.rest) <= len(before) or any(i.severity.value == "error" for i in before)
    assert tuple(codes(done.rest)) == tuple(codes(findings(done.content)))


@given(
    st.text(alphabet="aä😀\n\r", max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5), st.text("xy\n", max_size=3))),
)
def test_edits_change_their_spans_alone(text: str, wanted: list[tuple[int, int, str]]) -> None:
    """Against a count of characters: what is kept and what is put in, in their order."""

    def span(start: int, end: int) -> Span:
        line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
        return Span(line, column, text.count("\n", 0, end) + 1, end - text.rfind("\n", 0, end))

    fixes: list[tuple[int, Fix]] = []
    for place, length, content in wanted:
        start, end = min(place, len(text)), min(place + length, len(text))
        edit = Edit(span(start, end), content)
        fixes.append((start, Fix("", (edit,))))
        assert text_at(text.split("\n"), edit.span) == text[start:end]
    new, made = applied(text, [fix for _, fix in fixes])
    kept = [pair for pair in fixes if any(pair[1] is fix for fix in made)]
    expected, position = "", 0
    for start, fix in sorted(kept, key=lambda pair: pair[0]):
        assert start >= position
        expected += text[position:start] + fix.edits[0].content
        position = start + len(text_at(text.split("\n"), fix.edits[0].span))
    assert new == expected + text[position:]


# The command


def run(*arguments: Any) -> Result:
    result = CliRunner().invoke(main, ["validate", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("a.net.toml")
    path.write_bytes(SPEC.replace("units = 64 ", "unit = 64 ").encode())
    path.chmod(0o640)
    return path


def test_fix(file: Path) -> None:
    assert run(file).stdout.endswith("Found 1 error. `samenet validate`: --fix mends 1.\n")
    result = run("--fix", file)
    expected = "Fixed 4 problems.\n1 spec checked, no mistakes.\n"
    assert (result.exit_code, result.stdout) == (0, expected)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert run("--fix", file).stdout == "1 spec checked, no mistakes.\n"


@pytest.mark.parametrize("last", ["", "x", "\n# end", "\nstratify = true"])
def test_diff_is_what_patch_takes_and_writes_nothing(file: Path, last: str) -> None:
    text = file.read_text().replace("validation_split", "validaton_split") if last == "x" else SPEC
    file.write_text(text.replace("units = 64 ", "unit = 64 ") + last.removeprefix("x"))
    before = file.read_bytes()
    result = run("--diff", file)
    assert (result.exit_code, result.stderr[:10]) == (1, "Would fix ")
    assert file.read_bytes() == before
    subprocess.run(["patch", "-s"], input=result.stdout_bytes, check=True)
    patched = file.read_bytes()
    file.write_bytes(before)
    run("--fix", file)
    assert file.read_bytes() == patched
    result = run("--diff", file)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "Nothing to fix.\n")


def test_only_advice_that_is_chosen_is_followed(file: Path) -> None:
    assert "Fixed 2 problems.\n" in run("--fix", "--select", "SN626", file).stdout
    assert "use_bias" not in file.read_text()


def test_a_report_beside_fixes_is_one(file: Path) -> None:
    result = run("--fix", "--format", "json", file)
    assert (json.loads(result.stdout), result.stderr) == ([], "Fixed 4 problems.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fix", "-"], "not for standard input"),
        (["--fix", "a.net.toml", "--set", "version=1"], "without --set"),
        (["--diff", "a.net.toml", "--format", "json"], "without --format"),
        (["--unsafe-fixes", "a.net.toml"], "is for --fix or --diff"),
    ],
)
def test_wrong_usage(file: Path, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize("content", [b"", b"\xff", b"a = [", b"#" * (1 << 21)])
def test_what_is_no_spec_stays(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert run("--fix", file).exit_code == 1
    assert file.read_bytes() == content
    assert run("--diff", file).exit_code == 1
