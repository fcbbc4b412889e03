"""Networks of the literature as specs: their published sizes, the same network in both programs.

The counts stand here once more, as literals from the papers and from the reference implementations
(torchvision, keras.applications, keras.io), so that a spec cannot set its own measure.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest

import samenet
from samenet import runtime
from samenet.graph.ir import ResolvedGraph
from samenet.lowering import BACKENDS, Backend
from tests.layers.harness import build, by_name
from tests.specs import ROOT

FOLDER = ROOT / "specs" / "networks"

# Relative to the largest output. Measured maxima are below 1e-13.
TOLERANCE = 1e-11


@dataclass(frozen=True)
class Network:
    """What is known of a network beforehand.

    Attributes:
        parameters: the numbers that its trainable weights hold.
        outputs: the shape of its output for one sample.
        samples: how many samples both programs compute in double precision, or 0 for none.
        tolerance: how far apart the outputs may be, relative to the largest.
        why: the cause of a tolerance wider than the usual one.
    """

    parameters: int
    outputs: tuple[int, ...]
    samples: int = 0
    tolerance: float = TOLERANCE
    why: str = ""


NETWORKS: Mapping[str, Network] = {
    "bidirectional_lstm_imdb": Network(2_757_761, (1,), samples=2),
    "convnext_tiny": Network(28_589_128, (1000,)),
    "densenet121": Network(7_978_856, (1000,)),
    "efficientnet_b0": Network(5_288_548, (1000,)),
    "gpt2_small": Network(124_439_808, (1024, 50257)),
    "lenet5": Network(61_706, (10,), samples=3),
    "mlp_mixer_b16": Network(59_880_472, (1000,)),
    "mnist_convnet": Network(34_826, (10,), samples=3),
    "mobilenet_v2": Network(3_504_872, (1000,), samples=1),
    "resnet20": Network(272_474, (10,), samples=2),
    "resnet50": Network(25_557_032, (1000,)),
    "resnet56": Network(855_770, (10,), samples=1),
    "siamese": Network(4_804, (1,), samples=3),
    "text_cnn": Network(6_360_902, (2,), samples=2),
    "transformer_classifier": Network(657_758, (2,), samples=2),
    "unet": Network(31_030_658, (388, 388, 2)),
    "vgg16": Network(138_357_544, (1000,)),
    "vit_b16": Network(86_567_656, (1000,)),
    "wavenet": Network(102_304, (1024, 256), samples=1),
    "wide_and_deep": Network(2_757, (7,), samples=3),
}

# The sums of all weights, where those that no gradient moves are part of what is published.
ALL_PARAMETERS = {
    "resnet50": 25_557_032 + 53_120,  # torchvision's buffers without its 53 counters of batches
    "siamese": 5_318,
    "wide_and_deep": 2_993,
}

WHOLE = [name for name, network in NETWORKS.items() if not network.samples]
COMPUTED = [name for name, network in NETWORKS.items() if network.samples]


def summary(name: str) -> ResolvedGraph:
    return samenet.summary(FOLDER / f"{name}.net.toml")


def declared(graph: ResolvedGraph) -> dict[str, tuple[int, ...]]:
    """The shape of every weight by its path."""
    return {f"{node.name}/{w.name}": w.shape for node in graph.nodes for w in node.weights}


def live(model: object, backend: Backend) -> dict[str, tuple[int, ...]]:
    """The same of a model that was built."""
    weights = runtime.named_weights(model, backend)
    return {path: tuple(weight.shape) for path, weight in weights.items()}


def test_every_network_is_in_the_table():
    assert {path.name.partition(".")[0] for path in FOLDER.glob("*.net.*")} == NETWORKS.keys()


@pytest.mark.parametrize("name", NETWORKS)
def test_the_network_has_its_published_size(name):
    graph, network = summary(name), NETWORKS[name]
    assert graph.parameters(trainable=True) == network.parameters
    assert graph.output_shape == network.outputs
    assert graph.parameters() == ALL_PARAMETERS.get(name, graph.parameters())


@pytest.mark.parametrize("name", NETWORKS)
def test_a_spec_expects_its_published_size(name):
    """So that whoever edits it is told by `samenet validate`."""
    expect = samenet.load(FOLDER / f"{name}.net.toml").expect
    assert expect is not None
    assert expect.trainable_parameters == NETWORKS[name].parameters
    assert expect.output_shape == NETWORKS[name].outputs


@pytest.mark.parametrize("name", NETWORKS)
def test_the_pytorch_program_has_the_declared_weights(name):
    """On the device that stores no numbers, however large the network is."""
    torch = pytest.importorskip("torch")
    program = runtime.execute(samenet.compile(FOLDER / f"{name}.net.toml", "torch"))
    with torch.device("meta"):
        model = program.Network()
    assert live(model, "torch") == declared(summary(name))
    assert runtime.parameters(model, "torch", trainable=True) == NETWORKS[name].parameters


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.slow
def test_the_keras_program_has_the_declared_weights(name, monkeypatch):
    keras = pytest.importorskip("keras")
    program = runtime.execute(samenet.compile(FOLDER / f"{name}.net.toml", "keras"))
    # To draw a hundred million numbers takes long, and only the shapes are looked at.
    monkeypatch.setattr(program, "initial_values", lambda rules, path, shape, seed: zeros(shape))
    model = program.build_model()
    assert live(model, "keras") == declared(summary(name))
    assert runtime.parameters(model, "keras", trainable=True) == NETWORKS[name].parameters
    assert model.output_shape[1:] == NETWORKS[name].outputs
    del model
    keras.backend.clear_session()
    gc.collect()  # or the next large network would stand beside this one


@pytest.mark.parametrize("name", COMPUTED)
@pytest.mark.slow
def test_both_programs_compute_the_same(name, float64):
    torch = pytest.importorskip("torch")
    spec, network = samenet.load(FOLDER / f"{name}.net.toml"), NETWORKS[name]
    random = np.random.default_rng(0)
    models = {backend: build(spec, backend) for backend in BACKENDS}
    shapes = declared(summary(name))
    weights = {path: drawn(random, path, shape) for path, shape in shapes.items()}
    for backend, model in models.items():
        assert live(model, backend) == shapes
        runtime.set_weights(model, backend, weights)
    x = {
        key: random.integers(0, 20_000, (network.samples, *value.shape)).astype(np.int32)
        if value.dtype == "int"
        else random.normal(size=(network.samples, *value.shape))
        for key, value in spec.input_values().items()
    }
    expected = outputs(models["keras"](x if len(x) > 1 else x[next(iter(x))], training=False))
    tensors = {key: torch.from_numpy(values) for key, values in x.items()}
    with torch.no_grad():
        given = tensors if len(tensors) > 1 else tensors[next(iter(tensors))]
        found = outputs(models["torch"].eval().predict(given))
    assert found.shape == expected.shape == (network.samples, *network.outputs)
    assert expected.std() > 0
    difference = np.abs(found - expected).max() / np.abs(expected).max()
    assert difference <= network.tolerance


def zeros(shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros(shape, np.float32)


def drawn(random: np.random.Generator, path: str, shape: tuple[int, ...]) -> np.ndarray:
    """Weights that keep the signal alive through many layers; variances are positive."""
    if path.endswith(("/moving_variance", "/gamma")):
        return random.uniform(0.5, 1.5, shape)
    fan = max(1, int(np.prod(shape[:-1])))
    return random.normal(size=shape) / np.sqrt(fan)


def outputs(values: object) -> np.ndarray:
    """The only output of a model as an array."""
    (value,) = by_name(values, ["only"]).values()
    return np.asarray(value)
