"""samenet's programs against hand-written ones: the article's networks in both frameworks.

The programs in `tests/handwritten` know nothing of samenet. Everything that is compared with them
is what a compiled program really does: its `build_model`, its `load_data`, its `train`.
"""

from __future__ import annotations

import importlib
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.data.embedded import MNIST5K
from samenet.lowering import BACKENDS
from tests.equivalence.differences import largest, within
from tests.handwritten import weights as by_hand
from tests.specs import ROOT, SPECS, tree, without_dropout

BATCH = 32  # as the article has it


@dataclass(frozen=True)
class Network:
    """A spec and what is known of it from the article: its counts and its learning rate."""

    spec: str
    function: str
    trainable: int
    frozen: int = 0
    rate: float = 0.001

    def __str__(self) -> str:
        return self.spec


FIVE = [
    Network("basic", "basic", 118_282),
    Network("dropout", "dropout", 118_282),
    Network("batch_normalization", "batch_normalization", 118_794, 512, rate=0.01),
    Network("batch_normalization_after", "batch_normalization_after", 118_794, 512, rate=0.01),
    Network("complete", "complete", 302_218, 1_280),
]
SCHEDULES = [
    Network(f"schedules/{name}", "schedule_network", 101_770)
    for name in (
        "step_decay",  # the first two epochs of which have the same rate
        "step_decay_tenth",
        "exponential_decay",
        "cosine_decay",
        "cosine_decay_restarts",
        "reduce_lr_on_plateau",
    )
]
DIFFERENT = [*FIVE, SCHEDULES[0]]  # the networks of the schedules are all the same one
COSINE = SCHEDULES[3]
networks = pytest.mark.parametrize("network", DIFFERENT, ids=str)


@pytest.fixture(scope="module", autouse=True)
def torch() -> ModuleType:
    """PyTorch, imported before TensorFlow."""
    return importlib.import_module("torch")


def handwritten(backend: str) -> ModuleType:
    """The hand-written networks of a framework."""
    return importlib.import_module(f"tests.handwritten.{backend}_networks")


def program(spec: Any, backend: str) -> ModuleType:
    """A compiled program, executed."""
    return runtime.execute(samenet.compile(spec, backend))


def keras_by_hand(network: Network, **options: float) -> Any:
    """The hand-written Keras network, compiled as the article trains it."""
    import keras

    model = getattr(handwritten("keras"), network.function)(**options)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=network.rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def probabilities(model: Any, x: np.ndarray) -> np.ndarray:
    """The outputs in inference mode of a hand-written network of either framework."""
    if hasattr(model, "predict"):
        return np.asarray(model(x, training=False))
    torch = importlib.import_module("torch")
    with torch.no_grad():
        return torch.softmax(model.eval()(torch.from_numpy(x)), dim=-1).numpy()


# Parameters


def test_every_spec_of_the_article_is_judged():
    judged = {ROOT / "specs" / f"{network.spec}.net.toml" for network in FIVE + SCHEDULES}
    others = ROOT / "specs" / "networks"  # judged by published numbers
    assert judged == {p for p in SPECS if p.suffix == ".toml" and others not in p.parents}


@pytest.mark.parametrize("network", FIVE + SCHEDULES, ids=str)
def test_parameters_are_the_published_ones(network):
    graph = samenet.summary(ROOT / "specs" / f"{network.spec}.net.toml")
    published = (network.trainable, network.frozen)
    assert (graph.parameters(trainable=True), graph.parameters(trainable=False)) == published
    for backend in BACKENDS:
        model = samenet.build(ROOT / "specs" / f"{network.spec}.net.toml", backend)
        live = [runtime.parameters(model, backend, trainable=kind) for kind in (True, False)]
        assert tuple(live) == published, backend

    keras = getattr(handwritten("keras"), network.function)()
    counts = [keras.trainable_weights, keras.non_trainable_weights]
    assert tuple(sum(w.value.shape.num_elements() for w in part) for part in counts) == published
    torch = getattr(handwritten("torch"), network.function)()
    statistics = (b.numel() for name, b in torch.named_buffers() if "running" in name)
    assert (sum(w.numel() for w in torch.parameters()), sum(statistics)) == published


# Inference


@pytest.mark.parametrize("backend", BACKENDS)
@networks
def test_inference_is_that_of_the_handwritten_networks(network, backend, float64):
    spec = samenet.load(tree(network.spec))
    module = program(spec, backend)
    training, validation = module.load_data(MNIST5K.stored())
    model = module.build_model()
    # A few steps give every bias and every moving statistic a value of its own.
    few = module.Dataset(training.x[:96], training.y[:96])
    module.train(model, few, few, epochs=1)
    copied = runtime.weights(model, backend)
    assert not any((values == values.flat[0]).all() for values in copied.values())

    x = validation.x[:200]
    if backend == "keras":
        found = model.predict(x, verbose=0)
    else:
        torch = importlib.import_module("torch")
        found = model.predict(torch.from_numpy(x)).numpy()
        with torch.no_grad():
            scores = torch.softmax(model.eval()(torch.from_numpy(x)), dim=-1).numpy()
        np.testing.assert_array_equal(scores, found)
    assert found.dtype == np.float64
    for framework in BACKENDS:
        judge = getattr(handwritten(framework), network.function)()
        by_hand.write(judge, copied)
        within(1e-13, found, probabilities(judge, x), framework)  # measured: 8e-16


# Training, step by step


def batches(module: ModuleType, x: np.ndarray, epochs: int) -> Iterator[np.ndarray]:
    """The rows of each batch of some epochs, in the order of a program."""
    for epoch in range(epochs):
        order = module.epoch_order(module.SEED, epoch, len(x))
        for start in range(0, len(x), BATCH):
            yield order[start : start + BATCH]


def keras_losses(model: Any, x: np.ndarray, y: np.ndarray, rows: Any) -> list[float]:
    """Train a compiled Keras model on batches; returns the loss of each."""
    losses = []
    for batch in rows:
        model.reset_metrics()  # else it returns the mean over all batches so far
        losses.append(model.train_on_batch(x[batch], y[batch], return_dict=True)["loss"])
    return [float(loss) for loss in losses]


def torch_losses(
    model: Any, optimizer: Any, x: np.ndarray, y: np.ndarray, rows: Any
) -> list[float]:
    """Train a hand-written PyTorch network on batches; returns the loss of each."""
    torch = importlib.import_module("torch")
    criterion = torch.nn.CrossEntropyLoss()
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    losses = []
    model.train()
    for batch in rows:
        loss = criterion(model(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def program_losses(
    module: ModuleType, model: Any, data: Any, epochs: int, monkeypatch: pytest.MonkeyPatch
) -> list[float]:
    """Train a compiled PyTorch program by its own `train`; returns the loss of each batch."""
    losses = []
    measure = module.measure

    def recording(outputs: Any, targets: Any) -> Any:
        values = measure(outputs, targets)
        if values["loss"].requires_grad:  # else it is a validation
            losses.append(values["loss"].item())
        return values

    with monkeypatch.context() as patch:
        patch.setattr(module, "measure", recording)
        module.train(model, data, data, epochs=epochs)
    return losses


@pytest.mark.slow
@networks
def test_steps_are_those_of_the_handwritten_keras_program(network, float64, monkeypatch):
    spec = without_dropout(network.spec)
    generated = {backend: program(spec, backend) for backend in BACKENDS}
    models = {backend: generated[backend].build_model() for backend in BACKENDS}
    training, _ = generated["keras"].load_data(MNIST5K.stored())
    x, y = training.x[:650], training.y[:650]  # 20 full batches and one of 10
    rows = list(batches(generated["keras"], x, epochs=2))

    without = {"rate": 0.0} if network.function in ("dropout", "complete") else {}
    judge = keras_by_hand(network, **without)
    by_hand.write(judge, runtime.weights(models["keras"], "keras"))
    expected = keras_losses(judge, x, y, rows)
    assert len(expected) == 42
    assert min(expected) < expected[0] / 2  # it does learn

    found = {
        "keras": keras_losses(models["keras"], x, y, rows),
        "torch": program_losses(
            generated["torch"],
            models["torch"],
            generated["torch"].Dataset(x, y),
            2,
            monkeypatch,
        ),
    }
    for backend, losses in found.items():
        within(2e-11, losses, expected, f"loss of {backend}")  # measured: 2e-13
        found_weights = runtime.weights(models[backend], backend)
        # measured: 2e-12, in biases before batch normalization, whose gradient is rounding noise
        within(2e-10, found_weights, by_hand.read(judge), f"weights of {backend}")


@networks
def test_steps_are_those_of_the_handwritten_torch_program(network, float64, monkeypatch):
    """With PyTorch's own layers; only the running variance is another, by a known factor."""
    spec = without_dropout(network.spec)
    module = program(spec, "torch")
    model = module.build_model()
    judge = getattr(handwritten("torch"), network.function)()
    for layer in judge:
        if type(layer).__name__ == "Dropout":
            layer.p = 0.0
    by_hand.write(judge, runtime.weights(model, "torch"))
    training, _ = module.load_data(MNIST5K.stored())
    data = module.Dataset(training.x[: 20 * BATCH], training.y[: 20 * BATCH])

    adam = handwritten("torch").KerasAdam(judge.parameters(), learning_rate=network.rate)
    rows = list(batches(module, data.x, epochs=2))
    expected = torch_losses(judge, adam, data.x, data.y, rows)
    found = program_losses(module, model, data, 2, monkeypatch)
    within(1e-12, found, expected, "loss")  # measured: 8e-15

    # PyTorch divides by n - 1 where Keras divides by n; what is left of the first 1 is the same.
    found_weights, statistics = runtime.weights(model, "torch"), by_hand.read(judge)
    left = 0.99 ** len(rows)
    for path, values in statistics.items():
        if path.endswith("moving_variance"):
            assert largest(found_weights[path], values) > 1e-4
            statistics[path] = left + (values - left) * (BATCH - 1) / BATCH
    within(2e-10, found_weights, statistics, "weights")  # measured: 2e-12


# Whole epochs


# Callbacks that act within a few epochs.
CALLBACKS = (
    {"type": "reduce_lr_on_plateau", "factor": 0.5, "patience": 1, "min_delta": 0.1},
    {
        "type": "early_stopping",
        "patience": 2,
        "min_delta": 0.1,
        "restore_best_weights": True,
    },
)


def callbacks_by_hand(network: Network) -> list[Any]:
    """The same, and the schedules, as a Keras user writes them."""
    from keras import callbacks

    if network.spec == "complete":
        return [
            callbacks.ReduceLROnPlateau("val_loss", 0.5, patience=1, min_delta=0.1),
            callbacks.EarlyStopping(
                "val_loss", min_delta=0.1, patience=2, restore_best_weights=True
            ),
        ]
    if network is COSINE:

        def rate(epoch: int) -> float:
            return 0.001 * (1 + math.cos(math.pi * epoch / 30)) / 2

        return [callbacks.LearningRateScheduler(rate)]
    return []


def endless(module: ModuleType, x: np.ndarray, y: np.ndarray) -> Iterator[tuple[Any, Any]]:
    """Batches without end, as `fit` takes them with `steps_per_epoch`."""
    for epoch in itertools.count():
        order = module.epoch_order(module.SEED, epoch, len(x))
        for start in range(0, len(x), BATCH):
            batch = order[start : start + BATCH]
            yield x[batch], y[batch]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "changes", "epochs"),
    [
        (FIVE[0], {}, 3),
        (COSINE, {}, 3),
        # 94 batches, the last one short; a validation in two batches; callbacks that act.
        (FIVE[4], {"data__validation_split": 0.4, "callbacks": CALLBACKS}, 8),
    ],
    ids=["basic", "cosine_decay", "complete"],
)
def test_whole_epochs_are_those_of_the_handwritten_keras_program(network, changes, epochs, float64):
    spec = without_dropout(network.spec, **changes)
    generated = {backend: program(spec, backend) for backend in BACKENDS}
    models = {backend: generated[backend].build_model() for backend in BACKENDS}
    training, validation = generated["keras"].load_data(MNIST5K.stored())

    judge = keras_by_hand(network, **({"rate": 0.0} if network is FIVE[4] else {}))
    by_hand.write(judge, runtime.weights(models["keras"], "keras"))
    expected = judge.fit(
        endless(generated["keras"], training.x, training.y),
        steps_per_epoch=-(-len(training.x) // BATCH),
        epochs=epochs,
        validation_data=tuple(validation),
        shuffle=False,
        callbacks=callbacks_by_hand(network),
        verbose=0,
    ).history
    assert expected["val_accuracy"][-1] > 0.85
    if network is FIVE[4]:  # otherwise the callbacks have not been seen at work
        assert len(expected["loss"]) < epochs
        assert len(set(expected["learning_rate"])) > 1

    for backend in BACKENDS:
        module = generated[backend]
        parts = module.load_data(MNIST5K.stored())
        history = module.train(models[backend], *parts, epochs=epochs)
        assert set(history) == {*expected, "learning_rate"}
        for name, values in expected.items():
            within(1e-12, history[name], values, f"{name} of {backend}")  # measured: 2e-14
        found = runtime.weights(models[backend], backend)
        within(1e-10, found, by_hand.read(judge), f"weights of {backend}")  # measured: 6e-13


# What PyTorch's own parts would do: the reason for the helpers, and the proof that the tests above
# can fail.


def test_pytorchs_own_adam_is_not_keras_adam(float64, monkeypatch, torch):
    found, expected, _ = native("basic", monkeypatch, torch.optim.Adam, lr=0.001, eps=1e-7)
    assert largest(found, expected) > 1e-6


def test_pytorchs_own_batch_normalization_is_not_keras(float64, monkeypatch):
    adam = handwritten("torch").KerasAdam
    found, expected, variances = native(
        "batch_normalization", monkeypatch, adam, learning_rate=0.01
    )
    # Training does not show it: only the statistics differ, and with them every validation.
    within(1e-10, found, expected, "loss")
    assert variances > 1e-3


def native(
    name: str, monkeypatch: pytest.MonkeyPatch, optimizer: Any, **options: float
) -> tuple[list[float], list[float], float]:
    """The losses of 125 steps of a compiled and of a hand-written PyTorch program.

    And the largest difference of their moving variances.
    """
    module = program(without_dropout(name), "torch")
    model = module.build_model()
    judge = getattr(handwritten("torch"), name)()
    by_hand.write(judge, runtime.weights(model, "torch"))
    data, _ = module.load_data(MNIST5K.stored())
    rows = list(batches(module, data.x, epochs=1))
    expected = torch_losses(judge, optimizer(judge.parameters(), **options), *data, rows)
    found = program_losses(module, model, data, 1, monkeypatch)
    weights = runtime.weights(model, "torch")
    differences = [
        largest(weights[path], values)
        for path, values in by_hand.read(judge).items()
        if path.endswith("moving_variance")
    ]
    return found, expected, max(differences, default=0.0)
