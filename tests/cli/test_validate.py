"""`samenet validate`: which files it checks, in which order, how it ends; `compile --check`."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from samenet.cli import main
from samenet.cli.report import EXIT_MEMORY, MAX_SHOWN, STATUS
from samenet.diagnostics import Code, Diagnostic, Severity
from samenet.diagnostics.formats import FORMATS
from tests.diagnostics.test_formats import COMMANDS, HOSTILE, check
from tests.specs import ROOT

GOOD = (ROOT / "specs" / "basic.net.toml").read_text()
BAD = GOOD.replace("version = 1", "version = 2")


def run(*arguments: str | Path, text: str | bytes | None = None) -> Result:
    result = CliRunner().invoke(main, [str(item) for item in arguments], input=text)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def checked(*arguments: str | Path, text: str | None = None) -> list[str]:
    """The files in which a mistake is found, in their order."""
    result = run("validate", "--format", "json", *arguments, text=text)
    assert result.exit_code == (1 if json.loads(result.stdout) else 0)
    return [item["filename"] for item in json.loads(result.stdout)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with bad specs in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.net.toml", "a.net.toml", "sub/c.net.toml", "sub/deep/d.toml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(BAD)
    return tmp_path


# Which files


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["."], ["a.net.toml", "b.net.toml", "sub/c.net.toml"]),
        (["b.net.toml", "a.net.toml"], ["b.net.toml", "a.net.toml"]),
        (["b.net.toml", ".", "./b.net.toml"], ["b.net.toml", "a.net.toml", "sub/c.net.toml"]),
        (["*.toml"], ["a.net.toml", "b.net.toml"]),
        (["sub/**/*.toml"], ["sub/c.net.toml", "sub/deep/d.toml"]),
        (["[b-z].net.toml"], ["b.net.toml"]),
        (["sub/deep/d.toml"], ["sub/deep/d.toml"]),
    ],
    ids=str,
)
def test_files_folders_and_patterns(arguments: list[str], found: list[str]) -> None:
    assert checked(*arguments) == found


def test_a_file_whose_name_looks_like_a_pattern(folder: Path) -> None:
    (folder / "[ab].net.toml").write_text(BAD)
    assert checked("[ab].net.toml") == ["[ab].net.toml"]


def test_hidden_folders_are_left_out_and_what_is_no_file_is_not_read(folder: Path) -> None:
    for name in (".git", ".venv/lib"):
        (folder / name).mkdir(parents=True)
        (folder / name / "x.net.toml").write_text(BAD)
    (folder / "sub" / "folder.net.toml").mkdir()
    os.mkfifo(folder / "sub" / "pipe.net.toml")  # whoever reads it waits for ever
    assert checked("sub") == ["sub/c.net.toml", "sub/folder.net.toml", "sub/pipe.net.toml"]
    assert checked(".") == ["a.net.toml", "b.net.toml", *checked("sub")]
    assert run("validate", "sub").stdout.count("cannot read the spec: it is no file") == 2


def test_links_out_of_a_folder_are_not_followed(folder: Path) -> None:
    """A pull request could name a secret in this way, and see its first line in the log."""
    (folder / "secret").write_text("password = hunter2")
    (folder / "sub" / "x.net.toml").symlink_to(folder / "secret")
    (folder / "sub" / "y.net.toml").symlink_to(folder / "sub" / "c.net.toml")
    (folder / "sub" / "z").symlink_to("/")
    result = run("validate", "sub")
    assert "hunter2" not in result.output
    assert "x.net.toml" in result.output
    assert "the link leads out of the folder that is searched" in result.output
    assert checked("sub") == ["sub/c.net.toml", "sub/x.net.toml", "sub/y.net.toml"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.net.toml"], "there is no file or folder missing.net.toml"),
        (["a.net.toml", "missing.net.toml"], "there is no file or folder missing.net.toml"),
        (["*.yaml"], "no file matches the pattern *.yaml"),
        (["sub/deep"], "no *.net.toml or *.net.json in the folder sub/deep"),
        (["a.net.toml", "--output", "x"], "--output is for a report"),
        (["a.net.toml", "--format", "xml"], "'xml' is not one of"),
        (["x\x1b[2J\n::error::x"], "no file matches the pattern x\\x1b[2J\\n::error::x"),
    ],
    ids=str,
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    result = run("validate", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_file_that_may_not_be_read(folder: Path) -> None:
    (folder / "a.net.toml").chmod(0)
    result = run("validate", "a.net.toml")
    assert result.exit_code == 1
    assert "SN001" in result.stdout


# Standard input


@pytest.mark.parametrize(
    ("arguments", "text", "name"),
    [
        ([], BAD, "<stdin>"),
        ([], '{"version": 2}', "<stdin>"),
        (["--stdin-filename", "x/y.net.toml"], BAD, "x/y.net.toml"),
        (["--stdin-filename", "y.net.json"], '{"version": 2}', "y.net.json"),
    ],
)
def test_standard_input(arguments: list[str], text: str, name: str) -> None:
    assert set(checked("-", *arguments, text=text)) == {name}
    assert checked("a.net.toml", "-", "b.net.toml", *arguments, text=text)[0] == "a.net.toml"
    assert checked("a.net.toml", "-", "b.net.toml", *arguments, text=text)[-1] == "b.net.toml"


def test_standard_input_is_quoted(folder: Path) -> None:
    """Not the file on the disk, of which it may be a changed copy in an editor."""
    result = run("validate", "-", "--stdin-filename", "a.net.toml", text="# new\n" + BAD)
    assert "  --> a.net.toml:" in result.stdout
    line = 2 + GOOD[: GOOD.index("version")].count("\n")
    assert f"{line} | version = 2\n" in result.stdout


def test_standard_input_extends_what_is_beside_its_file(folder: Path) -> None:
    (folder / "sub" / "base.toml").write_text(GOOD)
    text = 'extends = "base.toml"'
    assert checked("-", "--stdin-filename", "sub/new.net.toml", text=text) == []
    assert checked("-", "--stdin-filename", "new.net.toml", text=text) == ["new.net.toml"]
    (folder / "base.toml").write_text(GOOD)
    assert checked("-", text=text) == []


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"\0", b"#" * (1 << 21)])
def test_any_bytes_in_standard_input(content: bytes) -> None:
    result = run("validate", "-", text=content)
    assert result.exit_code == 1
    assert "SN" in result.stdout


# Reports


@pytest.mark.parametrize("form", FORMATS)
def test_reports(form: str) -> None:
    result = run("validate", "--format", form, ".")
    assert result.exit_code == 1
    assert check(form, result.stdout) == 3
    result = run("validate", "--format", form, ROOT / "specs" / "basic.net.toml")
    assert result.exit_code == 0
    assert check(form, result.stdout) == 0


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_in_a_file(form: str, folder: Path) -> None:
    """The log stays readable."""
    result = run("validate", "--format", form, "--output", "out/report", ".")
    assert result.exit_code == 1
    assert check(form, (folder / "out" / "report").read_text()) == 3
    assert result.stdout == run("validate", ".").stdout


@pytest.mark.parametrize("form", ["text", *FORMATS])
def test_hostile_names_and_values(form: str, folder: Path) -> None:
    for number, text in enumerate(HOSTILE):
        name = text.replace("/", "").replace("\x00", "")
        if "\ud800" not in name:
            (folder / f"{name}.net.toml").write_text(BAD)
        tree = {"version": 1, text: 1, "name": text, "variables": {text: text}}
        (folder / f"{number}.net.json").write_text(json.dumps(tree))
    result = CliRunner().invoke(main, ["validate", "--format", form, "."])
    assert result.exit_code == 1
    shown = result.stdout_bytes.decode("utf-8")
    if form == "text":
        assert all(char.isprintable() or char == "\n" for char in shown)
        assert not any(COMMANDS.search(line) for line in shown.split("\n"))
    else:
        assert check(form, shown) > 2 * len(HOSTILE)


def test_output_in_any_encoding(folder: Path) -> None:
    (folder / "ä.net.toml").write_text(BAD.replace("version", '"日" = 1\nversion'))
    for form in ("text", "github"):
        command = [sys.executable, "-m", "samenet", "validate", "--format", form, "ä.net.toml"]
        environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
        ended = subprocess.run(command, capture_output=True, env=environment, check=False)
        assert (ended.returncode, ended.stderr) == (1, b"")
        assert "ä.net.toml".encode("latin-1") in ended.stdout
        assert rb"\u65e5" in ended.stdout


def test_many_mistakes_are_counted(folder: Path) -> None:
    (folder / "a.net.toml").write_text("".join(f"key_{number} = 1\n" for number in range(20_000)))
    result = run("validate", "a.net.toml")
    assert len(re.findall(r"(?m)^SN\d", result.stdout)) == MAX_SHOWN
    assert result.stdout.endswith(f" The first {MAX_SHOWN} are shown.\n")
    assert len(result.stdout) < 1 << 16
    assert run("validate", "--format", "sarif", "a.net.toml").exit_code == 1


def test_warnings_do_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(file: Any, overrides: Any) -> list[Diagnostic]:
        return [Diagnostic(Code.NO_METRIC, "hm", severity=Severity.WARNING)]

    monkeypatch.setattr("samenet.api.advise", found)
    result = run("validate", "a.net.toml")
    shown = "SN626 no-metric (warning): hm\n\nFound 1 warning.\n"
    assert (result.exit_code, result.stdout) == (0, shown)
    assert check("junit", run("validate", "--format", "junit", "a.net.toml").stdout) == 0


def test_the_help_tells_every_status() -> None:
    shown = run("--help").stdout
    for status, text in STATUS.items():
        assert f"{status:5}  {text}\n" in shown


def test_a_network_that_needs_too_much_memory_ends_with_a_status_of_its_own(folder: Path) -> None:
    (folder / "good.net.toml").write_text(GOOD)
    units = "layers[0].units=2000000000"
    result = run("build", "good.net.toml", "-b", "torch", "--set", units)
    assert (result.exit_code, result.stdout.count("SN502")) == (EXIT_MEMORY, 0)
    assert "SN502 too-much-memory" in result.stderr
    assert run("validate", "good.net.toml", "--set", units).exit_code == 0


# Many files


LAYER = """
from typing import Literal
import samenet
from samenet.layers import identity
from samenet.lowering import lowers

class Mine(identity.Identity):
    "Nothing."
    type: Literal["mine"]

lowers(Mine, "keras")(identity.keras)
lowers(Mine, "torch", layout="any")(identity.torch)

samenet.register(Mine)
"""


def test_many_files_in_several_processes(folder: Path) -> None:
    """They know the layers of --layers, and the order is that of one process."""
    (folder / "layer.py").write_text(LAYER)
    good = GOOD.replace("[[layers]]", '[[layers]]\ntype = "mine"\n\n[[layers]]', 1)
    for number in range(40):
        text = BAD if number % 3 else good
        (folder / "sub" / f"{number:02}.net.toml").write_text(text)
    command = ["--layers", "layer.py", "validate", "--format", "json", "sub"]
    ended = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *command], capture_output=True, text=True, check=False
    )
    assert ended.stderr == ""
    found = [item["filename"] for item in json.loads(ended.stdout)]
    expected = [f"sub/{number:02}.net.toml" for number in range(40) if number % 3]
    assert found == [*expected, "sub/c.net.toml"]


_SCRIPT = """
from samenet.cli import main, validate
if __name__ == "__main__":
    validate.MANY = 10
    validate._processors = lambda: 2
    main()
"""


# What it opens


AUDIT = """
import os, sys
from samenet.__main__ import main
import samenet.api, samenet.cli, samenet.spec.json_schema
seen = []
def hook(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        seen.append(("open", os.path.realpath(arguments[0]), arguments[2]))
    elif event.split(".")[0] in ("socket", "subprocess", "shutil", "ctypes") or event in (
        "os.system", "os.exec", "os.fork", "os.remove", "os.rename", "os.mkdir", "compile"
    ):
        seen.append((event, str(arguments[0]), 0))
sys.addaudithook(hook)
try:
    sys.argv[1:1] = ["validate"]
    main()
finally:
    here = os.getcwd()
    for kind, name, flags in seen:
        outside = not name.startswith(here) and not name.endswith((".py", ".pyc"))
        if kind != "open" or name.startswith(here) or outside:
            print(kind, os.path.relpath(name, here), flags & (os.O_WRONLY | os.O_RDWR))
"""


def test_nothing_but_specs_is_opened_and_nothing_written(folder: Path) -> None:
    """Not the data that the spec names, nor what lies about, though its name be tempting."""
    (folder / "base.toml").write_text(GOOD)
    for name in ("tomli.py", "sitecustomize.py", "table.csv", "samenet.toml", ".env"):
        (folder / name).write_text("raise SystemExit('executed')")
    (folder / "a.net.toml").write_text(
        'extends = "base.toml"\n[data]\nsource = "csv"\npath = "table.csv"\ntarget = "y"\n'
    )
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    command = [sys.executable, "-P", "-c", AUDIT, "a.net.toml", "b.net.toml"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.stderr == ""
    lines = [line for line in ended.stdout.splitlines() if line.startswith(("open ", "os.", "so"))]
    assert set(lines) == {"open a.net.toml 0", "open base.toml 0", "open b.net.toml 0"}
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


# compile --check


@pytest.fixture
def program(folder: Path) -> Path:
    (folder / "good.net.toml").write_text(GOOD)
    assert run("compile", "good.net.toml", "-b", "torch", "-o", "program.py").exit_code == 0
    return folder / "program.py"


COMPILE = ["compile", "good.net.toml", "-b", "torch", "-o", "program.py", "--check"]


def test_a_program_that_is_current(program: Path) -> None:
    before = sorted(program.parent.iterdir())
    result = run(*COMPILE)
    assert (result.exit_code, result.output) == (0, "")
    program.write_bytes(program.read_bytes().replace(b"\n", b"\r\n"))
    assert run(*COMPILE).exit_code == 0
    assert sorted(program.parent.iterdir()) == before


def test_a_program_that_is_not_current(program: Path) -> None:
    before = program.read_text()
    spec = program.with_name("good.net.toml")
    spec.write_text(GOOD.replace("units = 128", "units = 127", 1))
    result = run(*COMPILE)
    assert result.exit_code == 1
    assert "-" in result.stdout
    assert "127" in result.stdout
    assert "\n--- program.py\n" in f"\n{result.stdout}"
    assert result.stdout.endswith("program.py is not what its spec compiles to\n")
    assert program.read_text() == before


def test_a_program_that_was_edited(program: Path) -> None:
    program.write_text(program.read_text() + "\n::error::x\x1b[2J\n" * 100)
    result = run(*COMPILE)
    assert result.exit_code == 1
    assert "-::error::x\\x1b[2J\n" in result.stdout
    assert "more lines\n" in result.stdout
    assert result.stdout.count("\n") < 50


def test_a_program_that_is_missing_and_its_data(program: Path) -> None:
    data = program.with_name("mnist_5k.npz")
    data.write_bytes(b"other")
    assert "mnist_5k.npz is not the data set" in run(*COMPILE).stdout
    data.unlink()
    assert run(*COMPILE).exit_code == 1
    program.unlink()
    result = run(*COMPILE)
    assert (result.exit_code, result.stdout) == (1, "program.py does not exist\n")
    assert run(*COMPILE[:4], "--check").exit_code == 2
    assert stat.S_ISDIR(program.parent.stat().st_mode)
    assert not program.exists()
