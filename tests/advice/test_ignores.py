"""Advice that is turned down: by comments, in the spec, on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import samenet
from samenet import document
from samenet.cli import main
from samenet.diagnostics.formats import FORMATS
from tests.advice.test_advice import DENSE, LAST, NORM, spec
from tests.diagnostics.test_formats import check

TEXT = """\
version = 1

[input]
shape = [784]

[[layers]]
type = "dense"
units = 8
activation = "relu"
dropout = 0.1{same_line}

[[layers]]
type = "dense"
units = 10
activation = "softmax"
{line_before}
[optimizer]
type = "adam"
learning_rate = 0.1 # a comment of its own

[training]
loss = "sparse_categorical_crossentropy"
metrics = ["accuracy"]

[data]
source = "mnist_5k"
validation_split = 0.2
"""


def text(*, same_line: str = "", line_before: str = "", head: str = "") -> str:
    return head + TEXT.format(same_line=same_line, line_before=line_before)


def codes(content: str) -> list[str]:
    found = samenet.advise(document.parse(content.encode(), file="a.net.toml"))
    return [item.code.number for item in found]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (text(), ["SN601", "SN621"]),
        (text(same_line=" # samenet: ignore SN601"), ["SN621"]),
        (text(same_line="#samenet:ignore SN601 -- a reason, SN621"), ["SN621"]),
        (text(head="# samenet: ignore-file SN601\n"), ["SN621"]),
        (text(head="# samenet: ignore-file SN621, SN601\n"), []),
        (text(same_line="\n# samenet: ignore-file SN621 SN601"), []),
        # On another line, or of another code, it has no effect, and says so.
        (text(same_line="\n# samenet: ignore SN601"), ["SN601", "SN691", "SN621"]),
        (text(same_line=" # samenet: ignore SN601, SN602"), ["SN691", "SN621"]),
        (text(head="# samenet: ignore SN601\n"), ["SN691", "SN601", "SN621"]),
        (text(same_line=' # "# samenet: ignore SN601"'), ["SN601", "SN621"]),
    ],
)
def test_comments(content: str, expected: list[str]) -> None:
    assert codes(content) == expected


def test_a_comment_on_the_line_before() -> None:
    content = text().replace("dropout = 0.1", "# samenet: ignore SN601 -- so be it\ndropout = 0.1")
    assert codes(content) == ["SN621"]


def test_texts_are_no_comments() -> None:
    content = text().replace("version = 1", 'version = 1\nname = "a" # b\n')
    content += '\n[variables]\nx = """\n# samenet: ignore-file SN601\n"""\n'
    assert codes(content) == ["SN601", "SN621"]


@pytest.mark.parametrize("is_json", [False, True])
def test_in_the_spec(is_json: bool) -> None:
    tree = spec(DENSE, DENSE, DENSE, LAST, lint={"ignore": ["SN614"]})
    assert samenet.advise(tree) == []
    if is_json:
        content = json.dumps(tree).encode()
        assert samenet.advise(document.parse(content, file="a.net.json", is_json=True)) == []


def test_comments_concern_their_own_file(tmp_path: Path) -> None:
    """What a base turns down is turned down there; its ignores are not called unused."""
    (tmp_path / "base.toml").write_text(text(head="# samenet: ignore-file SN601, SN614\n"))
    file = tmp_path / "a.net.toml"
    file.write_text('extends = "base.toml"\n')
    assert [(i.code.number, i.file) for i in samenet.advise(file)] == [
        ("SN621", str(tmp_path / "base.toml"))
    ]
    file.write_text('# samenet: ignore-file SN621\nextends = "base.toml"\n')
    assert [item.code.number for item in samenet.advise(file)] == ["SN691", "SN621"]
    file.write_text('extends = "base.toml"\n[lint]\nignore = ["SN621"]\n')
    assert samenet.advise(file) == []


# The command


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.net.toml"
    path.write_text(text())
    return path


def run(*arguments: Any) -> Result:
    result = CliRunner().invoke(main, ["validate", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def found(*arguments: Any) -> list[str]:
    return [item["code"] for item in json.loads(run("--format", "json", *arguments).stdout)]


def test_select_and_ignore(file: Path) -> None:
    assert found(file) == ["SN601", "SN621"]
    assert found(file, "--ignore", "SN601") == ["SN621"]
    assert found(file, "--ignore", "sn60") == ["SN621"]
    assert found(file, "--ignore", "SN601", "--ignore", "high-learning-rate") == []
    assert found(file, "--ignore", "SN6") == []
    assert found(file, "--select", "SN62,SN61") == ["SN621"]
    assert found(file, "--select", "SN62", "--ignore", "SN621") == []


def test_mistakes_cannot_be_left_out(file: Path) -> None:
    file.write_text(text().replace("version = 1", "version = 2"))
    assert found(file, "--select", "SN601", "--ignore", "SN6") == ["SN104"]


@pytest.mark.parametrize(
    ("word", "hint"),
    [("SN104", "SN601"), ("SN", "SN601"), ("", "SN601"), ("dropout-rat", "'dropout-rate'")],
)
def test_codes_that_are_no_advice(file: Path, word: str, hint: str) -> None:
    for option in ("--select", "--ignore"):
        result = run(file, option, word)
        assert result.exit_code == 2
        assert f"{option}: there is no advice {word!r}" in result.stderr
        assert hint in result.stderr


def test_the_status(file: Path) -> None:
    result = run(file)
    assert result.exit_code == 0
    assert "SN601 dropout-rate (warning): dropout takes 0.1 of hidden units" in result.stdout
    assert f"  --> {file}:10:11\n" in result.stdout
    assert result.stdout.endswith("\nFound 2 warnings.\n")
    assert run(file, "--strict").exit_code == 1
    assert run(file, "--strict", "--ignore", "SN6").exit_code == 0


@pytest.mark.parametrize("form", FORMATS)
def test_reports_of_warnings(form: str, file: Path) -> None:
    result = run(file, "--format", form)
    assert result.exit_code == 0
    assert check(form, result.stdout) == (0 if form == "junit" else 2)
    said = {"json": '"severity": "warning"', "github": "::warning ", "gitlab": '"minor"'}
    said |= {"sarif": '"level": "warning"', "junit": "<system-out>"}
    assert result.stdout.count(said[form]) == 2


def test_standard_input_has_advice() -> None:
    result = CliRunner().invoke(main, ["validate", "-"], input=text())
    assert (result.exit_code, result.stdout.count(" (warning): ")) == (0, 2)


def test_other_commands_give_no_advice(file: Path, tmp_path: Path) -> None:
    command = ["compile", str(file), "-b", "torch", "-o", str(tmp_path / "a.py")]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0
    assert "SN6" not in result.output
    assert samenet.validate(spec(NORM, LAST)) == []
