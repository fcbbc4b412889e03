"""A PyTorch program as a subject of comparisons."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from types import ModuleType
from typing import Any

import numpy as np

from samenet import runtime
from samenet.backends.torch.layout import assign_layouts
from samenet.graph.ir import ResolvedGraph
from samenet.verification.subjects import (
    Arrays,
    MasksError,
    Subject,
    Training,
    first_value,
    patched,
)


class TorchSubject(Subject):
    """A PyTorch program; its modules are watched, and given masks, through hooks."""

    backend = "torch"

    def __init__(self, name: str, module: ModuleType, graph: ResolvedGraph, seed: int) -> None:
        self.torch: Any = runtime.require("torch")
        self.layouts = assign_layouts(graph).nodes
        super().__init__(name, module, graph, seed)

    def tensors(self, data: Any) -> Sequence[Any]:
        """Samples as the program takes them: inputs, targets and perhaps weights."""
        device = next(self.model.parameters()).device
        return self.module.as_tensors(data, device)

    def predictions(self, data: Any) -> Arrays:
        inputs = self.tensors(data)[0]
        outputs = self.named(self.model.predict(inputs))
        return {name: value.detach().cpu().numpy().copy() for name, value in outputs.items()}

    def layers(self, data: Any, *, training: bool) -> dict[str, list[np.ndarray]]:
        found: dict[str, list[np.ndarray]] = {}

        def watching(name: str) -> Callable[..., None]:
            def watch(module: Any, arguments: Any, result: Any) -> None:
                del module
                values = [first_value(arguments), first_value(result)]
                if name not in found and all(hasattr(value, "detach") for value in values):
                    found[name] = [value.detach().cpu().numpy().copy() for value in values]

            return watch

        inputs = self.tensors(data)[0]
        handles = [
            module.register_forward_hook(watching(name)) for name, module in self.owners().items()
        ]
        try:
            with self.masked() if training else nullcontext(), self.torch.no_grad():
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
    def masked(self) -> Generator[None]:
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

        # They stand in the order of evaluation, as the layers of the graph do.
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

    def gradients(self, data: Any) -> tuple[float, Arrays]:
        inputs, *wanted = self.tensors(data)
        before = self.weights()
        self.model.zero_grad()
        with self.masked():
            if hasattr(self.module, "measure_penalized"):
                loss = self.module.measure_penalized(self.model, inputs, *wanted)["loss"]
            else:
                outputs: Any = self.model.train()(inputs)
                parts: Any = outputs if self.graph.output_masks() else (outputs,)
                loss = self.module.measure(*parts, *wanted)["loss"]
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

    @contextmanager
    def recording(self, found: Training) -> Generator[Any]:
        build_optimizer = self.module.build_optimizer
        optimizers: list[Any] = []

        def kept(model: Any) -> Any:
            optimizers.append(build_optimizer(model))
            return optimizers[-1]

        def record(batch: int, logs: Any) -> None:
            del batch, logs
            found.record(self, float(optimizers[-1].param_groups[0]["lr"]))

        callback = self.module.Callback()
        callback.on_train_batch_end = record
        with patched(self.module, "build_optimizer", kept):
            yield callback


def _is_dropout(module: Any) -> bool:
    name = type(module).__name__
    return "Dropout" in name and "Alpha" not in name and "Gaussian" not in name and module.p > 0


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
