"""Source to live module: the only place that imports a framework.

A live model is a compiled program, executed; what is read is what runs. The text is registered
with `linecache`, so that a traceback shows the line of the program that it is about.
"""

from __future__ import annotations

import importlib
import importlib.util
import linecache
import math
import os
import platform
import sys
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np

from samenet.codegen.render import digest
from samenet.compiler import Program
from samenet.diagnostics import FrameworkError, listed
from samenet.lowering import Backend
from samenet.schema import kind_of
from samenet.spec.model import Spec

PACKAGES: dict[Backend, str] = {"keras": "keras", "torch": "torch"}

INSTALL: dict[Backend, str] = {
    "keras": "pip install 'samenet[keras]' (or 'samenet[keras-cpu]')",
    "torch": "pip install 'samenet[torch]'",
}


EXTRAS = {"polars": "parquet", "PIL": "images"}
"""The packages that some programs read data with, and what samenet is installed with for them."""


def is_installed(backend: Backend) -> bool:
    """Whether the framework's package can be found; it is not imported."""
    return importlib.util.find_spec(PACKAGES[backend]) is not None


def require(backend: Backend) -> ModuleType:
    """The imported framework.

    Raises:
        FrameworkError: it is not installed or cannot be imported.
    """
    if not is_installed(backend):
        raise FrameworkError(
            f"{PACKAGES[backend]} is not installed; install it: {INSTALL[backend]}"
        )
    # Idle threads of PyTorch spin otherwise: on two cores, one of them busy, that was measured to
    # make a step 100 times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        return importlib.import_module(PACKAGES[backend])
    except ImportError as error:  # e.g. Keras without TensorFlow
        message = (
            f"{PACKAGES[backend]} cannot be imported ({error}); install it: {INSTALL[backend]}"
        )
        raise FrameworkError(message) from error


def require_packages(spec: Spec, backend: Backend) -> None:
    """Whether there are the packages that callbacks need beside the framework.

    Raises:
        FrameworkError: one is not installed.
    """
    for callback in spec.callbacks:
        package = callback.PACKAGES.get(backend)
        if package is not None and importlib.util.find_spec(package) is None:
            message = f"{package}, which {kind_of(type(callback))} needs, is not installed"
            raise FrameworkError(f"{message}; install it: pip install 'samenet[tensorboard]'")


def execute(program: Program, file: Path | None = None) -> ModuleType:
    """The module of a program; the same text is executed once.

    Args:
        program: the program.
        file: where it stands, if it is one that somebody else has written or edited.

    Raises:
        FrameworkError: its framework is not installed or cannot be imported, or what reads its data
            is not installed.
    """
    name = f"samenet_{program.backend}_{digest(program.text)[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    require(program.backend)
    place = f"<{name}>" if file is None else str(file)
    lines = program.text.splitlines(keepends=True)
    linecache.cache[place] = (len(program.text), None, lines, place)
    module = ModuleType(name)
    module.__file__ = place
    sys.modules[name] = module
    try:
        exec(compile(program.text, place, "exec"), module.__dict__)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, ModuleNotFoundError) and error.name in EXTRAS:
            extra = f"pip install 'samenet[{EXTRAS[error.name]}]'"
            message = f"{error.name} is not installed, which reads the data; install it: {extra}"
            raise FrameworkError(message) from error
        raise
    return module


def build_model(module: ModuleType, backend: Backend, device: str = "auto") -> Any:
    """The model that a program builds, on a device; see `placed` for the rest of its life.

    Raises:
        FrameworkError: there is no such device.
    """
    if backend == "torch" and device != "auto":
        torch: Any = require("torch")
        return module.build_model(torch.device(_found(module, backend, device)))
    with placed(module, backend, device):
        return module.build_model()


def placed(module: ModuleType, backend: Backend, device: str) -> AbstractContextManager[Any]:
    """What a program computes meanwhile is computed on a device; PyTorch follows the model there.

    Args:
        module: the program.
        backend: its framework.
        device: "auto", which leaves it to the framework, "cpu", "cuda", "cuda:1" or "mps".

    Raises:
        FrameworkError: there is no such device.
    """
    if backend == "torch" or device == "auto":
        return nullcontext()
    keras: Any = require("keras")
    return keras.device(_found(module, backend, device))


def _found(module: ModuleType, backend: Backend, device: str) -> str:
    """The framework's own name of a device.

    Raises:
        FrameworkError: there is no such device.
    """
    names: list[str] = module.devices()
    if backend == "torch":
        known = {name: name for name in names}
    else:  # Keras counts them all: gpu:0, cpu:0
        known = {name.replace("gpu", "cuda"): name for name in names}
        known |= {name.removesuffix(":0"): own for name, own in known.items()}
    if device not in known:
        allowed = listed(sorted({"auto", *known}))
        raise FrameworkError(f"{backend} finds no device {device!r} here; allowed: {allowed}")
    return known[device]


Precision = Literal["float64", "float32"]


def float_type(backend: Backend) -> Precision:
    """What a framework computes in."""
    framework: Any = require(backend)
    keras = backend == "keras"
    name = framework.config.floatx() if keras else str(framework.get_default_dtype())
    return "float64" if name.endswith("float64") else "float32"


def set_float_type(backend: Backend, name: Precision) -> None:
    """Make a framework compute in a precision from here on."""
    framework: Any = require(backend)
    if backend == "keras":
        framework.config.set_floatx(name)
        # Keras makes the policy of its layers from the type once, at first use.
        framework.config.set_dtype_policy(name)
    else:
        framework.set_default_dtype(getattr(framework, name))


@contextmanager
def kept_float_type(backend: Backend) -> Generator[None]:
    """A framework computes as before in what follows, whatever a program sets meanwhile."""
    framework: Any = require(backend)
    before = float_type(backend)
    policy = framework.config.dtype_policy() if backend == "keras" else None
    try:
        yield
    finally:
        set_float_type(backend, before)
        if backend == "keras":
            framework.config.set_dtype_policy(policy)


def versions(backend: Backend) -> dict[str, str]:
    """The versions of Python, NumPy and the framework; with Keras, also of what it runs on."""
    framework: Any = require(backend)
    found = {"python": platform.python_version(), "numpy": np.__version__}
    found[PACKAGES[backend]] = str(framework.__version__)
    if backend == "keras":
        engine = str(framework.backend.backend())
        found[engine] = str(importlib.import_module(engine).__version__)
    return found


def callback(listener: Any, backend: Backend, batches: int) -> Any:
    """What a program's `train` takes as a callback that tells a listener of everything.

    Args:
        listener: has the methods of `samenet.training.progress.Progress`.
        backend: the framework.
        batches: how many an epoch has.
    """
    if backend == "torch":
        return listener
    keras: Any = require("keras")
    told = -1  # the last batch of the epoch of which it was told

    def on_epoch_begin(epoch: int, logs: Any = None) -> None:
        nonlocal told
        told = -1
        listener.on_epoch_begin(epoch, logs)

    def on_train_batch_end(batch: int, logs: Any = None) -> None:
        nonlocal told
        # Of several steps in one call Keras tells the last one, also where the epoch has fewer.
        for index in range(told + 1, min(batch + 1, batches)):
            listener.on_train_batch_end(index, logs)
        told = batch

    adapter = keras.callbacks.LambdaCallback(
        on_epoch_begin=on_epoch_begin,
        on_train_batch_end=on_train_batch_end,
        on_epoch_end=listener.on_epoch_end,
        on_train_end=listener.on_train_end,
    )
    adapter.async_safe = True  # it reads no value of a batch, so no step has to wait for it
    return adapter


def named_weights(model: Any, backend: Backend) -> Mapping[str, Any]:
    """The live weights of a model that `build` or `train` made, by the spec's names."""
    if backend == "torch":
        return model.named_weights()
    prefix = f"{model.name}/" if type(model).__name__ == "Sequential" else ""
    return {weight.path.removeprefix(prefix): weight for weight in model.weights}


def weights(model: Any, backend: Backend) -> dict[str, np.ndarray]:
    """Copies of the weights by the spec's names, in Keras' layouts, whatever the framework."""
    live = named_weights(model, backend)
    if backend == "torch":
        return {path: w.detach().cpu().numpy().copy() for path, w in live.items()}
    return {path: np.array(w.numpy()) for path, w in live.items()}


def set_weights(model: Any, backend: Backend, values: Mapping[str, np.ndarray]) -> None:
    """Give a live model its weights by the spec's names, in Keras' layouts."""
    live = named_weights(model, backend)
    if backend == "keras":
        for path, weight in live.items():
            weight.assign(values[path])
        return
    torch: Any = require("torch")
    with torch.no_grad():
        for path, weight in live.items():
            weight.copy_(torch.from_numpy(np.array(values[path])))


def trained_weights(model: Any, backend: Backend) -> set[str]:
    """The names of the weights of a live model that are trained."""
    flag = "requires_grad" if backend == "torch" else "trainable"
    live = named_weights(model, backend)
    return {path for path, weight in live.items() if getattr(weight, flag)}


def parameters(model: Any, backend: Backend, *, trainable: bool) -> int:
    """How many numbers the (non-)trainable weights of a live model hold."""
    live, trained = named_weights(model, backend), trained_weights(model, backend)
    return sum(math.prod(w.shape) for path, w in live.items() if (path in trained) == trainable)
