"""What all tests share: the frameworks, imported once and in the right order, and their types."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["KERAS_BACKEND"] = "tensorflow"
# Different kernels on different processors would make float32 results differ between machines.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

ROOT = Path(__file__).parents[1]
SPECS = sorted((ROOT / "specs").rglob("*.net.toml"))


@pytest.fixture
def float64() -> Iterator[None]:
    """Both frameworks compute in double precision, in which a wrong mapping cannot hide."""
    import keras
    import torch  # PyTorch first: some versions crash when TensorFlow is imported before it

    torch.set_default_dtype(torch.float64)
    keras.config.set_floatx("float64")
    yield
    torch.set_default_dtype(torch.float32)
    keras.config.set_floatx("float32")


@pytest.fixture
def float32() -> None:
    """Both frameworks compute in single precision, as they do by default."""
    import keras  # noqa: F401
    import torch  # noqa: F401
