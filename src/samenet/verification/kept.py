"""The helpers that an idiomatic program keeps, since its framework has no part for their place."""

from __future__ import annotations

import ast

from samenet.codegen.helpers import read, used_names
from samenet.compiler import Program
from samenet.lowering import Backend

FILES: dict[Backend, tuple[str, ...]] = {
    "keras": ("activations", "augmentation", "convolutions", "embeddings", "parameters", "pooling"),
    "torch": (
        "activations",
        "attention",
        "augmentation",
        "averages",
        "callbacks",
        "constraints",
        "convolutions",
        "einsum",
        "embeddings",
        "layers",
        "losses",
        "merging",
        "optimizers/adam",
        "optimizers/around",
        "optimizers/elements",
        "optimizers/norms",
        "parameters",
        "pooling",
        "preprocessing",
        "recurrent",
        "regularization",
        "regularizers",
        "reshaping",
    ),
}
"""The files of helpers that say what a spec means; others read data or report."""

ENGINE = {"Callback", "PrintEpochs", "LearningRateScheduler", "LearningRateByStep", "under"}
"""Helpers of those files that a training loop of one's own would have too."""


def kept_helpers(program: Program) -> dict[str, str]:
    """The helpers that a program names above them, and the first lines of what they are."""
    folder = program.backend
    own = read("torch/own").definitions if folder == "torch" else {}
    exchanged = {name for name, text in own.items() if text in program.text}
    known = {name for file in FILES[folder] for name in read(f"{folder}/{file}").definitions}
    above, _, below = program.text.partition("\n# Helpers")
    wanted = (used_names(ast.parse(above)) | named_later(below)) & known - ENGINE - exchanged
    return {
        node.name: (ast.get_docstring(node) or "").partition("\n")[0].rstrip(".")
        for node in ast.parse(below.partition("\n")[2]).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in wanted
    }


def named_later(below: str) -> frozenset[str]:
    """What the tables behind the helpers name, e.g. constraints."""
    tables = [
        node for node in ast.parse(below.partition("\n")[2]).body if isinstance(node, ast.Assign)
    ]
    return frozenset(name for node in tables for name in used_names(node))
