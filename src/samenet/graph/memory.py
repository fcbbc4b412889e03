"""How much memory a network needs, and whether it is there, before anything is allocated."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from samenet.diagnostics import Code, Diagnostic, SpecError
from samenet.graph.ir import ResolvedGraph, ResolvedNode, Shape

BYTES = 4
"""Of a number in 32 bits."""


@dataclass(frozen=True)
class Demand:
    """Bytes that a network needs at least.

    Attributes:
        weights: for its weights.
        training: for their gradients and what the optimizer keeps of each.
        activations: for the outputs of all layers, which training keeps for one batch.
        largest: the name of the layer with the most weights and outputs, and its bytes.
    """

    weights: int
    training: int
    activations: int
    largest: tuple[str, int]

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.training + self.activations


def activation_bytes(node: ResolvedNode) -> int:
    """The bytes of a layer's outputs for one sample."""
    return BYTES * sum(math.prod(shape) for shape in node.output_shapes)


def demand(
    graph: ResolvedGraph,
    *,
    batch_size: int = 0,
    state_size: Callable[[str, Shape], int] | None = None,
) -> Demand:
    """What a network needs.

    Args:
        graph: the network.
        batch_size: the samples of a batch in training; 0 if it is only built.
        state_size: how many numbers the optimizer keeps of a trained weight, by path and shape;
            by default none.
    """
    trained = {path: w for path, w in graph.weights().items() if w.trainable}
    kept = sum(w.size for w in trained.values())
    if state_size is not None:
        kept += sum(state_size(path, w.shape) for path, w in trained.items())
    sizes = {
        node.name: BYTES * node.parameters() + batch_size * activation_bytes(node)
        for node in graph.nodes
    }
    largest = max(sizes, key=lambda name: sizes[name])
    return Demand(
        weights=BYTES * graph.parameters(),
        training=BYTES * kept if batch_size else 0,
        activations=batch_size * sum(map(activation_bytes, graph.nodes)),
        largest=(largest, sizes[largest]),
    )


def available() -> int | None:
    """The bytes of memory that this process can still take, or None where nobody says so."""
    found: list[int] = []
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                found.append(1024 * int(line.split()[1]))
    except (OSError, ValueError, IndexError):
        pass
    if not found and hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(found, default=None)


def check_memory(needed: Demand, limit: int | None) -> None:
    """Refuse what does not fit.

    Raises:
        SpecError: it needs more than the limit.
    """
    if limit is None or needed.total <= limit:
        return
    name, size = needed.largest
    parts = f"weights {shown(needed.weights)}"
    if needed.training:
        parts += f", gradients and optimizer {shown(needed.training)}"
    if needed.activations:
        parts += f", outputs of the layers for one batch {shown(needed.activations)}"
    message = f"the network needs {shown(needed.total)} ({parts}), {shown(limit)} are free"
    hint = f"the layer {name} alone takes {shown(size)}; make it or the batch smaller"
    raise SpecError([Diagnostic(Code.MEMORY, message, hint, ("layers",))])


def shown(size: int) -> str:
    """Bytes as a person reads them."""
    value, unit = float(size), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            break
        value /= 1024
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
