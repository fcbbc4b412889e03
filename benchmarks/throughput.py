"""How many specs a second does one process check or compile?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.clock import repeated, report
from benchmarks.harness import ROOT, Contestant, Group, Scale

SPEC = ROOT / "specs" / "complete.net.toml"
FIGURES = ("cpu_ms", "wall_ms")


def groups(folder: Path, scale: Scale) -> Iterator[Group]:
    """Checking, and compiling; times are those of one spec."""
    del folder
    seconds = str(1.5 * scale.effort)

    def contestant(name: str, action: str) -> Contestant:
        return Contestant(name, ("-m", "benchmarks.throughput", action, seconds))

    rounds = scale.rounds(11)
    yield Group(
        "check a spec, warm",
        [
            contestant("a short validator: tomllib, pydantic", "short"),
            contestant("samenet.validate", "validate"),
            contestant("samenet.validate and samenet.advise", "advise"),
        ],
        FIGURES,
        rounds,
    )
    yield Group(
        "compile a spec, warm",
        [
            contestant("a formatter alone: ruff format", "format"),
            contestant("samenet.compile, PyTorch", "compile_torch"),
            contestant("samenet.compile, Keras", "compile_keras"),
        ],
        FIGURES,
        rounds,
    )


def action(name: str) -> Callable[[], Any]:
    """What is repeated: it begins with the file of the spec."""
    if name == "short":
        from benchmarks.handwritten.validator import validate

        return lambda: validate(SPEC.read_text(encoding="utf-8"))
    import samenet

    if name == "format":
        from ruff import find_ruff_bin

        command = [find_ruff_bin(), "format", "--isolated", "--silent", "-"]
        text = samenet.compile(SPEC, "torch").text.encode()
        return lambda: subprocess.run(command, input=text, capture_output=True, check=True)
    return {
        "validate": lambda: samenet.validate(SPEC),
        "advise": lambda: samenet.advise(SPEC),
        "compile_torch": lambda: samenet.compile(SPEC, "torch"),
        "compile_keras": lambda: samenet.compile(SPEC, "keras"),
    }[name]


if __name__ == "__main__":
    report(**repeated(action(sys.argv[1]), float(sys.argv[2])))
