"""A program of any framework in one form: its weights, layers, loss, gradients and training.

Everything is told in NumPy and in Keras' layouts, by the names of the spec.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, cast

import numpy as np

from samenet import runtime
from samenet.backends.torch.layout import assign_layouts
from samenet.graph.ir import ResolvedGraph, ResolvedNode
from samenet.lowering import Backend
from samenet.verification.masks import mask, maskable

Arrays = dict[str, np.ndarray]


@dataclass
class Training:
    """The course of a training: after each step the weights and the rate, and the history."""

    weights: list[Arrays] = field(default_factory=list[Arrays])
    rates: list[float] = field(default_factory=list[float])
    history: dict[str, list[float]] = field(default_factory=dict[str, list[float]])


class Subject:
    """A program, built."""

    backend: Backend

    def __init__(self, name: str, module: ModuleType, graph: ResolvedGraph, seed: int) -> None:
        self.name, self.module, self.graph, self.seed = name, module, graph, seed
        self.model: Any = self.built()

    def built(self) -> Any:
        """A model with its initial weights."""
        raise NotImplementedError

    def weights(self) -> Arrays:
        """Copies of all weights."""
        return runtime.weights(self.model, self.backend)

    def trainable(self) -> set[str]:
        """The names of the weights that are trained."""
        raise NotImplementedError

    def set_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        """Give the model these weights."""
        raise NotImplementedError

    def predictions(self, x: Any) -> Arrays:
        """What the network gives, by the name of the output."""
        raise NotImplementedError

    def layers(self, x: Any, *, training: bool) -> dict[str, list[np.ndarray]]:
        """Input and output of the layers that can be watched, by name; of the first call.

        Without the output where a framework does more in a layer than the spec does.
        """
        raise NotImplementedError

    def gradients(self, x: Any, y: Any) -> tuple[float, Arrays]:
        """The loss of a batch in training, and its gradient by every weight."""
        raise NotImplementedError

    def train(self, training: Any, validation: Any, epochs: int, size: int) -> Training:
        """A training by the program itself with batches of a size, from the model's weights."""
        raise NotImplementedError

    def named(self, outputs: Any) -> dict[str, Any]:
        """Outputs by name; a single one comes without."""
        if isinstance(outputs, Mapping):
            return dict(cast("Mapping[str, Any]", outputs))
        return {next(iter(self.graph.outputs)): outputs}

    def masks(self) -> dict[str, Callable[[tuple[int, ...]], np.ndarray]]:
        """For each layer with masks, what gives the mask of its next call in training."""
        return {node.name: self._mask(node) for node in maskable(self.graph)}

    def _mask(self, node: ResolvedNode) -> Callable[[tuple[int, ...]], np.ndarray]:
        calls = 0

        def drawn(shape: tuple[int, ...]) -> np.ndarray:
            nonlocal calls
            calls += 1
            return mask(node, calls - 1, shape, self.seed)

        return drawn


class KerasSubject(Subject):
    """A Keras program; its layers are watched, and given masks, through their `call`."""

    backend = "keras"

    def built(self) -> Any:
        return self.module.build_model()

    def trainable(self) -> set[str]:
        named = runtime.named_weights(self.model, "keras")
        return {path for path, weight in named.items() if weight.trainable}

    def set_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        for path, weight in runtime.named_weights(self.model, "keras").items():
            weight.assign(weights[path])

    def predictions(self, x: Any) -> Arrays:
        outputs = self.named(self.model(x, training=False))
        return {name: np.array(value.numpy()) for name, value in outputs.items()}

    def layers(self, x: Any, *, training: bool) -> dict[str, list[np.ndarray]]:
        found: dict[str, list[np.ndarray]] = {}

        def watched(layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
            def watching(*arguments: Any, **options: Any) -> Any:
                result = call(*arguments, **options)
                values = [_first(arguments), _first(result)]
                if layer.name not in found and all(hasattr(value, "numpy") for value in values):
                    found[layer.name] = [np.array(value.numpy()) for value in values]
                return result

            return watching

        layers = self.live()
        with (
            self.masked(training),
            replaced_calls((v, watched(v, v.call)) for v in layers.values()),
        ):
            self.model(x, training=training)
        for name, layer in layers.items():
            if name in found and self.applies_activation(name, layer):
                del found[name][1:]
        return found

    def live(self) -> dict[str, Any]:
        """The live layers of the spec by name, also those of blocks that are models themselves."""
        model_class = runtime.require("keras").Model
        names = {node.name for node in self.graph.nodes}
        waiting, found = [self.model], dict[str, Any]()
        while waiting:
            for layer in waiting.pop().layers:
                if isinstance(layer, model_class):
                    waiting.append(layer)
                elif layer.name in names:
                    found[layer.name] = layer
        return found

    def applies_activation(self, name: str, layer: Any) -> bool:
        """Whether a live layer applies the activation that is a layer of its own in the spec."""
        linear = runtime.require("keras").activations.linear
        node = next(node for node in self.graph.nodes if node.name == name)
        applied = getattr(layer, "activation", None) not in (None, linear)
        return applied and getattr(node.layer, "activation", "linear") == "linear"

    @contextmanager
    def masked(self, training: bool = True) -> Generator[None]:
        """Random layers multiply by the shared masks in training."""
        if not training:
            yield
            return
        masks, ops = self.masks(), runtime.require("keras").ops

        def masked(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
            def masking(inputs: Any, training: bool = False, **options: Any) -> Any:
                if not training:
                    return call(inputs, training=training, **options)
                drawn = masks[name](tuple(inputs.shape))
                return inputs * ops.convert_to_tensor(drawn, dtype=inputs.dtype)

            return masking

        layers = self.live()
        pairs = [(layers[name], masked(name, layers[name].call)) for name in masks]
        with replaced_calls(pairs):
            yield

    def gradients(self, x: Any, y: Any) -> tuple[float, Arrays]:
        tf: Any = importlib.import_module("tensorflow")
        self.module.compile_model(self.model)
        named = runtime.named_weights(self.model, "keras")
        trained = {path: weight for path, weight in named.items() if weight.trainable}
        before = self.weights()
        with self.masked(), tf.GradientTape() as tape:
            outputs = self.model(x, training=True)
            loss = self.model.compute_loss(x=x, y=y, y_pred=outputs)
        found = tape.gradient(
            loss, [w.value for w in trained.values()], unconnected_gradients="zero"
        )
        self.set_weights(before)
        values = (np.array(tf.convert_to_tensor(gradient).numpy()) for gradient in found)
        return float(loss), dict(zip(trained, values, strict=True))

    def train(self, training: Any, validation: Any, epochs: int, size: int) -> Training:
        keras: Any = runtime.require("keras")
        found = Training()

        def record(batch: int, logs: Any) -> None:
            del batch, logs
            found.weights.append(self.weights())
            found.rates.append(float(self.model.optimizer.learning_rate))

        compile_model = self.module.compile_model

        def eager(model: Any) -> None:
            compile_model(model)
            # A compiled step would keep the masks of its first call for ever.
            model.run_eagerly = bool(maskable(self.graph))

        callback = keras.callbacks.LambdaCallback(on_train_batch_end=record)
        with (
            TemporaryDirectory() as folder,  # for what callbacks write
            self.masked(),
            patched(self.module, "compile_model", eager),
            patched(self.module, "BATCH_SIZE", size),
        ):
            found.history = self.module.train(
                self.model,
                training,
                validation,
                epochs=epochs,
                callbacks=[callback],
                checkpoint=self.module.Checkpoint(Path(folder)),
            )
        return found


class TorchSubject(Subject):
    """A PyTorch program; its modules are watched, and given masks, through hooks."""

    backend = "torch"

    def __init__(self, name: str, module: ModuleType, graph: ResolvedGraph, seed: int) -> None:
        self.torch: Any = runtime.require("torch")
        self.layouts = assign_layouts(graph).nodes
        super().__init__(name, module, graph, seed)

    def built(self) -> Any:
        return self.module.build_model()

    def trainable(self) -> set[str]:
        return {path for path, w in self.model.named_weights().items() if w.requires_grad}

    def set_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        with self.torch.no_grad():
            for path, weight in self.model.named_weights().items():
                weight.copy_(self.torch.from_numpy(np.array(weights[path])))

    def tensors(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Samples as the program takes them."""
        device = next(self.model.parameters()).device
        return self.module.as_tensors(self.module.Dataset(x, y), device)

    def predictions(self, x: Any) -> Arrays:
        inputs, _ = self.tensors(x, x)
        outputs = self.named(self.model.predict(inputs))
        return {name: value.detach().cpu().numpy().copy() for name, value in outputs.items()}

    def layers(self, x: Any, *, training: bool) -> dict[str, list[np.ndarray]]:
        found: dict[str, list[np.ndarray]] = {}

        def watching(name: str) -> Callable[..., None]:
            def watch(module: Any, arguments: Any, result: Any) -> None:
                del module
                values = [_first(arguments), _first(result)]
                if name not in found and all(hasattr(value, "detach") for value in values):
                    found[name] = [value.detach().cpu().numpy().copy() for value in values]

            return watch

        inputs, _ = self.tensors(x, x)
        handles = [
            module.register_forward_hook(watching(name)) for name, module in self.owners().items()
        ]
        try:
            with self.masked(training), self.torch.no_grad():
                self.model.train(training)(inputs)
        finally:
            for handle in handles:
                handle.remove()
            self.model.train()
        return found

    def owners(self) -> dict[str, Any]:
        """The module of each layer that has weights: the innermost that holds all of them."""
        holders = {
            tensor.data_ptr(): path.rpartition(".")[0]
            for path, tensor in [*self.model.named_parameters(), *self.model.named_buffers()]
            if tensor.numel()
        }
        paths: dict[str, list[list[str]]] = {}
        for weight, view in self.model.named_weights().items():
            holder = holders.get(view.data_ptr())
            if holder is not None:
                name = weight.rpartition("/")[0]
                paths.setdefault(name, []).append(holder.split(".") if holder else [])
        nodes = [node.name for node in self.graph.nodes if node.weights]
        owners = {name: _common(found) for name in nodes if (found := _of(paths, name))}
        count = {path: list(owners.values()).count(path) for path in owners.values()}
        return {
            name: self.model.get_submodule(".".join(path))
            for name, path in owners.items()
            if path and count[path] == 1
        }

    @contextmanager
    def masked(self, training: bool = True) -> Generator[None]:
        """Random layers multiply by the shared masks; they stand in the order of evaluation."""
        if not training:
            yield
            return
        masks = self.masks()

        def masking(name: str) -> Callable[..., Any]:
            channels_first = self.layouts[name] == "first"

            def hook(module: Any, arguments: Any, result: Any) -> Any:
                if not module.training:
                    return result
                (inputs,) = arguments
                first = channels_first and inputs.dim() > 2
                shape = inputs.movedim(1, -1).shape if first else inputs.shape
                drawn = self.torch.from_numpy(np.array(masks[name](tuple(shape))))
                drawn = drawn.movedim(-1, 1) if first else drawn
                return inputs * drawn.to(inputs)

            return hook

        modules = [module for module in self.model.modules() if _is_dropout(module)]
        if len(modules) != len(masks):
            message = f"{len(modules)} dropout modules for {len(masks)} dropout layers of the spec"
            raise MasksError(message)
        handles = [
            module.register_forward_hook(masking(name))
            for name, module in zip(masks, modules, strict=True)
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def gradients(self, x: Any, y: Any) -> tuple[float, Arrays]:
        inputs, targets = self.tensors(x, y)
        before = self.weights()
        self.model.zero_grad()
        with self.masked():
            if hasattr(self.module, "measure_penalized"):
                loss = self.module.measure_penalized(self.model, inputs, targets)["loss"]
            else:
                loss = self.module.measure(self.model.train()(inputs), targets)["loss"]
        loss.backward()
        with self.torch.no_grad():  # the views of the weights show the gradients
            for parameter in self.model.parameters():
                if parameter.grad is not None:
                    parameter.copy_(parameter.grad)
                elif parameter.requires_grad:
                    parameter.zero_()
        trained = self.trainable()
        found = {path: values for path, values in self.weights().items() if path in trained}
        self.model.zero_grad()
        self.set_weights(before)
        return float(loss.detach()), found

    def train(self, training: Any, validation: Any, epochs: int, size: int) -> Training:
        found = Training()
        build_optimizer = self.module.build_optimizer
        optimizers: list[Any] = []

        def kept(model: Any) -> Any:
            optimizers.append(build_optimizer(model))
            return optimizers[-1]

        def record(batch: int, logs: Any) -> None:
            del batch, logs
            found.weights.append(self.weights())
            found.rates.append(float(optimizers[-1].param_groups[0]["lr"]))

        callback = self.module.Callback()
        callback.on_train_batch_end = record

        with (
            TemporaryDirectory() as folder,  # for what callbacks write
            self.masked(),
            patched(self.module, "build_optimizer", kept),
            patched(self.module, "BATCH_SIZE", size),
        ):
            found.history = self.module.train(
                self.model,
                training,
                validation,
                epochs=epochs,
                callbacks=[callback],
                checkpoint=self.module.Checkpoint(Path(folder)),
            )
        return found


class MasksError(Exception):
    """The random layers of a program are not those of the spec."""


KINDS: Mapping[Backend, type[Subject]] = {"keras": KerasSubject, "torch": TorchSubject}


def _is_dropout(module: Any) -> bool:
    name = type(module).__name__
    return "Dropout" in name and "Alpha" not in name and "Gaussian" not in name and module.p > 0


def _first(values: Any) -> Any:
    first: Any = values
    while isinstance(first, list | tuple) and first:
        first = cast("Sequence[Any]", first)[0]
    return cast("Any", first)


def _of(paths: Mapping[str, Sequence[list[str]]], name: str) -> list[list[str]]:
    """The modules that hold the weights of a layer; those of its parts are named behind it."""
    return [
        path
        for key, found in paths.items()
        if key == name or key.startswith(f"{name}/")
        for path in found
    ]


def _common(paths: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The longest beginning that all paths have."""
    length = 0
    while all(len(path) > length for path in paths) and len({path[length] for path in paths}) == 1:
        length += 1
    return tuple(paths[0][:length])


@contextmanager
def patched(owner: Any, name: str, value: Any) -> Generator[None]:
    """Another value of an attribute, for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def replaced_calls(pairs: Iterable[tuple[Any, Any]]) -> Generator[None]:
    """Other `call` methods of Keras layers, for a while."""
    changed: list[tuple[Any, Any]] = []
    try:
        for layer, call in pairs:
            changed.append((layer, layer.__dict__.get("call")))
            # Past Keras' own, which would track what is set.
            object.__setattr__(layer, "call", call)
        yield
    finally:
        for layer, before in changed:
            if before is None:
                object.__delattr__(layer, "call")
            else:
                object.__setattr__(layer, "call", before)
