"""Source to live module: the only place that imports a framework.

A live model is a compiled program, executed; what is read is what runs. The text is registered
with `linecache`, so that a traceback shows the line of the program that it is about.
"""

from __future__ import annotations

import importlib
import importlib.util
import linecache
import sys
from types import ModuleType

from samenet.codegen.render import digest
from samenet.compiler import Program
from samenet.diagnostics import FrameworkError
from samenet.lowering import Backend

PACKAGES: dict[Backend, str] = {"keras": "keras", "torch": "torch"}

INSTALL: dict[Backend, str] = {
    "keras": "pip install 'samenet[keras]' (or 'samenet[keras-cpu]')",
    "torch": "pip install 'samenet[torch]'",
}


def is_installed(backend: Backend) -> bool:
    """Whether the framework's package can be found; it is not imported."""
    return importlib.util.find_spec(PACKAGES[backend]) is not None


def require(backend: Backend) -> ModuleType:
    """The imported framework.

    Raises:
        FrameworkError: it is not installed or cannot be imported.
    """
    if not is_installed(backend):
        raise FrameworkError(f"{PACKAGES[backend]} is not installed; install it: {INSTALL[backend]}")
    try:
        return importlib.import_module(PACKAGES[backend])
    except ImportError as error:  # e.g. Keras without TensorFlow
        message = f"{PACKAGES[backend]} cannot be imported ({error}); install it: {INSTALL[backend]}"
        raise FrameworkError(message) from error


def execute(program: Program) -> ModuleType:
    """The module of a program; the same text is executed once.

    Raises:
        FrameworkError: its framework is not installed or cannot be imported.
    """
    name = f"samenet_{program.backend}_{digest(program.text)[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    require(program.backend)
    file = f"<{name}>"
    lines = program.text.splitlines(keepends=True)
    linecache.cache[file] = (len(program.text), None, lines, file)
    module = ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    try:
        exec(compile(program.text, file, "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module
