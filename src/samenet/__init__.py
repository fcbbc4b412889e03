"""One spec, the same network in Keras and PyTorch, and a proof of it.

    spec = samenet.load("complete.net.toml")
    print(samenet.compile(spec, "torch").text)
    model = samenet.build(spec, "keras")
    run = samenet.train(spec, "torch")
    samenet.evaluate(folder_of_a_run), samenet.predict(folder_of_a_run, x)
    print(samenet.verify(spec).verdict)

`load` and `compile` need no framework; `build` and `train` need the one that they are asked for,
`verify` needs both.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from samenet.version import VERSION

if TYPE_CHECKING:
    from samenet.api import (
        ablate,
        advise,
        build,
        compile,
        diagram,
        diff,
        drift,
        evaluate,
        load,
        predict,
        render,
        report,
        summary,
        sweep,
        train,
        validate,
        verify,
    )
    from samenet.diagnostics import Diagnostic, FrameworkError, SpecError
    from samenet.extending import register

__version__ = VERSION

__all__ = [
    "Diagnostic",
    "FrameworkError",
    "SpecError",
    "__version__",
    "ablate",
    "advise",
    "build",
    "compile",
    "diagram",
    "diff",
    "drift",
    "evaluate",
    "load",
    "predict",
    "register",
    "render",
    "report",
    "summary",
    "sweep",
    "train",
    "validate",
    "verify",
]

_MODULES = {
    "Diagnostic": "diagnostics",
    "FrameworkError": "diagnostics",
    "SpecError": "diagnostics",
    "register": "extending",
}
"""Where what is not a job of `samenet.api` stands."""


def __getattr__(name: str) -> Any:
    """What is asked for is imported then: the command line starts faster without all of it."""
    if name not in __all__:
        raise AttributeError(f"module 'samenet' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"samenet.{_MODULES.get(name, 'api')}"), name)
    globals()[name] = value
    return value
