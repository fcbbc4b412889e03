"""`precision`: what networks compute in, and that nothing else changes with it.

Frameworks round at different places in 16 bits, so that trainings agree within the noise that they
have themselves; what is exact is held exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.lowering import BACKENDS
from tests.equivalence.differences import within
from tests.specs import changed, tree

MIXED = ["mixed_bfloat16", "mixed_float16"]
DIGITS = changed(tree("digits"), training__epochs=2)

LINE: dict[str, Any] = {
    "version": 1,
    "input": {"shape": [1]},
    "layers": [{"type": "dense", "units": 4}, {"type": "dense", "units": 1}],
    "optimizer": {"type": "adam"},
    "training": {"loss": "mean_squared_error", "batch_size": 4},
    "data": {"source": "arrays"},
}


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_mixed_precision_trains_as_well(backend):
    """Within the noise of the seed: measured 0.93 to 0.95 with any."""
    expected = samenet.train(DIGITS, backend)
    # TensorFlow's float16 takes some hundred times as long on a processor.
    for precision in MIXED if backend == "torch" else MIXED[:1]:
        run = samenet.train(changed(DIGITS, training__precision=precision), backend)
        assert run.history["loss"][0] == pytest.approx(expected.history["loss"][0], rel=0.02)
        assert abs(run.history["val_accuracy"][-1] - expected.history["val_accuracy"][-1]) < 0.03
        assert run.history["loss"] != expected.history["loss"]  # it does round
        assert {value.dtype for value in run.weights().values()} == {np.dtype("float32")}
        assert runtime.float_type(backend) == "float32"


def test_torch_is_the_program_that_one_would_write():
    """Autocast around the network, the loss in 32 bits, a gradient scaler with float16."""
    import torch
    from torch.nn import functional as F

    # So small that no gradient times the scale leaves the range of float16.
    x, y = 0.1 * np.random.default_rng(0).random((64, 1)), np.full((64, 1), 0.1)
    for precision, dtype in zip(MIXED, (torch.bfloat16, torch.float16), strict=True):
        spec = changed(LINE, training__precision=precision)
        model = samenet.build(spec, "torch")
        scale = 2.0**15 if dtype == torch.float16 else 1.0
        module = runtime.execute(samenet.compile(spec, "torch"))
        optimizer, order = module.build_optimizer(model), module.epoch_order(0, 0, 64)
        inputs, targets = (torch.from_numpy(v).float()[torch.from_numpy(order)] for v in (x, y))
        for start in range(0, 64, 4):
            batch = slice(start, start + 4)
            with torch.autocast("cpu", dtype):
                hidden = F.linear(inputs[batch], model.dense.weight, model.dense.bias)
                outputs = F.linear(hidden, model.dense_1.weight, model.dense_1.bias)
            assert outputs.dtype == dtype
            optimizer.zero_grad()
            (F.mse_loss(outputs.float(), targets[batch]) * scale).backward()
            for weight in model.parameters():
                weight.grad /= scale
            optimizer.step()
        run = samenet.train(spec, "torch", (x, y))
        within(0.0, run.weights(), runtime.weights(model, "torch"), precision)


def test_float64_needs_nothing_but_the_spec():
    """Both compute in it, agree as the frameworks do in it, and leave no trace."""
    x, y = np.random.default_rng(0).random((64, 1)), np.ones((64, 1))
    spec = changed(LINE, training__precision="float64", training__epochs=3)
    keras, torch = (samenet.train(spec, backend, (x, y)) for backend in BACKENDS)
    within(1e-13, torch.history["loss"], keras.history["loss"])
    within(1e-13, torch.weights(), keras.weights())
    assert torch.weights()["dense/kernel"].dtype == np.float64
    for backend in BACKENDS:
        assert runtime.float_type(backend) == "float32"
        single = samenet.build(LINE, backend)
        assert runtime.weights(single, backend)["dense/kernel"].dtype == np.float32


@pytest.mark.parametrize("precision", MIXED)
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_loss_is_computed_from_scores(backend, precision):
    """Keras cuts probabilities at 1e-7, a loss of 16, where it does not find the scores."""
    layers = [{"type": "dense", "units": 2, "activation": "softmax"}]
    spec = changed(
        {**LINE, "layers": layers, "optimizer": {"type": "sgd"}},
        training__loss="sparse_categorical_crossentropy",
        training__precision=precision,
    )
    x, y = np.full((4, 1), 600.0), np.array([0, 0, 0, 0])
    kernel = samenet.runtime.weights(samenet.build(spec, backend), backend)["dense/kernel"]
    first = samenet.train(spec, backend, (x, y)).history["loss"][0]
    second = samenet.train(spec, backend, (x, 1 - y)).history["loss"][0]
    expected = 600.0 * abs(kernel[0, 0] - kernel[0, 1])
    assert expected > 100.0
    assert max(first, second) == pytest.approx(expected, rel=0.01)


def test_steps_that_overflow_are_left_out_in_both():
    """The scale falls by half with each; the weights stay until a gradient is finite."""
    x, y = np.ones((4, 1)), np.full((4, 1), 1000.0)
    spec = changed(LINE, training__precision="mixed_float16", training__epochs=6)
    history, weights = {}, {}
    for backend in BACKENDS:
        run = samenet.train(spec, backend, (x, y))
        history[backend], weights[backend] = run.history["loss"], run.weights()
        if backend == "keras":
            assert float(run.model.optimizer.dynamic_scale) == 2.0**15 / 2**6
    within(0.0, weights["torch"], weights["keras"])  # as they began
    assert len(set(history["torch"])) == len(set(history["keras"])) == 1


def test_the_scale_is_part_of_what_a_training_goes_on_with(tmp_path):
    x, y = np.ones((4, 1)), np.full((4, 1), 10.0)
    spec = changed(LINE, training__precision="mixed_float16", training__epochs=20)
    for backend in BACKENDS:
        whole = samenet.train(spec, backend, (x, y))
        folder = tmp_path / backend
        samenet.train(spec, backend, (x, y), epochs=7, checkpoint=folder)
        resumed = samenet.train(spec, backend, (x, y), checkpoint=folder)
        assert resumed.history == whole.history
        assert len(set(whole.history["loss"])) > 2  # steps were left out, and taken
        within(0.0, resumed.weights(), whole.weights())


def test_verification_says_what_it_leaves_out():
    report = samenet.verify(changed(LINE, training__precision="mixed_bfloat16"), steps=2)
    assert report.agrees
    assert any("mixed_bfloat16" in note for note in report.notes)
    assert not samenet.verify(changed(LINE, training__precision="float64"), steps=2).notes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "precision"),
    [
        ("text_cnn", "mixed_float16"),
        ("transformer_classifier", "mixed_float16"),
        ("transformer_classifier", "mixed_bfloat16"),
        # In float16 PyTorch has no LSTM on a processor.
        ("bidirectional_lstm_imdb", "mixed_bfloat16"),
    ],
)
def test_networks_of_all_kinds_have_finite_gradients(name, precision):
    import torch

    spec = changed(tree(f"networks/{name}"), training__precision=precision)
    model = samenet.build(spec, "torch")
    shape = samenet.load(spec).input_values()["input"].shape
    outputs = model(torch.ones(2, *shape, dtype=torch.long))
    assert outputs.dtype == torch.float32
    outputs.square().mean().backward()
    for path, weight in model.named_parameters():
        assert weight.grad is None or weight.grad.isfinite().all(), path
