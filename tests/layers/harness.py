"""One harness for all layers: a table of cases goes in, both frameworks must agree on each.

A case is compiled as a network of its own and built in both frameworks with the same random
weights. Compared are the declared and the live shapes, the numbers of parameters, the outputs in
inference and in training, the statistics that training moves, and the gradients of inputs and
weights against a random cotangent.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
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


Shape = tuple[int, ...]
Arrays = dict[str, np.ndarray]


def normal(random: np.random.Generator, shape: Shape) -> np.ndarray:
    """Inputs drawn from the normal distribution."""
    return random.normal(size=shape)


def integers(bound: int) -> Callable[[np.random.Generator, Shape], np.ndarray]:
    """Inputs that are whole numbers below a bound."""

    def draw(random: np.random.Generator, shape: Shape) -> np.ndarray:
        return random.integers(0, bound, shape).astype(np.int32)

    return draw


@dataclass(frozen=True)
class LayerCase:
    """A layer and what is known of it beforehand.

    Attributes:
        layer: the table of the layer in a spec.
        inputs: the shape of its input, without the batch; for several inputs, their shapes. They
            are called a, b, c, ... in the spec, and the layer reads all of them in this order
            unless its table has `inputs` of its own.
        outputs: the shape of its output, worked out by hand; for several outputs, their shapes.
        parameters: how many numbers all weights hold, worked out by hand.
        tolerance: the largest difference, relative to the largest value.
        why: the cause of a tolerance wider than the usual one.
        training: whether the outputs in training are determined.
        batch: the number of samples.
        draw: makes the values of an input; see `normal` and `integers`.
        integer_inputs: the names of the inputs that are whole numbers.
        before: layers of the spec between the inputs and this one, e.g. one that makes a mask.
        weights: the range from which the weights are drawn.
        gradients: whether the gradients are compared.
    """

    layer: Mapping[str, Any]
    inputs: Shape | tuple[Shape, ...]
    outputs: Shape | tuple[Shape, ...]
    parameters: int = 0
    tolerance: float = TOLERANCE
    why: str = ""
    training: bool = True
    batch: int = field(default=BATCH)
    draw: Callable[[np.random.Generator, Shape], np.ndarray] = normal
    integer_inputs: tuple[str, ...] = ()
    before: Sequence[Mapping[str, Any]] = ()
    weights: tuple[float, float] = (0.5, 1.5)
    gradients: bool = True

    def __str__(self) -> str:
        options = [f"{key}={value}" for key, value in self.layer.items() if key != "type"]
        return " ".join([str(self.inputs), *options])

    @property
    def input_shapes(self) -> dict[str, Shape]:
        return named(self.inputs)

    @property
    def output_shapes(self) -> tuple[Shape, ...]:
        return tuple(named(self.outputs).values())


def named(shapes: Shape | tuple[Shape, ...]) -> dict[str, Shape]:
    """Shapes by the names of their inputs."""
    several = shapes and isinstance(shapes[0], tuple)
    items: Any = shapes if several else (shapes,)
    return dict(zip("abcdefgh", items, strict=False))


@dataclass(frozen=True)
class Outcome:
    """What a framework makes of a case."""

    inference: Arrays
    training: Arrays
    statistics: Arrays
    gradients: Arrays


def spec_of(
    layer: Mapping[str, Any],
    inputs: Shape | tuple[Shape, ...],
    before: Sequence[Mapping[str, Any]] = (),
    integer_inputs: Sequence[str] = (),
    outputs: int = 1,
) -> Spec:
    """A network of one layer (and what stands before it); the loss plays no part."""
    shapes = named(inputs)
    tables = {
        name: {"shape": shape, **({"dtype": "int32"} if name in integer_inputs else {})}
        for name, shape in shapes.items()
    }
    if not before and "inputs" not in layer:
        layer = {**layer, "inputs": list(shapes)}
    name = layer.get("name", layer["type"])
    tree = {
        "version": 1,
        "inputs": tables,
        "layers": [*before, layer],
        "outputs": [name] if outputs == 1 else [f"{name}[{i}]" for i in range(outputs)],
        "optimizer": {"type": "sgd"},
        "training": {"loss": "mean_squared_error"},
        "data": {"source": "arrays"},
    }
    return validated(from_mapping(tree))


def check_layer(case: LayerCase) -> None:
    """Assert that both frameworks agree with each other and with what the case says."""
    assert case.tolerance == TOLERANCE or case.why, "a wider tolerance names its cause"
    shapes = case.output_shapes
    spec = spec_of(case.layer, case.inputs, case.before, case.integer_inputs, len(shapes))
    graph = graph_of(spec)
    assert tuple(graph.shapes[value] for value in graph.outputs.values()) == shapes
    assert graph.parameters() == case.parameters

    random = np.random.default_rng(7)
    x = {
        name: (integers(5) if case.draw is normal and name in case.integer_inputs else case.draw)(
            random, (case.batch, *shape)
        )
        for name, shape in case.input_shapes.items()
    }
    cotangents = {
        name: random.normal(size=(case.batch, *shape))
        for name, shape in zip(graph.outputs, shapes, strict=True)
    }
    models = {backend: build(spec, backend) for backend in BACKENDS}
    weights = {
        path: random.uniform(*case.weights, values.shape)
        for path, values in runtime.weights(models["keras"], "keras").items()
    }
    declared = {f"{n.name}/{w.name}": w.shape for n in graph.nodes for w in n.weights}
    for backend, model in models.items():
        live = runtime.weights(model, backend)
        assert {path: values.shape for path, values in live.items()} == declared, backend
        runtime.set_weights(model, backend, weights)

    expected = keras_outcome(models["keras"], x, cotangents, case)
    found = torch_outcome(models["torch"], x, cotangents, case)
    for (name, values), shape in zip(expected.inference.items(), shapes, strict=True):
        assert values.shape == (case.batch, *shape)
        compare(found.inference[name], values, case.tolerance, f"inference of {name}")
    if case.training:
        for kind in ("training", "gradients", "statistics"):
            values: Arrays = getattr(expected, kind)
            assert getattr(found, kind).keys() == values.keys()
            for name, value in values.items():
                compare(getattr(found, kind)[name], value, case.tolerance, f"{kind} of {name}")


def compare(found: np.ndarray, expected: np.ndarray, tolerance: float, what: str) -> None:
    """Assert equality relative to the largest value."""
    assert found.shape == expected.shape, what
    scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
    difference = float(np.abs(found - expected).max(initial=0.0)) / scale
    assert difference <= tolerance, f"{what} differs by {difference:.1e}"


def build(spec: Spec, backend: Backend) -> Any:
    """The live model of a spec that the checks need not like."""
    return runtime.execute(compile_spec(spec, backend)).build_model()


def without_mask(outputs: Any) -> Any:
    """The outputs of a PyTorch model, which returns a pair where they have a mask."""
    return outputs[0] if isinstance(outputs, tuple) else outputs


def by_name(outputs: Any, names: Sequence[str]) -> dict[str, Any]:
    """The outputs of a model by name; a single one comes without."""
    outputs = without_mask(outputs)
    return dict(outputs) if isinstance(outputs, Mapping) else {names[0]: outputs}


def keras_outcome(model: Any, x: Arrays, cotangents: Arrays, case: LayerCase) -> Outcome:
    """Outputs and gradients of the Keras model, by TensorFlow's tape."""
    tf = importlib.import_module("tensorflow")
    names = list(cotangents)
    inputs = {name: tf.constant(values) for name, values in x.items()}
    given = inputs if len(inputs) > 1 else next(iter(inputs.values()))
    inference = by_name(model(given, training=False), names)
    floats = {name: v for name, v in inputs.items() if name not in case.integer_inputs}
    with tf.GradientTape() as tape:
        tape.watch(list(floats.values()))
        outputs = by_name(model(given, training=True), names)
        loss = tf.add_n([tf.reduce_sum(outputs[name] * cotangents[name]) for name in names])
    trainable = {
        path: weight
        for path, weight in runtime.named_weights(model, "keras").items()
        if weight.trainable
    }
    values = [*floats.values(), *(weight.value for weight in trainable.values())]
    found = tape.gradient(loss, values, unconnected_gradients="zero") if case.gradients else []
    return Outcome(
        {name: value.numpy() for name, value in inference.items()},
        {name: value.numpy() for name, value in outputs.items()},
        statistics(model, "keras"),
        dict(
            zip(
                [*floats, *trainable] if case.gradients else [],
                (tf.convert_to_tensor(gradient).numpy() for gradient in found),
                strict=True,
            )
        ),
    )


def torch_outcome(model: Any, x: Arrays, cotangents: Arrays, case: LayerCase) -> Outcome:
    """Outputs and gradients of the PyTorch model, by autograd."""
    torch = importlib.import_module("torch")
    names = list(cotangents)
    inputs = {name: torch.from_numpy(values) for name, values in x.items()}
    floats = {
        name: v.requires_grad_() for name, v in inputs.items() if name not in case.integer_inputs
    }
    given = inputs if len(inputs) > 1 else next(iter(inputs.values()))
    with torch.no_grad():
        inference = by_name(model.eval()(given), names)
    outputs = by_name(model.train()(given), names)
    # Copies: an output may be a view of a parameter, which shows its gradient below.
    found = [
        {name: value.detach().numpy().copy() for name, value in values.items()}
        for values in (inference, outputs)
    ]
    gradients: Arrays = {}
    moved = statistics(model, "torch")
    if case.gradients:
        sum((outputs[n] * torch.from_numpy(cotangents[n])).sum() for n in names).backward()
        with torch.no_grad():  # the views of the weights show the gradients in Keras' layouts
            for parameter in model.parameters():
                if parameter.grad is not None:
                    parameter.copy_(parameter.grad)
                elif parameter.requires_grad:
                    parameter.zero_()
        gradients = {
            path: weight.detach().numpy().copy()
            for path, weight in model.named_weights().items()
            if weight.requires_grad
        }
        zero = {n: np.zeros_like(x[n]) for n in floats}
        grads = {n: v.grad.numpy() if v.grad is not None else zero[n] for n, v in floats.items()}
        gradients = {**grads, **gradients}
    return Outcome(*found, moved, gradients)


def statistics(model: Any, backend: Backend) -> Arrays:
    """The weights that no gradient moves."""
    values = runtime.weights(model, backend)
    return {name: v for name, v in values.items() if name.rpartition("/")[2].startswith("moving_")}
