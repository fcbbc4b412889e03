"""A few whole programs, so that a change of what is generated is read as code in a review.

`make regenerate` writes them anew; the version and the digests of the header are left out.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import samenet
from samenet.lowering import BACKENDS
from tests.specs import MANY_OPTIONS, ROOT

FOLDER = Path(__file__).parent / "programs"
SOURCES = {
    "complete": ROOT / "specs" / "complete.net.toml",
    "many_options": MANY_OPTIONS,
    "step_decay": ROOT / "specs" / "schedules" / "step_decay.net.toml",
}
IDIOMATIC = "complete_idiomatic"
CASES = [*((name, backend) for name in SOURCES for backend in BACKENDS), (IDIOMATIC, "torch")]


def text(name: str, backend: str) -> str:
    """The program below its header."""
    source = SOURCES[name.removesuffix("_idiomatic")]
    fidelity = "idiomatic" if name == IDIOMATIC else "exact"
    program = samenet.compile(source, backend, fidelity=fidelity)
    return program.text.partition('\n"""\n')[2].lstrip("\n")


@pytest.mark.parametrize(("name", "backend"), CASES)
def test_golden(name, backend):
    expected = (FOLDER / f"{name}_{backend}.py").read_text(encoding="utf-8")
    assert text(name, backend) == expected, "if it is meant to change: make regenerate"


if __name__ == "__main__":
    for name, backend in CASES:
        (FOLDER / f"{name}_{backend}.py").write_text(text(name, backend), encoding="utf-8")
