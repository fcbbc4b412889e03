"""Importing frameworks for a person at a terminal."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager

from samenet.lowering import Backend


def import_frameworks(backends: Iterable[Backend]) -> None:
    """Import frameworks in an order that works, without their notes on the processor.

    Raises:
        FrameworkError: one of them is not installed or cannot be imported.
    """
    from samenet import runtime  # noqa: PLC0415  (imports NumPy)

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # PyTorch first: some versions crash when TensorFlow is imported before it.
    for backend in sorted(set(backends), reverse=True):
        with _held_stderr():
            runtime.require(backend)


@contextmanager
def _held_stderr() -> Generator[None]:
    """Hold back what is written to the error stream; TensorFlow writes before its level is set."""
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(saved, 2)
            held.seek(0)
            os.write(2, held.read())  # it may say why
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
