"""How long does an epoch take, beside the scripts that one would write by hand?"""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import ROOT, Contestant, Group, Scale
from benchmarks.workloads import WORKLOADS, count, samples, spec, write_samples

EPOCHS = 3
FIGURES = ("epoch_cpu_s", "epoch_wall_s", "start_and_first_epoch_cpu_s")

CONTESTANTS = {
    "PyTorch": {
        "torch_loop": "a loop with data loaders",
        "lightning_trainer": "Lightning",
        "torch_tuned": "the fastest loop known to us",
        "program_torch": "samenet's program",
        "in_process_torch": "samenet.train",
    },
    "Keras": {
        "keras_fit": "fit on arrays",
        "keras_tuned": "the fastest loop known to us",
        "program_keras": "samenet's program",
        "in_process_keras": "samenet.train",
    },
}
"""For each framework, who trains; the first is the reference."""


def groups(folder: Path, scale: Scale) -> Iterator[Group]:
    """A group for each workload and framework."""
    for name, workload in WORKLOADS.items():
        place = prepared(folder / name, name, scale.samples)
        title = f"{workload.title}, {round(workload.training * scale.samples):,} samples"
        for framework, contestants in CONTESTANTS.items():
            yield Group(
                f"{title}, {framework}",
                [contestant(*item, name, place) for item in contestants.items()],
                FIGURES,
                rounds=scale.rounds(5),
            )


def contestant(who: str, title: str, name: str, folder: Path, epochs: int = EPOCHS) -> Contestant:
    """Somebody who trains a workload with the samples in a folder."""
    return Contestant(title, ("-m", "benchmarks.training", who, name, str(folder), str(epochs)))


def prepared(folder: Path, name: str, part: float = 1.0, *overrides: str) -> Path:
    """A folder with the samples of a workload, or a part of them, and samenet's programs.

    All is made in processes of its own: what this one holds in memory counts as the peak of those
    that it starts.
    """
    folder.mkdir(parents=True)
    python = (sys.executable, "-m")
    sizes = [str(part), str(folder)]
    subprocess.run([*python, "benchmarks.training", "samples", name, *sizes], cwd=ROOT, check=True)
    for backend in ("torch", "keras"):
        program = ["-b", backend, "-o", str(folder / f"{backend}_program.py")]
        changes = [word for override in overrides for word in ("--set", override)]
        command = [*python, "samenet", "compile", str(spec(name)), *program, *changes]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


def write(name: str, part: float, folder: Path) -> None:
    """Write a part of the samples of a workload."""
    workload = WORKLOADS[name]
    write_samples(
        folder,
        workload.shape,
        max(1, round(workload.training * part)),
        max(1, round(workload.validation * part)),
    )


def train(who: str, name: str, folder: Path, epochs: int) -> None:
    """Train as one contestant, and print the figures."""
    from benchmarks import programs

    way, _, backend = who.rpartition("_")
    if way == "program":
        clock = programs.train_program(folder / f"{backend}_program.py", backend, epochs)
    elif way == "in_process":
        clock = programs.train_in_process(name, backend, *samples(folder), epochs)
    else:
        script = importlib.import_module(f"benchmarks.handwritten.{who}")
        clock = script.train(name, *samples(folder), epochs)
    clock.report(count(folder))


if __name__ == "__main__":
    what, workload_name, *rest = sys.argv[1:]
    if what == "samples":
        write(workload_name, float(rest[0]), Path(rest[1]))
    else:
        train(what, workload_name, Path(rest[0]), int(rest[1]))
