"""What a command may load: validation starts in a fraction of a second, and needs no framework."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.specs import ROOT

GOOD = ROOT / "specs" / "complete.net.toml"
FRAMEWORKS = {"torch", "keras", "tensorflow", "jax", "sklearn", "mlxtend", "safetensors"}
HEAVY = {"numpy", "jinja2", "rich", "scipy", "pandas", "pygls", "lsprotocol"}
HEAVY |= {"optuna", "sqlalchemy"}

REPORT = """\
import json, sys
try:
    {body}
except SystemExit as end:
    status = end.code
else:
    status = 0
sys.stderr.write(json.dumps([status, sorted(sys.modules)]))
"""


def modules(body: str) -> set[str]:
    """The packages that are loaded after some code has run in a new process."""
    ended = subprocess.run(
        [sys.executable, "-c", REPORT.format(body=body)], capture_output=True, text=True, check=True
    )
    status, names = json.loads(ended.stderr.rpartition("\n")[2])
    assert status in (0, None)
    assert "samenet" in names
    return {name.partition(".")[0] for name in names}


def command(*arguments: str | Path) -> str:
    return f"from samenet.cli import main; main({[*map(str, arguments)]!r})"


@pytest.mark.parametrize(
    "body",
    [
        "import samenet",
        "import samenet.cli",
        command("validate", ROOT / "specs"),
        f"import samenet; samenet.load({str(GOOD)!r})",
        command("--help"),
        command("train", "--help"),
        command("ablate", "--help"),
        command("sweep", "--help"),
    ],
    ids=[
        "import",
        "cli",
        "validate",
        "load",
        "help",
        "train --help",
        "ablate --help",
        "sweep --help",
    ],
)
def test_validation_loads_little(body: str) -> None:
    assert modules(body) & (FRAMEWORKS | HEAVY) == set()


@pytest.mark.parametrize("backend", ["keras", "torch"])
def test_compiling_loads_no_framework(backend: str, tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    loaded = modules(command("compile", GOOD, "-b", backend, "-o", file))
    assert file.exists()
    assert "jinja2" in loaded  # or this test sees nothing
    assert loaded & (FRAMEWORKS | {"numpy", "rich"}) == set()


def test_the_table_of_layers_loads_no_framework() -> None:
    assert modules(command("build", GOOD)) & FRAMEWORKS == set()


def test_a_comparison_loads_no_framework() -> None:
    assert modules(command("diff", GOOD, GOOD)) & FRAMEWORKS == set()


def test_a_bad_spec_loads_little(tmp_path: Path) -> None:
    bad = tmp_path / "bad.net.toml"
    bad.write_text("version = 2")
    body = f"import samenet; assert samenet.validate({str(bad)!r})"
    assert modules(body) & (FRAMEWORKS | HEAVY) == set()


def test_this_test_sees_what_is_loaded() -> None:
    loaded: Any = modules("import samenet, numpy")
    assert "numpy" in loaded
