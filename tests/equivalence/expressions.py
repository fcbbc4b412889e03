"""Expressions of programs as live values, without a program around them."""

from __future__ import annotations

import functools
import importlib
from typing import Any

from samenet.codegen.emission import emit
from samenet.codegen.expression import Expression, helpers


def live(expression: Expression, **variables: Any) -> Any:
    """What an expression stands for in a program that has its helpers, and variables."""
    importlib.import_module("torch")  # before TensorFlow
    names: dict[str, Any] = {
        "keras": importlib.import_module("keras"),
        "torch": importlib.import_module("torch"),
        "F": importlib.import_module("torch.nn.functional"),
        "partial": functools.partial,
        **variables,
    }
    for file, name in helpers(expression):
        module = importlib.import_module(f"templates.{file.replace('/', '.')}")
        names[name] = getattr(module, name)
    return eval(emit(expression), names)
