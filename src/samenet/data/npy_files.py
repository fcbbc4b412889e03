"""NumPy's NPY: a folder with a file for each array. Inputs may be larger than memory.

Files of inputs are mapped into memory and read batch by batch, in each epoch again.

Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from samenet.data.named_arrays import NamedArrays
from samenet.diagnostics import Code, Path, Refusal

if TYPE_CHECKING:
    from samenet.graph.ir import ResolvedGraph
    from samenet.spec.model import Spec


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

    def refusals(self, spec: Spec, graph: ResolvedGraph) -> Iterator[Refusal]:
        """The arrays have the names of files of the folder and of no other."""
        del spec, graph
        names: list[tuple[Path, str | None]] = [
            (("data", "sample_weight"), self.sample_weight),
            (("data", "groups"), self.groups),
            (("data", "order_by"), self.order_by),
        ]
        for key, arrays in (("x", self.x), ("y", self.y)):
            for name, array in arrays.items():
                names.append((("data", key, *([name] if name else [])), array))
        for path, name in names:
            if name is not None and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
                message = f"{name!r} is not the name of an NPY file of the folder"
                hint = 'write it without ".npy", in letters, digits, "_", "-" and "."'
                yield Code.DATA_MISMATCH, path, message, hint
