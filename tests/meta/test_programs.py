"""Compiled programs as their owners meet them: read, checked, run on their own."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import samenet
from samenet.codegen.imports import ALLOWED
from samenet.compiler import is_unedited
from samenet.lowering import BACKENDS
from tests.specs import (
    ARRAYS,
    MANY_OPTIONS,
    MEASURED,
    ROOT,
    SPECS,
    TAGGING,
    WEIGHTED,
    WEIGHTED_OUTPUTS,
    changed,
)
from tests.verification.parts import PARTS

MODULES = {module for module, _ in ALLOWED.values()} | {"__future__"}

SOURCES = {path.name.partition(".")[0]: path for path in SPECS}
SOURCES |= {"many_options": MANY_OPTIONS, "arrays": ARRAYS, "measured": MEASURED}
TABLE = {"source": "csv", "path": "a.csv", "target": "y", "features": [*"abcd"]}
SPLITS = {
    "files": {"validation": "validation.csv", "test": "test.csv"},
    "groups": {"validation_split": 0.2, "test_split": 0.1, "groups": "patient"},
    "times": {"validation_split": 0.2, "test": "t.csv", "split": "ordered", "order_by": "day"},
    "strata": {"test_split": 0.25, "stratify": True},
}
SPLITS["parquet"] = {**SPLITS["times"], "source": "parquet", "path": "a.parquet"}
SOURCES |= {name: {**ARRAYS, "data": {**TABLE, **data}} for name, data in SPLITS.items()}
SOURCES["images"] = {
    **ARRAYS,
    "input": {"shape": [4, 4, 3]},
    "layers": [{"type": "flatten"}, {"type": "dense", "units": 2, "activation": "softmax"}],
    "training": {"loss": "sparse_categorical_crossentropy"},
    "data": {"source": "image_folder", "path": "pictures", "test": "new", "classes": ["a", "b"]},
}
SOURCES |= {"tagging": TAGGING, "weighted": WEIGHTED, "weighted_outputs": WEIGHTED_OUTPUTS}
for precision in ("float64", "mixed_bfloat16", "mixed_float16"):
    SOURCES[precision] = changed(ARRAYS, training__precision=precision)
SOURCES["distributed"] = changed(MEASURED, training__distributed=True)
SOURCES["callbacks"] = {
    **ARRAYS,
    "optimizer": {"type": "sgd", "use_ema": True},
    "callbacks": [
        {"type": "terminate_on_nan"},
        {"type": "swap_ema_weights", "swap_on_epoch": True},
        {"type": "csv_logger", "filename": "log.csv"},
        {"type": "tensor_board"},
        {"type": "model_checkpoint", "filepath": "models/{epoch:03d}_{val_loss:.4f}.keras"},
    ],
}


@pytest.fixture(scope="module")
def programs(tmp_path_factory) -> Path:
    """A folder with the programs of all specs."""
    folder = tmp_path_factory.mktemp("programs")
    for name, source in SOURCES.items():
        for backend in BACKENDS:
            samenet.compile(source, backend).write(folder / f"{name}_{backend}.py")
    for (backend, part), (source, _) in PARTS.items():
        program = samenet.compile(source, backend, fidelity="idiomatic")
        program.write(folder / f"{part}_idiomatic_{backend}.py")
    return folder


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def test_programs_are_laid_out_as_ruff_does_it(programs):
    result = run("ruff", "format", "--isolated", "--diff", ".", cwd=programs)
    assert result.returncode == 0, result.stdout


def test_programs_are_clean_under_ruff(programs):
    rules = "E,F,W,I,B,UP,SIM,PT,RUF,N,BLE"
    # F is PyTorch's own name for its functions; data may have names of any length.
    ignored = "E501,N812"
    result = run(
        "ruff", "check", "--isolated", "--select", rules, "--ignore", ignored, ".", cwd=programs
    )
    assert result.returncode == 0, result.stdout


@pytest.mark.slow
def test_programs_are_clean_under_pyright(programs):
    configuration = {"typeCheckingMode": "basic", "pythonVersion": "3.11"}
    (programs / "pyrightconfig.json").write_text(json.dumps(configuration))
    result = run("pyright", "--pythonpath", sys.executable, ".", cwd=programs)
    assert result.returncode == 0, result.stdout


def test_programs_import_nothing_but_framework_numpy_and_the_standard_library(programs):
    for path in programs.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} <= MODULES, path
            elif isinstance(node, ast.ImportFrom):
                assert node.module in MODULES, path
        other = "torch" if "keras" in path.name else "keras"
        assert f"import {other}" not in path.read_text()


def test_the_same_spec_gives_the_same_bytes_everywhere(programs, tmp_path):
    """Whatever the hash seed, the folder and the locale."""
    command = f"""
import samenet, sys
sys.stdout.write(samenet.compile({str(ROOT / "specs" / "complete.net.toml")!r}, "torch").text)
"""
    for seed in ("1", "2"):
        result = subprocess.run(
            [sys.executable, "-c", command],
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert result.stdout == (programs / "complete_torch.py").read_text()


def test_an_edit_is_noticed(programs):
    text = (programs / "complete_torch.py").read_text()
    assert is_unedited(text)
    assert not is_unedited(text.replace("BATCH_SIZE = 32", "BATCH_SIZE = 64"))
    assert not is_unedited("print('my own program')\n")
    assert not is_unedited("")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.slow
def test_a_program_run_alone_gives_what_training_in_process_gives(backend, programs, tmp_path):
    """The same text, the same numbers, from another folder and without samenet."""
    program = programs / f"complete_{backend}.py"
    command = [sys.executable, "-I", str(program), "--epochs", "2", "--output", "out/here"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    history = json.loads((tmp_path / "out" / "here" / "history.json").read_text())
    expected = samenet.train(ROOT / "specs" / "complete.net.toml", backend, epochs=2).history
    assert history.keys() == expected.keys()
    for name, values in expected.items():
        assert history[name] == pytest.approx(values, rel=1e-5), name
    assert list((tmp_path / "out" / "here").glob("model.*"))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.slow
def test_a_program_explains_itself_and_refuses_bad_input(backend, programs, tmp_path):
    program = programs / f"complete_{backend}.py"

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(program), *arguments], capture_output=True, text=True, check=False
        )

    shown = call("--help")
    assert shown.returncode == 0
    for option in ("--epochs", "--data", "--output"):
        assert option in shown.stdout
    (tmp_path / "junk.npz").write_bytes(b"not an archive")
    for arguments, words in (
        (("--data", str(tmp_path / "junk.npz")), "not a readable NPZ file"),
        (("--data", str(tmp_path / "absent.npz")), "no such file"),
    ):
        result = call(*arguments)
        assert result.returncode == 1
        assert words in result.stderr
        assert "Traceback" not in result.stderr
