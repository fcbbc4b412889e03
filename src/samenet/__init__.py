"""One spec, the same network in Keras and PyTorch, and a proof of it.

    spec = samenet.load("complete.net.toml")
    print(samenet.compile(spec, "torch").text)
    model = samenet.build(spec, "keras")
    run = samenet.train(spec, "torch")
    print(samenet.verify(spec).verdict)

`load` and `compile` need no framework; `build` and `train` need the one that they are asked for,
`verify` needs both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samenet.api import build, compile, load, render, summary, train, validate, verify
from samenet.diagnostics import Diagnostic, FrameworkError, SpecError
from samenet.version import VERSION

if TYPE_CHECKING:
    from samenet.extending import register

__version__ = VERSION

__all__ = [
    "Diagnostic",
    "FrameworkError",
    "SpecError",
    "__version__",
    "build",
    "compile",
    "load",
    "register",
    "render",
    "summary",
    "train",
    "validate",
    "verify",
]


def __getattr__(name: str) -> Any:
    """`register`, which few need, is imported when it is asked for."""
    if name == "register":
        from samenet.extending import register  # noqa: PLC0415

        return register
    raise AttributeError(f"module 'samenet' has no attribute {name!r}")
