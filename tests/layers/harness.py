"""One harness for all layers: a table of cases goes in, both frameworks must agree on each.

A case is compiled as a network of its own and built in both frameworks with the same random
weights. Compared are the declared and the live shapes, the numbers of parameters, the outputs in
inference and in training, the statistics that training moves, and the gradients of inputs and
weights against a random cotangent.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from samenet import runtime
from samenet.compiler import compile_spec, graph_of
from samenet.document import from_mapping
from samenet.lowering import BACKENDS, Backend
from samenet.spec.model import Spec
from samenet.spec.validation import validated

BATCH = 6

# Measured maxima are below 1e-13; gelu and softplus, which TensorFlow computes through constants
# of single precision, are below 5e-9.
TOLERANCE = 1e-11


@dataclass(frozen=True)
class LayerCase:
    """A layer and what is known of it beforehand.

    Attributes:
        layer: the table of the layer in a spec.
        inputs: the shape of its input, without the batch.
        outputs: the shape of its output, worked out by hand.
        parameters: how many numbers its weights hold, worked out by hand.
        tolerance: the largest difference, relative to the largest value.
        why: the cause of a tolerance wider than the usual one.
        training: whether the outputs in training are determined.
    """

    layer: Mapping[str, Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    parameters: int = 0
    tolerance: float = TOLERANCE
    why: str = ""
    training: bool = True
    batch: int = field(default=BATCH)

    def __str__(self) -> str:
        options = [f"{key}={value}" for key, value in self.layer.items() if key != "type"]
        return " ".join([str(self.inputs), *options])


@dataclass(frozen=True)
class Outcome:
    """What a framework makes of a case."""

    inference: np.ndarray
    training: np.ndarray
    statistics: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray]


def spec_of(layer: Mapping[str, Any], inputs: tuple[int, ...]) -> Spec:
    """A network of one layer; the loss plays no part."""
    tree = {
        "version": 1,
        "input": {"shape": inputs},
        "layers": [layer],
        "optimizer": {"type": "sgd"},
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
    }
    return validated(from_mapping(tree))


def check_layer(case: LayerCase) -> None:
    """Assert that both frameworks agree with each other and with what the case says."""
    assert case.tolerance == TOLERANCE or case.why, "a wider tolerance names its cause"
    spec = spec_of(case.layer, case.inputs)
    graph = graph_of(spec)
    assert graph.output_shape == case.outputs
    assert graph.parameters() == case.parameters

    random = np.random.default_rng(7)
    x = random.normal(size=(case.batch, *case.inputs))
    cotangent = random.normal(size=(case.batch, *case.outputs))
    models = {backend: build(spec, backend) for backend in BACKENDS}
    weights = {
        path: random.uniform(0.5, 1.5, values.shape)
        for path, values in runtime.weights(models["keras"], "keras").items()
    }
    for backend, model in models.items():
        live = runtime.weights(model, backend)
        assert {k: v.shape for k, v in live.items()} == {k: v.shape for k, v in weights.items()}
        assert sum(v.size for v in live.values()) == case.parameters
        set_weights(model, backend, weights)

    expected = keras_outcome(models["keras"], x, cotangent)
    found = torch_outcome(models["torch"], x, cotangent)
    assert expected.inference.shape == (case.batch, *case.outputs)
    compare(found.inference, expected.inference, case.tolerance, "inference")
    if case.training:
        compare(found.training, expected.training, case.tolerance, "training")
        assert found.gradients.keys() == expected.gradients.keys()
        for name, values in expected.gradients.items():
            compare(found.gradients[name], values, case.tolerance, f"gradient of {name}")
        for name, values in expected.statistics.items():
            compare(found.statistics[name], values, case.tolerance, f"statistics {name}")


def compare(found: np.ndarray, expected: np.ndarray, tolerance: float, what: str) -> None:
    """Assert equality relative to the largest value."""
    assert found.shape == expected.shape, what
    scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
    difference = float(np.abs(found - expected).max(initial=0.0)) / scale
    assert difference <= tolerance, f"{what} differs by {difference:.1e}"


def build(spec: Spec, backend: Backend) -> Any:
    """The live model of a spec that the checks need not like."""
    return runtime.execute(compile_spec(spec, backend)).build_model()


def set_weights(model: Any, backend: Backend, weights: Mapping[str, np.ndarray]) -> None:
    """Give a model its weights by name, in Keras' layouts."""
    torch = importlib.import_module("torch")
    for path, weight in runtime.named_weights(model, backend).items():
        if backend == "keras":
            weight.assign(weights[path])
        else:
            with torch.no_grad():
                weight.copy_(torch.from_numpy(weights[path]))


def keras_outcome(model: Any, x: np.ndarray, cotangent: np.ndarray) -> Outcome:
    """Outputs and gradients of the Keras model, by TensorFlow's tape."""
    tf = importlib.import_module("tensorflow")
    inference = model(x, training=False).numpy()
    inputs = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = model(inputs, training=True)
        loss = tf.reduce_sum(outputs * cotangent)
    trainable = {
        path: weight
        for path, weight in runtime.named_weights(model, "keras").items()
        if weight.trainable
    }
    values = [inputs, *(weight.value for weight in trainable.values())]
    gradients = tape.gradient(loss, values)
    named = dict(zip(["input", *trainable], (g.numpy() for g in gradients), strict=True))
    return Outcome(inference, outputs.numpy(), statistics(model, "keras"), named)


def torch_outcome(model: Any, x: np.ndarray, cotangent: np.ndarray) -> Outcome:
    """Outputs and gradients of the PyTorch model, by autograd."""
    torch = importlib.import_module("torch")
    inputs = torch.from_numpy(x).requires_grad_()
    with torch.no_grad():
        inference = model.eval()(inputs).numpy()
    outputs = model.train()(inputs)
    (outputs * torch.from_numpy(cotangent)).sum().backward()
    moved = statistics(model, "torch")
    with torch.no_grad():  # the views of the weights show the gradients in Keras' layouts
        for parameter in model.parameters():
            parameter.copy_(parameter.grad)
    gradients = {
        path: weight.detach().numpy().copy()
        for path, weight in model.named_weights().items()
        if weight.requires_grad
    }
    return Outcome(
        inference,
        outputs.detach().numpy(),
        moved,
        {"input": inputs.grad.numpy(), **gradients},
    )


def statistics(model: Any, backend: Backend) -> dict[str, np.ndarray]:
    """The weights that no gradient moves."""
    values = runtime.weights(model, backend)
    return {name: v for name, v in values.items() if name.rpartition("/")[2].startswith("moving_")}
