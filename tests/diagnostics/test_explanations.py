"""What `samenet explain` shows is true: the wrong example has the mistake, the right one none."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import samenet
from samenet.cli import main
from samenet.diagnostics import Code, Severity
from samenet.diagnostics.explanations import BASE, EXPLANATIONS, completed, find


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the examples."""
    for name in ("net.toml", "base.toml"):
        (tmp_path / name).write_text(BASE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def codes(example: str) -> list[str]:
    """The numbers of what is found in an example."""
    if example.startswith("$ "):
        return run(example.removeprefix("$ "))
    Path("example.net.toml").write_text(completed(example))
    return [item.code.number for item in samenet.validate("example.net.toml")]


def advice(example: str) -> list[str]:
    """The numbers of what is advised on an example without mistakes."""
    Path("example.net.toml").write_text(completed(example))
    return [item.code.number for item in samenet.advise("example.net.toml")]


def run(command: str) -> list[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path, "LC_ALL": "C.UTF-8"},
        check=False,
    )
    found = re.findall(r"^(SN\d{3}) ", ended.stdout + ended.stderr, re.MULTILINE)
    assert bool(found) is bool(ended.returncode), ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    return found


@pytest.mark.parametrize("code", Code, ids=lambda code: code.title)
def test_examples(code: Code, folder: Path) -> None:
    explanation = EXPLANATIONS[code]
    found = codes if code.severity is Severity.ERROR else advice
    assert found(explanation.bad) == [code.number]
    assert found(explanation.good) == []
    assert explanation.why.endswith(".")


def test_advice_has_sources() -> None:
    unsourced = {code for code, item in EXPLANATIONS.items() if not item.sources}
    assert unsourced - {Code.UNUSED_IGNORE} == {c for c in Code if c.severity is Severity.ERROR}


def test_every_code_is_explained_in_its_order() -> None:
    assert list(EXPLANATIONS) == list(Code)


def test_the_base_of_the_examples_is_valid(folder: Path) -> None:
    assert samenet.validate("net.toml") == []
    assert samenet.advise("net.toml") == []


@pytest.mark.parametrize("word", ["SN104", "sn104", "out-of-range", "Out-Of-Range"])
def test_a_code_is_found_by_number_and_title(word: str) -> None:
    assert find(word) is Code.OUT_OF_RANGE
    result = CliRunner().invoke(main, ["explain", word])
    assert result.exit_code == 0
    assert result.stdout.startswith("SN104 out-of-range\n\n")
    assert "\nWrong:\n\n    [[layers]]\n" in result.stdout
    assert "\nRight:\n\n    [[layers]]\n" in result.stdout
    assert "    rate = 1.5\n" in result.stdout


def test_explain_alone_lists_all_codes() -> None:
    lines = CliRunner().invoke(main, ["explain"]).stdout.splitlines()
    assert lines == [f"{code.number}  {code.title}" for code in Code]


@pytest.mark.parametrize(
    ("word", "hint"), [("out-of-rang", "'out-of-range'"), ("x\x1b[2J", "`samenet explain` lists")]
)
def test_an_unknown_code(word: str, hint: str) -> None:
    result = CliRunner().invoke(main, ["explain", word])
    assert result.exit_code == 2
    assert hint in result.stderr
    assert "\x1b" not in result.stderr
