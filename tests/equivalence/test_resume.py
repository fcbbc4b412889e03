"""Training that was interrupted: k epochs and k more are 2k epochs, to the last bit.

The networks and optimizers are such that something would differ if any part of the state were lost:
dropout (random state), batch normalization (moving statistics), momenta, averages and collected
gradients (optimizer), a plateau that waits (callbacks), a rate that depends on the step (schedule).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.lowering import BACKENDS

LAYERS: list[dict[str, Any]] = [
    {"type": "dense", "units": 8, "activation": "tanh"},
    {"type": "batch_normalization"},
    {"type": "dropout", "rate": 0.4},
    {"type": "gaussian_noise", "stddev": 0.1},
    {"type": "dense", "units": 1},
]
BASE: dict[str, Any] = {
    "version": 1,
    "name": "interrupted",
    "input": {"shape": [3]},
    "layers": LAYERS,
    "optimizer": {"type": "adam", "learning_rate": 0.01},
    "training": {"loss": "mean_squared_error", "epochs": 8, "batch_size": 16},
    "data": {"source": "arrays"},
}
PLATEAU = {"type": "reduce_lr_on_plateau", "factor": 0.5, "patience": 2, "min_delta": 2.0}
STOPPING = {"type": "early_stopping", "patience": 3, "restore_best_weights": True}

SPECS: dict[str, dict[str, Any]] = {
    "adam": {},
    "plateau": {"callbacks": [PLATEAU]},
    "stopped": {"callbacks": [{**STOPPING, "min_delta": 3.0}]},
    "schedule by step": {"schedule": {"type": "one_cycle", "clock": "step"}},
    "all around": {
        "optimizer": {
            "type": "rmsprop",
            "learning_rate": 0.01,
            "momentum": 0.5,
            "centered": True,
            "clipnorm": 0.5,
            "use_ema": True,
            "ema_overwrite_frequency": 7,
            "gradient_accumulation_steps": 2,
        }
    },
    "muon": {"optimizer": {"type": "muon", "learning_rate": 0.01}},
    "nadam": {"optimizer": {"type": "nadam", "learning_rate": 0.01}},
}


def samples(count: int = 70) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(3).normal(size=(count, 3))
    return x, x @ [1.0, -2.0, 0.5]


def train(spec: dict[str, Any], backend: str, **options: Any) -> Any:
    x, y = samples()
    return samenet.train(spec, backend, (x[:50], y[:50]), (x[50:], y[50:]), **options)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", SPECS)
def test_parts_are_the_whole(name, backend, tmp_path):
    spec = {**BASE, **SPECS[name]}
    whole = train(spec, backend)
    for epochs in (1, 4, 8):
        part = train(spec, backend, epochs=epochs, checkpoint=tmp_path)
        assert part.epochs <= epochs
    assert part.history == whole.history
    for path, weight in whole.weights().items():
        np.testing.assert_array_equal(part.weights()[path], weight, err_msg=path)
    if name == "stopped":
        assert whole.epochs < 8, "the callback has not been seen at work"
    if name == "plateau":
        assert len(set(whole.history["learning_rate"])) > 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_without_its_state_the_rest_is_another(backend, tmp_path):
    """Otherwise the test above could not fail."""
    whole = train(BASE, backend)
    part = train(BASE, backend, epochs=4, checkpoint=tmp_path)
    again = train(BASE, backend, epochs=4)
    assert part.history["loss"] == whole.history["loss"][:4]
    assert again.history["loss"] != whole.history["loss"][4:]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failing_disk_leaves_the_last_state(backend, failing, tmp_path, monkeypatch):
    train(BASE, backend, epochs=2, checkpoint=tmp_path)
    (file,) = tmp_path.glob("checkpoint.*")
    before = file.read_bytes()
    with monkeypatch.context() as broken:

        def fail(*arguments: Any) -> None:
            raise OSError(28, "No space left on device")

        broken.setattr(os, "fsync", fail) if failing == "fsync" else broken.setattr(
            Path, "replace", fail
        )
        with pytest.raises(OSError, match="No space left"):
            train(BASE, backend, epochs=4, checkpoint=tmp_path)
    assert file.read_bytes() == before
    rest = train(BASE, backend, epochs=4, checkpoint=tmp_path)
    assert rest.history == train(BASE, backend, epochs=4).history


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_damaged_state_is_refused(backend, tmp_path):
    train(BASE, backend, epochs=2, checkpoint=tmp_path)
    (file,) = tmp_path.glob("checkpoint.*")
    content = bytearray(file.read_bytes())
    weights = np.asarray(train(BASE, backend, epochs=2).weights()["dense/kernel"])
    place = content.find(np.ascontiguousarray(weights[0]).tobytes()[:4])
    place = place if place > 0 else len(content) // 2
    content[place] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(samenet.SpecError, match="checkpoint"):
        train(BASE, backend, epochs=4, checkpoint=tmp_path)
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(samenet.SpecError, match="checkpoint"):
        train(BASE, backend, epochs=4, checkpoint=tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_program_goes_on(ending, tmp_path):
    """At moments that nobody chose, again and again, until it is done."""
    spec = {**BASE, "training": {**BASE["training"], "epochs": 24}}
    file = tmp_path / "program.py"
    samenet.compile(spec, "torch").write(file)
    x, y = samples(2000)
    np.savez(tmp_path / "data.npz", x=x.astype(np.float32), y=y.astype(np.float32)[:, None])
    command = [sys.executable, str(file), "--data", str(tmp_path / "data.npz")]

    def output(folder: str) -> Path:
        return tmp_path / folder / "history.json"

    subprocess.run([*command, "--output", str(tmp_path / "whole")], check=True, capture_output=True)
    killed = 0
    resumed = [*command, "--output", str(tmp_path / "parts"), "--resume"]
    for number in range(40):
        process = subprocess.Popen(resumed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        checkpoint = tmp_path / "parts" / "checkpoint.pt"
        while process.poll() is None and not checkpoint.exists():
            time.sleep(0.01)
        started = time.monotonic()
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        while process.poll() is None and time.monotonic() - started < 20:
            if checkpoint.stat().st_mtime_ns != before:
                break
            time.sleep(0.001)
        time.sleep(0.03 * number)
        if process.poll() is None:
            process.send_signal(ending)
            killed += 1
        process.wait()
        if output("parts").exists():
            break
    assert killed >= 2
    assert output("parts").read_text() == output("whole").read_text()


def test_a_program_that_goes_on_needs_its_folder(tmp_path):
    file = tmp_path / "program.py"
    samenet.compile(BASE, "torch").write(file)
    ended = subprocess.run(
        [sys.executable, str(file), "--data", "x.npz", "--resume"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "--resume needs --output" in ended.stderr


def test_checkpoints_are_where_the_command_looks_for_them():
    from samenet.cli.train import CHECKPOINTS

    for backend, name in CHECKPOINTS.items():
        module = runtime.execute(samenet.compile(BASE, backend))
        assert module.Checkpoint(Path("folder")).path == Path("folder") / name
