"""Event files for TensorBoard: the same scalars under the same tags from both programs."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import samenet
from samenet import FrameworkError
from samenet.diagnostics import Code
from samenet.lowering import BACKENDS
from tests.equivalence.differences import within
from tests.specs import changed

SPEC: dict[str, Any] = {
    "version": 1,
    "input": {"shape": [4]},
    "layers": [{"type": "dense", "units": 3, "activation": "softmax"}],
    "optimizer": {"type": "sgd", "learning_rate": 0.1},
    "callbacks": [
        {"type": "reduce_lr_on_plateau", "monitor": "loss", "patience": 1, "min_delta": 10.0},
        {"type": "tensor_board", "log_dir": "board/of it"},
    ],
    "training": {
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
        "epochs": 4,
        "batch_size": 16,
    },
    "data": {"source": "arrays", "validation_split": 0.25},
}
"""60 samples to train with: four batches in each epoch."""

Scalar = tuple[str, str, int]
"""The folder, the tag and the step of a value."""


def samples() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.normal(size=(80, 4)), random.integers(0, 3, 80)


def scalars(folder: Path) -> dict[Scalar, float]:
    """What TensorBoard reads, each value once."""
    found = list(read(folder))
    assert len({place for place, _ in found}) == len(found)
    return dict(found)


def read(folder: Path) -> Iterator[tuple[Scalar, float]]:
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
    from tensorboard.util.tensor_util import make_ndarray

    for path in folder.rglob("*tfevents*"):
        for event in EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name in ("scalars", "")
                place = (path.parent.relative_to(folder).as_posix(), value.tag, event.step)
                yield place, float(make_ndarray(value.tensor))


def test_the_same_scalars(float64, tmp_path):
    runs = [samenet.train(SPEC, b, samples(), checkpoint=tmp_path / b) for b in BACKENDS]
    keras, torch = (scalars(tmp_path / backend / "board" / "of it") for backend in BACKENDS)
    within(1e-6, torch, keras, "scalars")  # they have 32 bits
    history = dict(runs[0].history)
    rates = history["learning_rate"]
    assert len(set(rates)) == 3  # the first epoch is the best at first
    history["learning_rate"] = [*rates[1:], rates[-1] / 10]  # the plateau has cut them
    assert len(keras) == 4 * (3 + 2 + 2)
    for name, values in history.items():
        folder = "validation" if name.startswith("val_") else "train"
        word = name.removeprefix("val_")
        for epoch, value in enumerate(values):
            within(1e-6, keras[folder, f"epoch_{word}", epoch], value)
            if folder == "validation":
                tag = f"evaluation_{word}_vs_iterations"
                within(1e-6, torch[folder, tag, 4 * (epoch + 1)], value)


def test_gradients_that_are_accumulated(float64, tmp_path):
    """Two batches make an update."""
    spec = changed(SPEC, optimizer__gradient_accumulation_steps=2)
    for backend in BACKENDS:
        samenet.train(spec, backend, samples(), checkpoint=tmp_path / backend, epochs=2)
    keras, torch = (scalars(tmp_path / backend) for backend in BACKENDS)
    within(1e-6, torch, keras, "scalars")
    assert {step for _, tag, step in torch if "iterations" in tag} == {2, 4}


@pytest.mark.parametrize("backend", BACKENDS)
def test_training_that_goes_on(backend, float64, tmp_path):
    """Writes what it would have written without a break."""
    samenet.train(SPEC, backend, samples(), checkpoint=tmp_path / "whole")
    for epochs in (2, 4):
        samenet.train(SPEC, backend, samples(), checkpoint=tmp_path / "parts", epochs=epochs)
    within(0.0, scalars(tmp_path / "parts"), scalars(tmp_path / "whole"))


@pytest.mark.parametrize(
    ("backend", "package"), [("keras", "tensorboard"), ("torch", "tensorboardX")]
)
def test_a_package_that_is_not_there(backend, package, monkeypatch, tmp_path):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n == package else found(n))
    message = rf"{package}, which tensor_board needs, is not installed; .*samenet\[tensorboard\]"
    with pytest.raises(FrameworkError, match=message):
        samenet.train(SPEC, backend, samples(), checkpoint=tmp_path)


@pytest.mark.parametrize("log_dir", ["../logs", "/logs", "run.json", "checkpoint.pt"])
def test_folders_that_are_refused(log_dir):
    callbacks = [{"type": "tensor_board", "log_dir": log_dir}]
    (found,) = samenet.validate({**SPEC, "callbacks": callbacks})
    assert (found.code, found.path) == (Code.OUTPUT, ("callbacks", 0, "log_dir"))


def test_two_in_one_folder_are_refused():
    callbacks = [{"type": "tensor_board"}, {"type": "tensor_board"}]
    (found,) = samenet.validate({**SPEC, "callbacks": callbacks})
    assert found.path == ("callbacks", 1, "log_dir")
