"""How long does a command take that starts, does one spec and ends?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import Contestant, Group, Scale

HERE = Path(__file__).parent
SPEC = str(HERE.parent / "specs" / "complete.net.toml")
VALIDATOR = str(HERE / "handwritten" / "validator.py")

BARE = Contestant("Python, importing tomli and pydantic", ("-c", "import tomli, pydantic.main"))


def groups(folder: Path, scale: Scale) -> Iterator[Group]:
    """One group: the commands that need no framework."""
    samenet = ("-m", "samenet")
    yield Group(
        "cold start",
        [
            BARE,
            Contestant("Python, nothing else", ("-c", "pass")),
            Contestant("a short validator: tomllib, pydantic", (VALIDATOR, SPEC)),
            Contestant("samenet validate", (*samenet, "validate", SPEC)),
            *(
                Contestant(
                    f"samenet compile, {label}",
                    (*samenet, "compile", SPEC, "-b", backend, "-o", str(folder / f"{backend}.py")),
                )
                for backend, label in (("keras", "Keras"), ("torch", "PyTorch"))
            ),
        ],
        rounds=scale.rounds(21),
    )
