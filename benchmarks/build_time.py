"""How long does it take to build a network, in a process that has imported the framework?"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.clock import cpu_seconds, report
from benchmarks.harness import Contestant, Group, Scale
from benchmarks.workloads import WORKLOADS, spec

FIGURES = ("first_cpu_ms", "later_cpu_ms")
LATER = 5
FRAMEWORKS = {"PyTorch": "torch", "Keras": "keras"}


def groups(folder: Path, scale: Scale) -> Iterator[Group]:
    """A group for each network and framework: the first build of a process, and later ones."""
    del folder
    for name in ("mlp", "transformer"):
        for framework, backend in FRAMEWORKS.items():
            yield Group(
                f"{WORKLOADS[name].title}, {framework}",
                [
                    Contestant(title, ("-m", "benchmarks.build_time", who, name, backend))
                    for who, title in (
                        ("handwritten", "written by hand"),
                        ("program", "samenet's program"),
                        ("in_process", "samenet.build"),
                    )
                ],
                FIGURES,
                rounds=scale.rounds(5),
            )


def builder(who: str, name: str, backend: Any) -> Callable[[], Any]:
    """What builds a network, weights and, in Keras, optimizer included."""
    if who == "handwritten":
        module = importlib.import_module(f"benchmarks.handwritten.{backend}_networks")
        build = module.NETWORKS[name]
        if backend == "torch":
            return build

        def compiled() -> Any:
            model = build()
            model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
            return model

        return compiled
    import samenet

    if who == "in_process":
        return lambda: samenet.build(spec(name), backend)
    from samenet import runtime

    return runtime.execute(samenet.compile(spec(name), backend)).build_model


def main(who: str, name: str, backend: str) -> None:
    """Build several times, and print the figures."""
    importlib.import_module(backend)
    build = builder(who, name, backend)
    times: list[float] = []
    for _ in range(1 + LATER):
        before = cpu_seconds()
        build()
        times.append((cpu_seconds() - before) * 1000)
    report(first_cpu_ms=times[0], later_cpu_ms=median(times[1:]))


if __name__ == "__main__":
    main(*sys.argv[1:])
