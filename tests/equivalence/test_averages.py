"""Averages in place of the weights: Keras' own callback against the PyTorch programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.lowering import BACKENDS
from tests.equivalence.test_resume import BASE, train

LAYERS = [
    {"type": "dense", "units": 8, "activation": "tanh"},
    {"type": "batch_normalization"},
    {"type": "dense", "units": 1},
]
STOPPING = {"type": "early_stopping", "patience": 2, "min_delta": 3.0}


def spec(*callbacks: dict[str, Any], **options: Any) -> dict[str, Any]:
    optimizer = {"type": "adam", "learning_rate": 0.05, "use_ema": True, "ema_momentum": 0.9}
    return {
        **BASE,
        "layers": LAYERS,
        "optimizer": {**optimizer, **options},
        "callbacks": callbacks,
    }


def swap(*, on_epoch: bool) -> dict[str, Any]:
    return {"type": "swap_ema_weights", "swap_on_epoch": on_epoch}


SPECS: dict[str, dict[str, Any]] = {
    "validation": spec(swap(on_epoch=False)),
    "epochs": spec(swap(on_epoch=True)),
    "overwritten": spec(swap(on_epoch=True), ema_overwrite_frequency=5),
    "accumulated": spec(swap(on_epoch=True), gradient_accumulation_steps=3),
    "stopped": spec(swap(on_epoch=True), STOPPING),
    "stopped before": spec(STOPPING, swap(on_epoch=False)),
}


@pytest.mark.parametrize("name", SPECS)
def test_both_programs_swap_alike(name, float64):
    keras, torch = (train(SPECS[name], backend) for backend in BACKENDS)
    assert (keras.epochs < 8) == ("stopped" in name)
    for key, values in keras.history.items():
        np.testing.assert_allclose(torch.history[key], values, rtol=1e-12, err_msg=key)
    for path, weight in keras.weights().items():
        found = torch.weights()[path]
        np.testing.assert_allclose(found, weight, rtol=1e-10, atol=1e-12, err_msg=path)


def test_the_swap_is_seen(float64):
    """Otherwise the test above could be passed by doing nothing."""
    without, validated = (train(spec(*c), "torch") for c in ([], [swap(on_epoch=False)]))
    np.testing.assert_allclose(validated.history["loss"], without.history["loss"], rtol=1e-12)
    differences = np.subtract(validated.history["val_loss"], without.history["val_loss"])
    assert (np.abs(differences) > 1e-4).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_program_of_keras_ends_as_its_own_callback_does(backend, float64):
    """Keras' own: after the last epoch the averages, after an early stop the weights."""
    import keras

    for name in ("epochs", "stopped"):
        run = train(SPECS[name], backend)
        module = runtime.execute(samenet.compile(spec(), "keras"))
        model = module.build_model()
        x, y = samples_of(module)
        callbacks = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]
        if name == "stopped":
            callbacks.append(keras.callbacks.EarlyStopping(patience=2, min_delta=3.0))
        history = module.train(model, x, y, epochs=8, callbacks=callbacks)
        np.testing.assert_allclose(run.history["val_loss"], history["val_loss"], rtol=1e-12)
        for path, weight in runtime.weights(model, "keras").items():
            found = run.weights()[path]
            np.testing.assert_allclose(found, weight, rtol=1e-10, atol=1e-12, err_msg=path)


def samples_of(module: Any) -> Any:
    from tests.equivalence.test_resume import samples

    x, y = samples()
    return (
        module.check_data(x[:50], y[:50], module.Source()),
        module.check_data(x[50:], y[50:], module.Source()),
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", SPECS)
def test_parts_are_the_whole(name, backend, tmp_path):
    whole = train(SPECS[name], backend)
    for epochs in (1, 4, 8):
        part = train(SPECS[name], backend, epochs=epochs, checkpoint=tmp_path)
    assert part.history == whole.history
    for path, weight in whole.weights().items():
        np.testing.assert_array_equal(part.weights()[path], weight, err_msg=path)


def test_models_are_kept_with_their_averages(tmp_path, float64):
    """Those of callbacks behind it; those in front keep the weights."""
    kept = {"type": "model_checkpoint", "save_weights_only": True}
    before, behind = ({**kept, "filepath": f"{name}.weights.h5"} for name in ("before", "behind"))
    found: dict[str, Any] = {}
    for backend in BACKENDS:
        tree = spec(before, swap(on_epoch=True), behind)
        module = runtime.execute(samenet.compile(tree, backend))
        run = train(tree, backend, checkpoint=tmp_path / backend)
        for name in ("before", "behind"):
            model = module.build_model()
            if backend == "keras":
                model.optimizer.build(model.trainable_variables)
                model.load_weights(tmp_path / backend / f"{name}.weights.h5")
            else:
                file = tmp_path / backend / f"{name}.pt"
                model.load_state_dict(module.torch.load(file, weights_only=True))
            found[backend, name] = runtime.weights(model, backend)
        for path, weight in run.weights().items():
            np.testing.assert_allclose(found[backend, "behind"][path], weight, rtol=1e-13)
    for name in ("before", "behind"):
        for path, weight in found["keras", name].items():
            other = found["torch", name][path]
            np.testing.assert_allclose(other, weight, rtol=1e-10, atol=1e-12, err_msg=path)
    kernels = (found["torch", name]["dense/kernel"] for name in ("before", "behind"))
    assert np.abs(np.subtract(*kernels)).max() > 1e-3
