"""`samenet diff`: its files, forms and statuses."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from samenet.cli import main
from tests.specs import ROOT

SPECS = ROOT / "specs"
BASIC, DROPOUT = (str(SPECS / f"{name}.net.toml") for name in ("basic", "dropout"))


def run(*arguments: str, **options: str) -> Result:
    result = CliRunner().invoke(main, ["diff", *arguments], **options)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_statuses():
    assert run(BASIC, DROPOUT).exit_code == 0
    assert run(BASIC, DROPOUT, "--exit-code").exit_code == 1
    same = run(BASIC, BASIC, "--exit-code")
    assert (same.exit_code, same.output) == (0, "basic → basic: no difference in meaning\n")
    assert run(BASIC).exit_code == 2
    assert run(BASIC, "no_such.net.toml").exit_code == 2
    assert run("-", "-").exit_code == 2


def test_forms():
    assert run(BASIC, DROPOUT).output.startswith("basic → dropout: another network")
    assert "\x1b" not in run(BASIC, DROPOUT).output
    assert "\x1b[32m" in run(BASIC, DROPOUT, color=True).output
    assert run(BASIC, DROPOUT, "--format", "markdown").output.startswith("**`basic` → `dropout`**")
    tree = json.loads(run(BASIC, DROPOUT, "--format", "json").output)
    assert [item["name"] for item in tree["added"]] == ["dense_dropout", "dense_1_dropout"]


def test_set_changes_the_new_one():
    result = run(BASIC, BASIC, "--set", "training.epochs=7")
    assert "training.epochs: 30 → 7" in result.output


def test_standard_input():
    text = Path(DROPOUT).read_text(encoding="utf-8")
    assert "dense_dropout" in run(BASIC, "-", input=text).output
    assert "- dense_dropout" in run("-", BASIC, input=text).output
    deep = (SPECS / "networks" / "resnet56.net.toml").read_text(encoding="utf-8")
    name = str(SPECS / "networks" / "mine.net.toml")
    shallow = str(SPECS / "networks" / "resnet20.net.toml")
    assert "residual_4" in run(shallow, "-", "--stdin-filename", name, input=deep).output


def test_mistakes_of_both_are_told_with_their_files(tmp_path):
    first, second = tmp_path / "first.net.toml", tmp_path / "second.net.toml"
    first.write_text("version = 2\n")
    second.write_text("version = 1\nlayer = []\n")
    result = run(str(first), str(second))
    assert result.exit_code == 1
    assert f"{first}:1:11" in result.stderr
    assert f"{second}:2:1" in result.stderr
    assert result.stdout == ""
