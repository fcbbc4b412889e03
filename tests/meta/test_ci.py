"""The hook, the action and the page on CI do what they say."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.specs import ROOT

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
BAD = "version = 2\n"


def bash(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": PATH, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with the specs in it."""
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    return tmp_path


def test_the_commands_of_the_page_run(checkout: Path) -> None:
    """In their order: the last one checks what the one before has written."""
    commands = re.findall(r"^\$ (.*)$", PAGE, re.MULTILINE)
    assert len(commands) == 16
    for command in commands:
        ended = bash(command, checkout)
        assert ended.returncode == 0, command + ended.stdout + ended.stderr


def test_the_blocks_of_the_page_are_yaml() -> None:
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    action, gitlab, hook, diff = blocks
    inputs = action["jobs"]["specs"]["steps"][1]["with"]
    assert inputs.keys() <= read("action.yml")["inputs"].keys()
    assert action[True] == "pull_request"  # YAML 1.1 reads `on` as true; GitHub does not
    assert action["permissions"] == {"contents": "read"}
    (job,) = gitlab.values()
    assert job["artifacts"]["reports"]["codequality"] in job["script"][0]
    assert diff["permissions"] == {"contents": "read"}
    named = [item["id"] for item in hook["repos"][0]["hooks"]]
    assert set(named) == {item["id"] for item in read(".pre-commit-hooks.yaml")}


def test_the_command_for_gitlab_runs(checkout: Path) -> None:
    (command,) = re.findall(r"- (samenet validate .*)", PAGE)
    assert bash(command, checkout).returncode == 0
    assert (checkout / "gl-code-quality-report.json").read_text() == "[]\n"


def test_the_job_that_compares_runs(tmp_path: Path) -> None:
    job = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[-1])["jobs"]["diff"]
    assert [step["with"]["path"] for step in job["steps"][:2]] == ["old", "new"]
    for name, spec in (("old", "basic"), ("new", "dropout")):
        (tmp_path / name / "specs").mkdir(parents=True)
        text = (ROOT / "specs" / f"{spec}.net.toml").read_text(encoding="utf-8")
        (tmp_path / name / "specs" / "a b.net.toml").write_text(text, encoding="utf-8")
    summary = tmp_path / "summary.md"
    ended = bash(job["steps"][-1]["run"], tmp_path, GITHUB_STEP_SUMMARY=str(summary))
    assert ended.returncode == 0, ended.stderr
    assert "another network, the same training" in summary.read_text(encoding="utf-8")


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_the_hook(checkout: Path) -> None:
    hook, fixing = read(".pre-commit-hooks.yaml")
    assert {"id", "name", "entry", "language"} <= hook.keys()
    entry = {"id": "samenet-fix", "entry": f"{hook['entry']} --fix"}
    assert {**hook, **entry} == {
        **fixing,
        "name": hook["name"],
        "description": hook["description"],
    }
    assert hook["language"] == "python"
    files = [str(path.relative_to(checkout)) for path in checkout.rglob("*") if path.is_file()]
    chosen = [name for name in files if re.search(hook["files"], name)]
    assert chosen
    assert all(name.endswith((".net.toml", ".net.json")) for name in chosen)
    command = shlex.join([*shlex.split(hook["entry"]), *chosen])
    assert bash(command, checkout).returncode == 0
    (checkout / chosen[0]).write_text(BAD)
    assert bash(command, checkout).returncode == 1


# The action; installing is left out here, all else runs.


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """The variables of a runner on which samenet is installed."""
    bin_folder = tmp_path / "runner" / "samenet" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "samenet").symlink_to(Path(sys.executable).parent / "samenet")
    return {"RUNNER_TEMP": str(tmp_path / "runner")}


def check(checkout: Path, runner: dict[str, str], paths: str, sarif: str = "") -> Any:
    script = read("action.yml")["runs"]["steps"][1]["run"]
    return bash(script, checkout, **runner, PATHS=paths, SARIF_FILE=sarif)


def test_the_action(checkout: Path, runner: dict[str, str]) -> None:
    ended = check(checkout, runner, "specs\n")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    (checkout / "specs" / "a b.net.toml").write_text(BAD)
    ended = check(checkout, runner, "specs/basic.net.toml\n\nspecs/a b.net.toml\n", "out.sarif")
    assert ended.returncode == 1
    assert "::error title=samenet SN104 out-of-range,file=specs/a b.net.toml,line=1" in ended.stdout
    assert '"version": "2.1.0"' in (checkout / "out.sarif").read_text()


@pytest.mark.parametrize("paths", ["$(touch x)", "; touch x", "--set\nname=x", "`touch x`"])
def test_inputs_of_the_action_are_no_script(
    paths: str, checkout: Path, runner: dict[str, str]
) -> None:
    assert check(checkout, runner, paths).returncode == 2
    assert not (checkout / "x").exists()


def test_the_action_is_one_that_github_takes() -> None:
    action = read("action.yml")
    assert {"name", "description", "runs"} <= action.keys()
    assert action["runs"]["using"] == "composite"
    for step in action["runs"]["steps"]:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]  # or an input would be part of the script
        assert bash(f"bash -n <<'END'\n{step['run']}\nEND", ROOT).returncode == 0
