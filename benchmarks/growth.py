"""What does one more layer, sample or step cost, where there are many?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.clock import repeated, report
from benchmarks.harness import Contestant, Group, Scale
from benchmarks.training import contestant, prepared
from benchmarks.workloads import WORKLOADS

HEAD = """version = 1
[input]
shape = [64]
[optimizer]
type = "adam"
[training]
loss = "sparse_categorical_crossentropy"
epochs = 3
[data]
source = "arrays"
"""
LAYER = """[[layers]]
type = "dense"
units = 64
activation = "relu"
"""
LAST = """[[layers]]
type = "dense"
units = 10
activation = "softmax"
"""

LAYERS = (10, 100, 1000)
PARTS = (1 / 12, 1 / 4, 1.0)
BATCHES = (32, 128, 512)


def groups(folder: Path, scale: Scale) -> Iterator[Group]:
    """Layers of a spec, samples of an epoch, samples of a batch; the first number is the reference.

    Where all grows in proportion, what one costs stays the same: a ratio of 1.
    """
    rounds = scale.rounds(5)
    for action in ("validate", "compile"):
        yield Group(
            f"samenet.{action}: a layer",
            [_layers(action, count, folder, str(1.5 * scale.effort)) for count in LAYERS],
            ("layer_cpu_ms",),
            rounds,
        )
    for backend, framework in (("torch", "PyTorch"), ("keras", "Keras")):
        yield Group(
            f"samenet's {framework} program, MLP: a sample of an epoch",
            [_samples(backend, part * scale.samples, folder) for part in PARTS],
            ("sample_cpu_us", "sample_wall_us"),
            rounds,
        )
        yield Group(
            f"samenet's {framework} program, MLP: a sample of a batch",
            [_batches(backend, size, scale.samples / 4, folder) for size in BATCHES],
            ("sample_cpu_us", "sample_wall_us"),
            rounds,
        )


def _layers(action: str, count: int, folder: Path, seconds: str) -> Contestant:
    file = folder / f"{count}.net.toml"
    file.write_text(HEAD + LAYER * (count - 1) + LAST, encoding="utf-8")
    command = ("-m", "benchmarks.growth", action, str(file), str(count), seconds)
    return Contestant(f"{count:,} layers", command)


def _samples(backend: str, part: float, folder: Path) -> Contestant:
    place = folder / f"samples_{part:.4f}"
    if not place.exists():
        prepared(place, "mlp", part)
    name = f"{round(WORKLOADS['mlp'].training * part):,} samples"
    return contestant(f"program_{backend}", name, "mlp", place)


def _batches(backend: str, size: int, part: float, folder: Path) -> Contestant:
    place = folder / f"batches_{size}"
    if not place.exists():
        prepared(place, "mlp", part, f"training.batch_size={size}")
    return contestant(f"program_{backend}", f"batches of {size}", "mlp", place)


def main(action: str, file: str, layers: int, seconds: float) -> None:
    """Print what a layer costs."""
    import samenet

    jobs = {
        "validate": lambda: samenet.validate(file),
        "compile": lambda: samenet.compile(file, "torch"),
    }
    report(layer_cpu_ms=repeated(jobs[action], seconds)["cpu_ms"] / layers)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
