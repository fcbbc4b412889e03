"""What all tests share: the frameworks, imported once and in the right order, and their types."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests import frameworks

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
# Networks this small gain nothing from threads, and lose up to 80 times beside a busy process.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["KERAS_BACKEND"] = "tensorflow"
# Different kernels on different processors would make float32 results differ between machines.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"


@pytest.fixture
def float64() -> Iterator[None]:
    """Both frameworks compute in double precision, in which a wrong mapping cannot hide."""
    frameworks.set_float_type("float64")
    yield
    frameworks.set_float_type("float32")
