"""NumPy's NPY: a folder with a file for each array. Inputs may be larger than memory.

Files of inputs are mapped into memory and read batch by batch, in each epoch again.

Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

from samenet.data.named_arrays import NamedArrays


class NPY(NamedArrays):
    """Inputs (N, *input shape) and targets from the NPY files of a folder; `x` is in `x.npy`.

    Inputs stay in their files and are read batch by batch, so that they may be larger than memory;
    targets and weights are read at once.
    """

    STREAMS = True
    VARIANTS = MappingProxyType(
        {
            ("shared/data", "read_arrays"): "shared/memory_maps",
            ("shared/data", "check_inputs"): "shared/memory_maps",
            ("shared/data", "check_whole_numbers"): "shared/memory_maps",
            ("keras/data", "ShuffledBatches"): "keras/memory_maps",
            ("torch/data", "as_tensor"): "torch/memory_maps",
        }
    )

    source: Literal["npy"]
