"""The commands and the functions behind them: what they do, print and refuse."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from safetensors.numpy import load_file

import samenet
from samenet.cli import COMMANDS as NAMES
from samenet.cli import main
from samenet.data.embedded import MNIST5K
from tests.specs import ROOT, tree

GOOD = ROOT / "specs" / "complete.net.toml"
BACKENDS = ["keras", "torch"]

DENSE = [784 * 256 + 256, 256 * 256 + 256, 256 * 128 + 128, 128 * 10 + 10]
NORMALIZED = [256, 256, 128]
"""The weights of the dense layers of GOOD; the units that are normalized, with 4 numbers each."""

SMALL = """\
version = 1
name = "small"

[input]
shape = [2]

[[layers]]
type = "dense"
units = 3
activation = "softmax"

[optimizer]
type = "adam"

[training]
loss = "sparse_categorical_crossentropy"

[data]
source = "csv"
path = "table.csv"
target = "y"
"""


def run(*arguments: str | Path) -> Result:
    """The command in this process; a traceback, printed or raised, fails the test."""
    result = CliRunner().invoke(main, [str(item) for item in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    return result


def process(
    *arguments: str | Path, missing: tuple[str, ...] = (), cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, in which some packages cannot be found."""
    code = (
        "import sys\n"
        f"for name in {missing!r}:\n"
        "    sys.modules[name] = None\n"
        "from samenet.cli import main\n"
        "main(prog_name='samenet')\n"
    )
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=cwd, check=False
    )


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.net.toml"
    path.write_text(SMALL)
    return path


# Validate


def test_validate_a_file_and_folders(tmp_path: Path, small: Path) -> None:
    result = run("validate", GOOD)
    assert (result.exit_code, result.stdout) == (0, "1 spec checked, no mistakes.\n")
    result = run("validate", ROOT / "specs")
    number = sum(1 for file in (ROOT / "specs").rglob("*.net.*"))
    assert (result.exit_code, result.stdout) == (0, f"{number} specs checked, no mistakes.\n")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.net.json").write_text(json.dumps(tree("complete")))
    (tmp_path / "deep" / "other.toml").write_text("not a spec")
    (tmp_path / "table.json").write_text("not a spec")
    result = run("validate", tmp_path, GOOD, "--ignore", "SN6")
    assert (result.exit_code, result.stdout) == (0, "3 specs checked, no mistakes.\n")


def test_any_file_that_is_named_is_read(tmp_path: Path) -> None:
    for name, text in (("a.toml", SMALL), ("b", SMALL), ("c.json", json.dumps(tree("complete")))):
        (tmp_path / name).write_text(text)
        assert run("validate", tmp_path / name).exit_code == 0


def test_validate_reports_all_mistakes_of_all_files(tmp_path: Path, small: Path) -> None:
    (tmp_path / "a.net.toml").write_text(SMALL.replace("units = 3", "units = 0\nunit = 3"))
    (tmp_path / "b.net.json").write_text('{"version": 1,}')
    result = run("validate", tmp_path)
    assert result.exit_code == 1
    assert "SN104 out-of-range: layers[0].units must be at least 1, found 0" in result.stdout
    assert f"  --> {tmp_path}/a.net.toml:9:9\n" in result.stdout
    assert "9 | units = 0\n  |         ^\n" in result.stdout
    assert "SN101 unknown-key: layers[0] has no key 'unit'" in result.stdout
    assert "  help: did you mean 'units'?\n" in result.stdout
    assert "SN003 syntax-error: " in result.stdout
    assert f"  --> {tmp_path}/b.net.json:1:15\n" in result.stdout
    assert "\n\nFound 3 errors, 2 warnings. `samenet validate`: --fix mends 1," in result.stdout
    (tmp_path / "b.net.json").unlink()
    (tmp_path / "a.net.toml").write_text(SMALL.replace("units = 3", "units = 0"))
    result = run("validate", tmp_path, "--ignore", "SN6")
    assert result.stdout.endswith("\n\nFound 1 error.\n")


def test_validate_a_folder_without_specs(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SMALL)
    result = run("validate", tmp_path)
    assert result.exit_code == 2
    assert "*.net.toml or *.net.json" in result.stderr
    assert str(tmp_path) in result.stderr


# Compile


@pytest.mark.parametrize("backend", BACKENDS)
def test_compile_prints_the_program(backend: Any) -> None:
    result = run("compile", GOOD, "-b", backend)
    assert result.exit_code == 0
    assert result.stdout == samenet.compile(GOOD, backend).text
    assert result.stderr == ""
    compile(result.stdout, "program", "exec")


@pytest.mark.parametrize("backend", BACKENDS)
def test_compile_writes_the_program_and_its_data_beside_it(backend: Any, tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "program.py"
    result = run("compile", GOOD, "-b", backend, "-o", file)
    data = file.with_name("mnist_5k.npz")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"wrote {file}\nwrote {data}\n"
    assert file.read_text() == samenet.compile(GOOD, backend).text
    assert data.read_bytes() == MNIST5K.stored().read_bytes()
    assert sorted(file.parent.iterdir()) == [data, file]


def test_compile_writes_no_data_that_are_not_embedded(small: Path) -> None:
    assert run("compile", small, "-b", "torch", "-o", small.with_name("a.py")).exit_code == 0
    assert sorted(path.name for path in small.parent.iterdir()) == ["a.py", "small.net.toml"]


@pytest.mark.parametrize("suffix", ["toml", "json"])
def test_render_prints_a_spec(suffix: str, tmp_path: Path) -> None:
    result = run(
        "render",
        ROOT / "specs" / "complete.net.toml",
        "--format",
        suffix,
        "--set",
        "training.epochs=7",
    )
    assert result.exit_code == 0
    path = tmp_path / f"rendered.net.{suffix}"
    path.write_text(result.stdout, encoding="utf-8")
    assert samenet.load(path).training.epochs == 7
    assert samenet.render(path, format="toml" if suffix == "toml" else "json") == result.stdout


def test_the_same_spec_gives_the_same_bytes(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = process("compile", small, "-b", "torch").stdout
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    again = process("compile", small, "-b", "torch", cwd=small.parent).stdout
    assert first == again == samenet.compile(small, "torch").text


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text + "# mine\n",
        lambda text: text.replace("EPOCHS = 1", "EPOCHS = 2"),
        lambda text: text[:-1],
        lambda text: "# mine\n" + text.partition('"""\n')[2],
        lambda text: "",
        lambda text: "print('my own')\n",
    ],
)
def test_an_edited_file_is_not_replaced(edit: Any, small: Path) -> None:
    file = small.with_name("program.py")
    assert run("compile", small, "-b", "torch", "-o", file).exit_code == 0
    written = file.read_text()
    edited = edit(written)
    assert edited != written
    file.write_text(edited)
    result = run("compile", small, "-b", "torch", "-o", file)
    assert result.exit_code == 2
    assert f"{file} is not as samenet wrote it; --force" in result.stderr
    assert file.read_text() == edited
    assert run("compile", small, "-b", "torch", "-o", file, "--force").exit_code == 0
    assert file.read_text() == written


def test_an_unedited_file_is_replaced(small: Path) -> None:
    file = small.with_name("program.py")
    assert run("compile", small, "-b", "torch", "-o", file).exit_code == 0
    small.write_text(SMALL.replace("units = 3", "units = 4"))
    assert run("compile", small, "-b", "keras", "-o", file).exit_code == 0
    assert file.read_text() == samenet.compile(small, "keras").text


def test_line_ends_of_another_system_are_no_edit(small: Path) -> None:
    file = small.with_name("program.py")
    assert run("compile", small, "-b", "torch", "-o", file).exit_code == 0
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert run("compile", small, "-b", "torch", "-o", file).exit_code == 0
    assert b"\r" not in file.read_bytes()


def test_the_spec_itself_is_not_replaced(small: Path) -> None:
    result = run("compile", small, "-b", "torch", "-o", small)
    assert result.exit_code == 2
    assert small.read_text() == SMALL


def test_somebody_elses_file_of_the_name_of_the_data_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "mnist_5k.npz").write_bytes(b"mine")
    result = run("compile", GOOD, "-b", "torch", "-o", tmp_path / "program.py")
    assert (tmp_path / "mnist_5k.npz").read_bytes() == b"mine"
    assert result.exit_code == 2


def test_a_device_as_output_is_left_alone() -> None:
    run("compile", GOOD, "-b", "torch", "-o", "/dev/null")
    assert Path("/dev/null").is_char_device()


# Build


def test_build_shows_the_layers() -> None:
    result = run("build", GOOD)
    assert result.exit_code == 0
    for number in (*DENSE, *(4 * units for units in NORMALIZED)):
        assert f" {number:,} " in result.stdout
    trainable = sum(DENSE) + 2 * sum(NORMALIZED)
    fixed = 2 * sum(NORMALIZED)
    total = f"parameters: {trainable + fixed:,} = {trainable:,} trainable + {fixed:,} not\n"
    assert total in result.stdout
    for word in ("(N, 784)", "(N, 10)", "dense_3", "dense_2_batch_normalization", "complete: "):
        assert word in result.stdout


def test_build_is_readable_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    assert run("build", GOOD).exit_code == 0


# Exit status


def test_help_and_version() -> None:
    for arguments in (["--help"], ["-h"], *([name, "--help"] for name in NAMES)):
        result = run(*arguments)
        assert result.exit_code == 0
        assert result.stdout.startswith("Usage: ")
    assert run("--version").stdout == f"samenet, version {samenet.__version__}\n"
    assert "'validate'" in run("valdate").stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["validate"],
        ["validate", "--nonsense", GOOD],
        ["compile"],
        ["compile", GOOD],
        ["compile", GOOD, "-b", "jax"],
        ["compile", GOOD, GOOD, "-b", "torch"],
        ["build", GOOD, "-b", "Torch"],
        ["train", GOOD, "--epochs", "0"],
        ["train", GOOD, "--epochs", "x"],
        *([command, "missing.net.toml"] for command in ("validate", "build", "train")),
        *([command, ROOT / "specs"] for command in ("build", "train")),
        ["compile", "missing.net.toml", "-b", "torch"],
        ["compile", ROOT / "specs", "-b", "torch"],
    ],
    ids=lambda arguments: " ".join(str(item).replace(f"{ROOT}/", "") for item in arguments),
)
def test_wrong_usage(arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


COMMANDS = [
    ["validate"],
    ["render"],
    ["compile", "-b", "torch"],
    ["build"],
    ["train", "-b", "torch"],
]

BAD = {
    "empty": (b"", "SN102"),
    "junk": (bytes(range(256)) * 4, "SN002"),
    "latin-1": ('name = "ä"'.encode("latin-1"), "SN002"),
    "utf-16": (SMALL.encode("utf-16"), "SN002"),
    "NUL": (b"\0" * 100, "SN003"),
    "large": (b"#" * (1 << 20) + b"#", "SN004"),
    "syntax": (b"version = ", "SN003"),
    "unknown key": (SMALL.encode() + b"x = 1", "SN101"),
    "escape": (SMALL.encode() + b'"\\n::error::x" = 1', "SN101"),
    "control character": (SMALL.encode() + b'"\\u001b[31m" = 1', "SN104"),
}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("name", BAD)
def test_bad_specs(command: list[str], name: str, tmp_path: Path) -> None:
    content, code = BAD[name]
    file = tmp_path / "a.net.toml"
    file.write_bytes(content)
    result = run(*command, file)
    assert result.exit_code == 1
    assert f"{code} " in result.output
    assert f"  --> {file}" in result.output
    assert "\nFound " in result.output
    assert result.output.replace("\n", "").isprintable()
    assert not any(line.startswith("::") for line in result.output.split("\n"))
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("suffix", ["toml", "json"])
def test_bad_files_in_a_folder(suffix: str, tmp_path: Path) -> None:
    for index, (content, _) in enumerate(BAD.values()):
        (tmp_path / f"{index}.net.{suffix}").write_bytes(content)
    (tmp_path / f"folder.net.{suffix}").mkdir()
    result = run("validate", tmp_path)
    assert result.exit_code == 1
    assert "SN001 unreadable-file: cannot read the spec: it is no file" in result.stdout
    for index in range(len(BAD)):
        assert f"  --> {tmp_path}/{index}.net.{suffix}" in result.stdout


def test_outputs_that_cannot_be_written(tmp_path: Path, small: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    for output in (small / "a.py", small / "deep" / "a.py", tmp_path, tmp_path / ("x" * 300)):
        result = run("compile", small, "-b", "torch", "-o", output)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "rror: " in result.stderr
    assert sorted(tmp_path.rglob("*")) == before
    assert small.read_text() == SMALL


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write")
def test_a_folder_that_cannot_be_written(small: Path) -> None:
    result = run("compile", small, "-b", "torch", "-o", "/proc/a.py")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: /proc/")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(tmp_path: Path, small: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    result = run("compile", small, "-b", "torch", "-o", folder / "a.py")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Permission denied" in result.stderr


def test_a_process_ends_with_the_status(tmp_path: Path, small: Path) -> None:
    bad = tmp_path / "bad.net.toml"
    bad.write_bytes(b"\xff")
    for arguments, status in (
        (["validate", small], 0),
        (["validate", bad], 1),
        (["validate", "missing"], 2),
        (["compile", small, "-b", "torch", "-o", bad / "a.py"], 2),
    ):
        ended = process(*arguments)
        assert ended.returncode == status
        assert "Traceback" not in ended.stdout + ended.stderr


# Missing frameworks


ALL = ("torch", "keras", "tensorflow")


@pytest.mark.parametrize(
    ("arguments", "missing", "name"),
    [
        (["build", "-b", "torch"], ("torch",), "torch"),
        (["build", "-b", "keras"], ("keras",), "keras"),
        (["train", "-b", "torch"], ALL, "torch"),
        (["train", "-b", "keras", "-q"], ALL, "keras"),
        (["train", "-b", "keras", "-b", "torch"], ("keras",), "keras"),
        (["train"], ALL, "torch"),
        (["build", "-b", "keras"], ("tensorflow",), "keras"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list | tuple) else value,
)
def test_a_missing_framework(
    arguments: list[str], missing: tuple[str, ...], name: str, small: Path
) -> None:
    small.with_name("table.csv").write_text("a,b,y\n1,2,0\n")
    ended = process(*arguments, small, missing=missing)
    assert ended.returncode == 3
    assert "Traceback" not in ended.stdout + ended.stderr
    (line,) = [line for line in ended.stderr.split("\n") if line.startswith("error: ")]
    assert name in line
    assert f"pip install 'samenet[{name}]'" in line


def test_without_frameworks_specs_are_validated_and_compiled(small: Path) -> None:
    assert process("validate", small, missing=ALL).returncode == 0
    ended = process("compile", small, "-b", "keras", missing=ALL)
    assert (ended.returncode, ended.stdout) == (0, samenet.compile(small, "keras").text)
    ended = process("build", small, missing=ALL)
    assert ended.returncode == 0
    assert "parameters: 9 = 9 trainable + 0 not\n" in ended.stdout


def test_functions_raise_for_a_missing_framework(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, backend in (("torch", "torch"), ("keras", "keras")):
        monkeypatch.setitem(sys.modules, name, None)
        for function in (samenet.build, samenet.train):
            # A program that no other test has run, for those that ran are kept.
            spec = {**tree("complete"), "name": f"missing_{name}"}
            with pytest.raises(samenet.FrameworkError, match="pip install"):
                function(spec, backend)


# Bad data


@pytest.mark.slow
def test_bad_data_are_a_mistake_of_the_spec(small: Path) -> None:
    table = small.with_name("table.csv")
    table.write_text("a,b,y\n1,2,0\n1,x,0\n")
    ended = process("train", "-b", "torch", "-q", small, missing=("keras", "tensorflow"))
    assert ended.returncode == 1
    assert "SN501 bad-data: " in ended.stdout + ended.stderr
    assert f"{table}: row 3, column 'b': 'x' is not a number" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


# Functions


def test_functions_take_paths_dictionaries_and_loaded_specs() -> None:
    mapping = tree("complete")
    loaded = samenet.load(GOOD)
    lists = json.loads(json.dumps(mapping))
    texts = {
        samenet.compile(source, "torch").text
        for source in (GOOD, str(GOOD), mapping, lists, loaded, samenet.load(mapping))
    }
    assert len(texts) == 1
    for source in (GOOD, str(GOOD), mapping, lists, loaded):
        assert samenet.validate(source) == []
        assert samenet.summary(source).parameters() == sum(DENSE) + 4 * sum(NORMALIZED)
    assert samenet.load(loaded) is loaded


def test_the_name_of_a_file_names_its_spec(tmp_path: Path) -> None:
    nameless = SMALL.replace('name = "small"\n', "")
    for file, name in (
        ("a.net.toml", "a"),
        ("b.toml", "b"),
        ("a.b.net.toml", "a.b"),
        ("no suffix", "no_suffix"),
        ("ä ö.net.toml", "network"),
    ):
        (tmp_path / file).write_text(nameless)
        spec = samenet.load(tmp_path / file)
        assert (spec.name, spec.folder) == (name, tmp_path)
    assert samenet.load(tree("complete") | {"name": "x"}).name == "x"


@pytest.mark.parametrize("function", [samenet.load, samenet.summary, samenet.build, samenet.train])
@pytest.mark.parametrize("kind", ["path", "dictionary", "missing"])
def test_functions_raise_diagnostics(function: Any, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "a.net.toml"
    file.write_text(SMALL.replace("units = 3", "units = -3"))
    mapping = tree("complete")
    mapping["layers"] = [{"type": "dense", "units": -3}]
    source: Any = {"path": file, "dictionary": mapping, "missing": tmp_path / "none"}[kind]
    arguments = (source,) if function in (samenet.load, samenet.summary) else (source, "torch")
    with pytest.raises(samenet.SpecError) as raised:
        function(*arguments)
    (found,) = raised.value.diagnostics
    assert samenet.validate(source) == [found]
    assert isinstance(raised.value, ValueError)
    assert str(found) in str(raised.value)
    if kind == "missing":
        assert found.code.number == "SN001"
    else:
        assert (found.code.number, found.path) == ("SN104", ("layers", 0, "units"))
        assert (found.span is not None) == (kind == "path")


def test_compile_raises_diagnostics(tmp_path: Path) -> None:
    with pytest.raises(samenet.SpecError):
        samenet.compile(tmp_path / "none", "torch")
    with pytest.raises(samenet.SpecError):
        samenet.compile({}, "keras")


@pytest.mark.parametrize("backend", ["jax", "", "Torch", None])
def test_an_unknown_backend(backend: Any) -> None:
    with pytest.raises(ValueError, match="keras"):
        samenet.compile(GOOD, backend)


def test_a_program_is_written_from_a_function(tmp_path: Path) -> None:
    program = samenet.compile(GOOD, "keras")
    files = program.write(str(tmp_path / "a.py"))
    assert files == [tmp_path / "a.py", tmp_path / "mnist_5k.npz"]
    assert (tmp_path / "a.py").read_text() == program.text


def test_commands_are_reachable_as_module_and_script() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "samenet", "--version"], capture_output=True, text=True, check=True
    )
    assert ended.stdout == f"samenet, version {samenet.__version__}\n"
    assert isinstance(main, click.Group)


# Runs that go on


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A spec with data beside it."""
    file = tmp_path / "a.net.toml"
    file.write_text(SMALL)
    rows = "".join(f"{n % 7},{n % 5},{n % 3}\n" for n in range(40))
    (tmp_path / "table.csv").write_text(f"a,b,y\n{rows}")
    return file


def history(folder: Path) -> Any:
    return json.loads((folder / "history.json").read_text())


@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_a_run_goes_on(backend: str, trained: Path, tmp_path: Path) -> None:
    train = ["train", trained, "-b", backend, "-q", "-o"]
    assert run(*train, tmp_path / "whole", "--epochs", "4").exit_code == 0
    assert run(*train, tmp_path / "parts", "--epochs", "2").exit_code == 0
    assert len(history(tmp_path / "parts" / backend)["loss"]) == 2
    assert run(*train, tmp_path / "parts", "--resume", "--epochs", "4").exit_code == 0
    for name in ("history.json", "history.csv", "weights.safetensors"):
        found, expected = (tmp_path / folder / backend / name for folder in ("parts", "whole"))
        assert found.read_bytes() == expected.read_bytes(), name


def test_another_run_does_not_go_on(trained: Path, tmp_path: Path) -> None:
    train = ["train", trained, "-b", "torch", "-q", "-o", tmp_path / "runs"]
    assert run(*train).exit_code == 0
    result = run(*train)
    assert result.exit_code == 2
    assert "holds an earlier run; --resume goes on with it, --force replaces it" in " ".join(
        result.stderr.split()
    )
    result = run(*train, "--resume", "--set", "optimizer.learning_rate=0.5")
    assert result.exit_code == 2
    assert "is not what the spec compiles to" in result.stderr
    before = history(tmp_path / "runs" / "torch")
    assert run(*train, "--force", "--set", "optimizer.learning_rate=0.5").exit_code == 0
    assert history(tmp_path / "runs" / "torch")["loss"] != before["loss"]


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--resume"], "--resume needs --output"), (["--resume", "--force", "-o", "x"], "choose one")],
)
def test_resume_needs_a_run(options: list[str], message: str, trained: Path) -> None:
    result = run("train", trained, "-b", "torch", *options)
    assert (result.exit_code, message in result.stderr) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_who_interrupts_is_told_how_to_go_on(ending: int, trained: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "samenet", "train", str(trained), "-b", "torch"]
    command += ["-o", str(tmp_path / "runs"), "--epochs", "100000"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    checkpoint = tmp_path / "runs" / "torch" / "checkpoint.pt"
    while not checkpoint.exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(ending)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"the same command with --resume goes on from {tmp_path / 'runs'}" in errors
    assert "Traceback" not in errors
    more = ["-q", "--resume", "--epochs", "1"]
    assert run("train", trained, "-b", "torch", "-o", tmp_path / "runs", *more).exit_code == 0


EXPLODING = [
    option
    for change in (
        "layers[0].units=1",
        "layers[0].activation=linear",
        "training.loss=mean_squared_error",
        "optimizer.type=sgd",
        "optimizer.learning_rate=0.5",
    )
    for option in ("--set", change)
]
"""What makes of SMALL a linear network whose loss grows by a factor with each step."""


@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_a_training_that_fails_says_what_is_left_of_it(
    backend: str, trained: Path, tmp_path: Path
) -> None:
    train = ["train", trained, "-b", backend, "-q", "--epochs", "60", *EXPLODING]
    folder = tmp_path / "runs" / backend
    result = run(*train, "-o", tmp_path / "runs")
    assert result.exit_code == 5
    message = rf"error: the training in {backend} failed: loss is (inf|nan) from epoch (\d+) on\n"
    found = re.search(message, result.stderr)
    assert found, result.stderr
    file = folder / ("checkpoint.npz" if backend == "keras" else "checkpoint.pt")
    hint = rf"help: {file} keeps epoch (\d+), the last with finite loss and weights; "
    kept = re.search(hint + r"--resume --epochs \1 writes these\n", result.stderr)
    assert kept, result.stderr
    assert int(kept[1]) < int(found[2])
    train[train.index("60")] = kept[1]
    assert run(*train, "-o", tmp_path / "runs", "--resume").exit_code == 0
    weights = load_file(folder / "weights.safetensors")
    assert all(np.isfinite(values).all() for values in weights.values())
    train[train.index(kept[1])] = "60"
    result = run(*train)
    assert (result.exit_code, "--output FOLDER keeps" in result.stderr) == (5, True)


def test_a_training_that_fails_at_once_keeps_nothing(trained: Path, tmp_path: Path) -> None:
    train = ["train", trained, "-b", "torch", "-q", "--epochs", "2", "-o", tmp_path / "runs"]
    result = run(*train, *EXPLODING, "--set", "optimizer.learning_rate=1e30")
    assert result.exit_code == 5
    assert "no epoch ended with finite loss and weights; lower the learning rate" in result.stderr


def test_callbacks_that_write_files_need_a_folder(trained: Path, tmp_path: Path) -> None:
    callback = '[{ type = "csv_logger", filename = "log.csv" }]'
    train = ["train", trained, "-b", "torch", "-q", "--set", f"callbacks={callback}"]
    result = run(*train)
    assert result.exit_code == 2
    assert "csv_logger writes files; --output says into which folder" in result.stderr
    assert run(*train, "-o", tmp_path / "runs").exit_code == 0
    assert (tmp_path / "runs" / "torch" / "log.csv").read_text().startswith("epoch,")


@pytest.mark.slow
def test_one_run_at_a_time_writes_into_a_folder(trained: Path, tmp_path: Path) -> None:
    """The lock ends with its process, also with one that is killed."""
    runs = tmp_path / "runs"
    train = ["train", str(trained), "-b", "torch", "-q", "-o", str(runs)]
    first = subprocess.Popen([sys.executable, "-m", "samenet", *train, "--epochs", "100000"])
    checkpoint = runs / "torch" / "checkpoint.pt"
    while not checkpoint.exists():
        assert first.poll() is None
        time.sleep(0.05)
    for option in ("--resume", "--force"):
        result = run(*train, option)
        assert result.exit_code == 2
        assert f"error: {runs / 'torch'}: another run writes into this folder" in result.stderr
    assert checkpoint.exists(), "--force has touched what the first run has kept"
    with pytest.raises(BlockingIOError, match="another run writes into this folder"):
        samenet.train(trained, "torch", checkpoint=runs / "torch")
    assert run(*train[:-1], tmp_path / "others").exit_code == 0
    first.kill()
    first.wait()
    assert run(*train, "--force").exit_code == 0
    assert run(*train, "--resume").exit_code == 0
