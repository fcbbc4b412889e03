"""The frameworks, imported in the right order and only when a test needs them."""

from __future__ import annotations

from samenet import runtime


def set_float_type(name: runtime.Precision) -> None:
    """Make both frameworks compute in `float32` or `float64` from here on."""
    # PyTorch first: some versions crash when TensorFlow is imported before it.
    runtime.set_float_type("torch", name)
    runtime.set_float_type("keras", name)
