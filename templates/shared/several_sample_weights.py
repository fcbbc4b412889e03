"""Samples with a weight for each, of networks with several inputs or outputs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .several import rows


class Dataset(NamedTuple):
    """Samples: inputs and targets, several of them in a dictionary, and weights."""

    x: Any
    y: Any
    weights: np.ndarray

    @property
    def size(self) -> int:
        """How many samples there are."""
        return len(self.weights)

    def take(self, indices: np.ndarray) -> Dataset:
        """The samples at some positions, in their order."""
        x, y = rows(self.x, indices), rows(self.y, indices)
        return Dataset(x, y, self.weights[indices])
