"""How much memory does training take at its peak?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import Group, Scale
from benchmarks.training import CONTESTANTS, contestant, prepared
from benchmarks.workloads import WORKLOADS

FIGURES = ("peak_bytes",)


def groups(folder: Path, scale: Scale) -> Iterator[Group]:
    """The MLP on few and on many samples, in each framework."""
    whole = WORKLOADS["mlp"].training
    for part in (scale.samples / 6, scale.samples):
        place = prepared(folder / f"{part:.3f}", "mlp", part)
        for framework, contestants in CONTESTANTS.items():
            yield Group(
                f"MLP, {round(whole * part):,} samples, {framework}",
                [contestant(*item, "mlp", place, epochs=2) for item in contestants.items()],
                FIGURES,
                rounds=scale.rounds(3),
            )
