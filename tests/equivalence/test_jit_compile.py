"""Compiled steps of training are the same steps, up to the order of sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.diagnostics import FrameworkError
from samenet.lowering import BACKENDS
from tests.specs import changed

SPEC: dict[str, Any] = {
    "version": 1,
    "input": {"shape": [4]},
    "layers": [
        {
            "type": "dense",
            "units": 16,
            "activation": "relu",
            "batch_normalization": "before_activation",
        },
        {"type": "dense", "units": 3, "activation": "softmax"},
    ],
    "optimizer": {"type": "adam"},
    "training": {
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
        "epochs": 6,
        "batch_size": 16,
        "precision": "float64",
    },
    "data": {"source": "arrays"},
}
COMPILED = changed(SPEC, training__jit_compile=True)


def samples() -> tuple[np.ndarray, np.ndarray]:
    """Seven batches, the last one shorter."""
    generator = np.random.default_rng(0)
    return generator.normal(size=(100, 4)), generator.integers(3, size=100)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # PyTorch's, of itself
@pytest.mark.skipif(not runtime.compilers(), reason="torch.compile needs a C++ compiler")
@pytest.mark.parametrize("backend", BACKENDS)
def test_they_are_the_same_up_to_the_order_of_sums(backend):
    plain, compiled = (
        samenet.train(spec, backend, samples(), samples()) for spec in (SPEC, COMPILED)
    )
    for name, values in plain.history.items():
        np.testing.assert_allclose(compiled.history[name], values, rtol=0, atol=1e-12)
    weights = compiled.weights()
    for path, values in plain.weights().items():
        np.testing.assert_allclose(weights[path], values, rtol=0, atol=1e-10, err_msg=path)


def test_without_a_compiler_it_is_said_before_training(monkeypatch):
    monkeypatch.setattr(runtime.shutil, "which", lambda name: None)
    with pytest.raises(FrameworkError, match=r"jit_compile.*C\+\+ compiler"):
        samenet.train(COMPILED, "torch", samples())


def test_verify_compares_without_and_says_so():
    report = samenet.verify(COMPILED, steps=2)
    assert report.agrees
    assert [note for note in report.notes if "jit_compile" in note]
