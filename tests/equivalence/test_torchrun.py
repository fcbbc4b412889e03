"""The PyTorch program in two processes: the training of one, and of Keras."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.diagnostics import Code
from tests.equivalence.differences import within
from tests.specs import changed

SPEC: dict[str, Any] = {
    "version": 1,
    "name": "shared",
    "input": {"shape": [6]},
    "layers": [
        {
            "type": "dense",
            "units": 8,
            "activation": "tanh",
            "batch_normalization": "before_activation",
            "kernel_regularizer": {"type": "l2", "l2": 0.01},
        },
        {"type": "dense", "units": 1, "activation": "sigmoid"},
    ],
    "optimizer": {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9},
    "callbacks": [
        {"type": "reduce_lr_on_plateau", "monitor": "val_loss", "patience": 1, "min_delta": 0.1},
        {"type": "csv_logger", "filename": "log.csv"},
    ],
    "training": {
        "loss": "binary_crossentropy",
        "metrics": ["accuracy", "precision", "true_positives", "auc"],
        "epochs": 4,
        "batch_size": 8,
        "precision": "float64",
        "distributed": True,
    },
    "data": {"source": "npz", "path": "data.npz", "validation_split": 0.2},
}


def torchrun(program: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    result = subprocess.run(
        [*command, "--nproc-per-node", "2", str(program), *arguments],
        cwd=program.parent,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.slow
def test_two_processes_train_as_one_does(tmp_path):
    """Batch normalization, a penalty, sums and counts, and a batch of one sample for two.

    It goes on from a checkpoint on the way.
    """
    x = np.random.default_rng(0).normal(size=(51, 6))  # 41 to train with: five batches and a sample
    np.savez(tmp_path / "data.npz", x=x, y=x[:, :1] * x[:, 1:2] > 0)
    program = tmp_path / "program.py"
    samenet.compile(SPEC, "torch").write(program)
    shown = torchrun(program, "--output", "out", "--epochs", "2")
    assert shown.count("epoch 2/2") == 1  # the other one is silent
    torchrun(program, "--output", "out", "--resume")
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "checkpoint.pt",
        "history.json",
        "log.csv",
        "model.pt",
    ]
    found = json.loads((out / "history.json").read_text())
    assert len(set(found["learning_rate"])) > 1
    (tmp_path / "spec.net.json").write_text(json.dumps(SPEC))
    for backend in ("torch", "keras"):
        folder = tmp_path / backend
        run = samenet.train(tmp_path / "spec.net.json", backend, checkpoint=folder)
        assert run.history.keys() == found.keys()
        for name, values in run.history.items():
            exact = backend == "torch" or name not in ("auc", "val_auc")
            # Keras counts below thresholds of 32 bits.
            within(1e-12 if exact else 1e-6, found[name], values, f"{backend} {name}")
        if backend == "torch":
            import torch

            state = torch.load(out / "model.pt")
            for name, weight in run.model.state_dict().items():
                within(1e-12, state[name].numpy(), weight.numpy(), name)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8])
def test_shares_are_a_batch_and_their_mean_is_its_mean(count, monkeypatch):
    """However many samples and processes: each sample counts once and weighs the same."""
    import torch

    module = runtime.execute(samenet.compile(SPEC, "torch"))
    values = torch.rand(count, dtype=torch.float64)
    for size in (1, 2, 3, 5):
        monkeypatch.setattr(module, "processes", lambda size=size: size)
        seen, mean = [], 0.0
        for number in range(size):
            monkeypatch.setattr(module, "process", lambda number=number: number)
            share, weight, counts = module.own_share(torch.arange(count))
            seen += share.tolist() * counts
            mean += float(values[share].mean()) * weight / size
        assert sorted(seen) == list(range(count))
        assert mean == pytest.approx(float(values.mean()), rel=1e-14)


def test_alone_it_is_the_same_program(float64):
    """Without torchrun, in process, with the statistics of its batch normalization."""
    x = np.random.default_rng(0).normal(size=(41, 6))
    data = (x, x[:, :1] > 0)
    source = {**SPEC, "data": {"source": "arrays"}, "callbacks": []}
    alone = samenet.train(source, "torch", data, data)
    plain = samenet.train(changed(source, training__distributed=False), "torch", data, data)
    for name, values in plain.history.items():
        within(1e-13, alone.history[name], values, name)
    within(1e-13, alone.weights(), plain.weights())


def test_what_cannot_be_shared_is_refused():
    loss = {"type": "sparse_categorical_crossentropy", "ignore_class": 0}
    layers = [{"type": "dense", "units": 3, "activation": "softmax"}]
    source = changed({**SPEC, "layers": layers}, training__loss=loss, training__metrics=[])
    (found,) = samenet.validate(source)
    assert found.code is Code.LOSS
    assert found.path == ("training", "distributed")
    assert "leaves out targets" in found.message
