"""NumPy's NPZ: arrays of one file, samples along the first axis. Pickled objects are refused.

Source: https://numpy.org/doc/stable/reference/generated/numpy.load.html
"""

from __future__ import annotations

from typing import Literal

from samenet.data.named_arrays import NamedArrays


class NPZ(NamedArrays):
    """Inputs (N, *input shape) and targets (N,) or (N, *output shape) from an NPZ file."""

    source: Literal["npz"]
