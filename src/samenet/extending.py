"""Layers of one's own: what a file that adds a layer to the language needs.

`docs/custom_layers.md` shows how. A custom layer is a class of the spec language with one lowering
for each framework, as in the catalogue; the code that the programs carry for it stands in helper
files of its own.
"""

from __future__ import annotations

import ast
from pathlib import Path

from samenet.codegen import helpers
from samenet.codegen.expression import Call, Expression, Name, call, index, method
from samenet.codegen.imports import ALLOWED
from samenet.graph.ir import ResolvedNode, Shape, ShapeError, Weight
from samenet.layers import CATALOGUE
from samenet.layers.base import Layer, TrainableLayer
from samenet.lowering import BACKENDS, KerasLayer, TorchLayer, has_lowering, lowers

__all__ = [
    "Call",
    "Expression",
    "KerasLayer",
    "Layer",
    "Name",
    "ResolvedNode",
    "Shape",
    "ShapeError",
    "TorchLayer",
    "TrainableLayer",
    "Weight",
    "call",
    "helper_file",
    "index",
    "lowers",
    "method",
    "register",
]


def register(layer: type[Layer]) -> type[Layer]:
    """Add a layer to the language, for this process.

    Args:
        layer: a subclass of `Layer` with a field `type: Literal["its_name"]`, for which a lowering
            into each framework is registered with `lowers`.

    Returns:
        The same class.

    Raises:
        TypeError: it is not a subclass of `Layer`, or not of `TrainableLayer` though it has
            weights.
        ValueError: its name is missing or taken, or a lowering is missing.
    """
    if not (isinstance(layer, type) and issubclass(layer, Layer)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"register takes a subclass of samenet.extending.Layer, found {layer!r}")
    if layer.weights is not Layer.weights and not issubclass(layer, TrainableLayer):
        raise TypeError(f"{layer.__name__} has weights; make it a subclass of TrainableLayer")
    for backend in BACKENDS:
        if not has_lowering(layer, backend):
            hint = f'write a function with @lowers({layer.__name__}, "{backend}") before register'
            raise ValueError(f"{layer.__name__} has no lowering for {backend}; {hint}")
    CATALOGUE.register(layer)
    return layer


def helper_file(path: str | Path) -> str:
    """Let programs carry definitions of a Python file; returns what a `Name` calls the file.

    A program receives the functions and classes that it names, and those of the same file that
    they use: `Name("SwiGLU", helper_file("swiglu_torch.py"))`.

    Args:
        path: the file. It may import what programs import (`samenet.codegen.imports.ALLOWED`,
            e.g. `from torch import nn`, `import numpy as np`).

    Raises:
        OSError: it cannot be read.
        ValueError: it is no Python, or imports something else.
    """
    path = Path(path).resolve()
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    except SyntaxError as error:
        raise ValueError(f"{path}:{error.lineno}: {error.msg}") from error
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            _check_import(node, path)
    return helpers.add(path)


def _check_import(node: ast.Import | ast.ImportFrom, path: Path) -> None:
    """An import of a helper file is one that programs have under the same name."""
    for alias in node.names:
        module = alias.name if isinstance(node, ast.Import) else node.module or ""
        member = None if isinstance(node, ast.Import) else alias.name
        if member is None and alias.asname and "." in module:  # import torch.nn.functional as F
            module, _, member = module.rpartition(".")
        name = alias.asname or alias.name
        if ALLOWED.get(name) != (module, member) and module != "__future__":
            raise ValueError(
                f"{path}:{node.lineno}: programs cannot import {name!r} so; "
                f"they have {', '.join(sorted(ALLOWED))} as samenet.codegen.imports says"
            )
