"""Weights of submodules by their paths."""

from typing import Any

from torch import Tensor


def under(name: str, module: Any) -> dict[str, Tensor]:
    """The weights of a submodule, their paths below a name."""
    return {f"{name}.{path}": value for path, value in module.named_weights().items()}
