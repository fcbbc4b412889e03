"""The frameworks, imported in the right order and only when a test needs them."""

from __future__ import annotations

import importlib


def set_float_type(name: str) -> None:
    """Make both frameworks compute in `float32` or `float64` from here on."""
    # PyTorch first: some versions crash when TensorFlow is imported before it.
    torch = importlib.import_module("torch")
    keras = importlib.import_module("keras")
    torch.set_default_dtype(getattr(torch, name))
    keras.config.set_floatx(name)
    # Keras makes the policy of its layers from the type once, at first use.
    keras.config.set_dtype_policy(name)
