"""A Keras program as a subject of comparisons."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

from samenet import runtime
from samenet.verification.masks import maskable
from samenet.verification.subjects import Arrays, Subject, Training, first_value, patched


class KerasSubject(Subject):
    """A Keras program; its layers are watched, and given masks, through their `call`."""

    backend = "keras"

    def predictions(self, data: Any) -> Arrays:
        outputs = self.named(self.model(data.x, training=False))
        return {name: np.array(value.numpy()) for name, value in outputs.items()}

    def layers(self, data: Any, *, training: bool) -> dict[str, list[np.ndarray]]:
        found: dict[str, list[np.ndarray]] = {}

        def watched(layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
            def watching(*arguments: Any, **options: Any) -> Any:
                result = call(*arguments, **options)
                values = [first_value(arguments), first_value(result)]
                if layer.name not in found and all(hasattr(value, "numpy") for value in values):
                    found[layer.name] = [np.array(value.numpy()) for value in values]
                return result

            return watching

        layers = self.live()
        with (
            self.masked() if training else nullcontext(),
            replaced_calls((v, watched(v, v.call)) for v in layers.values()),
        ):
            self.model(data.x, training=training)
        for name, layer in layers.items():
            if name in found and self.applies_activation(name, layer):
                del found[name][1:]
        return found

    def live(self) -> dict[str, Any]:
        """The live layers of the spec by name, also those of blocks that are models themselves."""
        model_class = runtime.require("keras").Model
        waiting, found = [self.model], dict[str, Any]()
        while waiting:
            for layer in waiting.pop().layers:
                if isinstance(layer, model_class):
                    waiting.append(layer)
                elif layer.name in self.nodes:
                    found[layer.name] = layer
        return found

    def applies_activation(self, name: str, layer: Any) -> bool:
        """Whether a live layer applies the activation that is a layer of its own in the spec."""
        linear = runtime.require("keras").activations.linear
        applied = getattr(layer, "activation", None) not in (None, linear)
        return applied and getattr(self.nodes[name].layer, "activation", "linear") == "linear"

    @contextmanager
    def masked(self) -> Generator[None]:
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

    def gradients(self, data: Any) -> tuple[float, Arrays]:
        tf: Any = importlib.import_module("tensorflow")
        self.module.compile_model(self.model)
        named, trainable = runtime.named_weights(self.model, "keras"), self.trainable()
        trained = {path: weight for path, weight in named.items() if path in trainable}
        before = self.weights()
        with self.masked(), tf.GradientTape() as tape:
            outputs = self.model(data.x, training=True)
            loss = self.model.compute_loss(data.x, data.y, outputs, *data[2:])
        found = tape.gradient(
            loss, [w.value for w in trained.values()], unconnected_gradients="zero"
        )
        self.set_weights(before)
        values = (np.array(tf.convert_to_tensor(gradient).numpy()) for gradient in found)
        return float(loss), dict(zip(trained, values, strict=True))

    @contextmanager
    def recording(self, found: Training) -> Generator[Any]:
        def record(batch: int, logs: Any) -> None:
            del batch, logs
            found.record(self, float(self.model.optimizer.learning_rate))

        compile_model = self.module.compile_model

        def eager(model: Any) -> None:
            compile_model(model)
            # A compiled step would keep the masks of its first call for ever.
            model.run_eagerly = bool(maskable(self.graph))

        keras: Any = runtime.require("keras")
        each = patched(self.module, "STEPS_PER_EXECUTION", 1)
        several = hasattr(self.module, "STEPS_PER_EXECUTION")
        with patched(self.module, "compile_model", eager), each if several else nullcontext():
            yield keras.callbacks.LambdaCallback(on_train_batch_end=record)


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
