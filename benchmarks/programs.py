"""What samenet trains: a compiled program by itself, and in process."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from benchmarks.clock import EpochClock
from benchmarks.workloads import Samples, spec


def train_program(file: Path, backend: str, epochs: int) -> EpochClock:
    """Train with a compiled program, whose samples lie beside it; samenet is not imported."""
    found = importlib.util.spec_from_file_location(file.stem, file)
    assert found is not None
    assert found.loader is not None
    program: Any = importlib.util.module_from_spec(found)
    sys.modules[file.stem] = program
    found.loader.exec_module(program)
    clock = EpochClock()
    if backend == "torch":
        callback = program.Callback()
        callback.on_epoch_end = clock.tick
    else:
        callback = program.keras.callbacks.LambdaCallback(on_epoch_end=clock.tick)
    data = program.load_data(program.DATA, program.VALIDATION)
    program.train(program.build_model(), *data, epochs=epochs, callbacks=[callback])
    assert "samenet" not in sys.modules
    return clock


def train_in_process(
    name: str, backend: Any, training: Samples, validation: Samples, epochs: int
) -> EpochClock:
    """Train with `samenet.train`."""
    import samenet
    from samenet.training.progress import Progress

    clock = EpochClock()
    progress = Progress()
    progress.on_epoch_end = clock.tick
    samenet.train(
        spec(name),
        backend,
        data=(training.x, training.y),
        validation_data=(validation.x, validation.y),
        epochs=epochs,
        progress=progress,
    )
    return clock
