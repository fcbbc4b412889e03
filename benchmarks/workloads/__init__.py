"""The networks that are trained: a spec for each, and samples made by seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

HERE = Path(__file__).parent

CLASSES = 10
BATCH_SIZE = 128
EVALUATION_BATCH_SIZE = 1024


@dataclass(frozen=True)
class Workload:
    """A network and its samples.

    Attributes:
        title: what it is.
        shape: of one sample.
        training: how many samples are trained with in an epoch.
        validation: how many it is validated with.
    """

    title: str
    shape: tuple[int, ...]
    training: int
    validation: int


WORKLOADS: Mapping[str, Workload] = MappingProxyType(
    {
        "mlp": Workload("MLP of 784 inputs", (784,), 60_000, 10_000),
        "cnn": Workload("CNN on 28 x 28", (28, 28, 1), 6_000, 1_000),
        "lstm": Workload("LSTM over 64 steps", (64, 32), 4_096, 512),
        "transformer": Workload("transformer over 64 steps", (64, 32), 4_096, 512),
    }
)


@dataclass(frozen=True)
class Samples:
    """Inputs (N, *shape) as float32 and classes (N,) as int64."""

    x: np.ndarray
    y: np.ndarray


def spec(name: str) -> Path:
    """The spec of a workload."""
    return HERE / f"{name}.net.toml"


def samples(folder: Path) -> tuple[Samples, Samples]:
    """The samples in a folder for training and for validation."""
    import numpy as np

    found = (np.load(folder / f"{part}.npz") for part in ("training", "validation"))
    training, validation = (Samples(arrays["x"], arrays["y"]) for arrays in found)
    return training, validation


def count(folder: Path) -> int:
    """How many samples an epoch has."""
    import numpy as np

    return len(np.load(folder / "training.npz")["y"])


def write_samples(folder: Path, shape: tuple[int, ...], training: int, validation: int) -> None:
    """Write noise around a pattern for each class, so that there is something to learn."""
    import numpy as np

    generator = np.random.default_rng(0)
    patterns = generator.random((CLASSES, *shape), dtype=np.float32)
    for name, number in (("training", training), ("validation", validation)):
        y = generator.integers(CLASSES, size=number)
        x = generator.random((number, *shape), dtype=np.float32)
        x *= 0.7
        x += 0.3 * patterns[y]
        np.savez(folder / f"{name}.npz", x=x, y=y)
