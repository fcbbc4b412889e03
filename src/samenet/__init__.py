"""One spec, the same network in Keras and PyTorch, and a proof of it.

    spec = samenet.load("complete.net.toml")
    print(samenet.compile(spec, "torch").text)
    model = samenet.build(spec, "keras")
    run = samenet.train(spec, "torch")

`load` and `compile` need no framework; `build` and `train` need the one that they are asked for.
"""

from samenet.api import build, compile, load, summary, train, validate
from samenet.diagnostics import Diagnostic, FrameworkError, SpecError
from samenet.version import VERSION

__version__ = VERSION

__all__ = [
    "Diagnostic",
    "FrameworkError",
    "SpecError",
    "__version__",
    "build",
    "compile",
    "load",
    "summary",
    "train",
    "validate",
]
