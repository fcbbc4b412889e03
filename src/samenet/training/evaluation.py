"""What trained weights are worth on samples, and what they say of new ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from samenet import runtime
from samenet.compiler import compile_spec, graph_of
from samenet.data.arrays import Arrays as ArraysSource
from samenet.data.embedded import Embedded
from samenet.diagnostics import Code, Diagnostic, SpecError
from samenet.graph.memory import available, check_memory, demand
from samenet.lowering import Backend
from samenet.named import ONLY
from samenet.spec.model import Spec
from samenet.training.inputs import part, read_inputs
from samenet.training.run import checked, data_path, data_paths
from samenet.training.saved import Saved

if TYPE_CHECKING:
    from samenet.training.run import Arrays, Values

Results = dict[str, dict[str, float]]
"""Losses and metrics by the name of the samples: `validation`, `test`, or `data`."""


@dataclass(frozen=True)
class Trained:
    """A live network with trained weights.

    Attributes:
        spec: its spec.
        backend: the framework.
        module: its program.
        model: its live model.
    """

    spec: Spec
    backend: Backend
    module: ModuleType
    model: Any

    def measured(self, data: Any) -> dict[str, float]:
        """The loss and the metrics of a program's data set, as validation reports them."""
        if self.backend == "torch":
            found = self.module.evaluate(self.model, *self.module.as_tensors(data, self._device()))
        else:
            samples = self._samples(data)
            found = self.model.evaluate(**samples, verbose=0, return_dict=True)
        names = self.spec.losses_and_metrics()
        return {name: float(found[name]) for name in names if name in found}

    def outputs(self, data: Any) -> dict[str, np.ndarray]:
        """What the network gives for the inputs of a data set, by output; probabilities if any."""
        size: int = self.module.EVALUATION_BATCH_SIZE
        if self.backend == "keras":
            samples = self._samples(data)
            inputs = {name: samples[name] for name in ("x", "batch_size") if name in samples}
            return _named(self.model.predict(**inputs, verbose=0))
        parts: list[dict[str, Any]] = []
        for start in range(0, data.size, size):
            batch = part(self.module, data, slice(start, start + size))
            x = self.module.as_tensors(batch, self._device())[0]
            parts.append(_named(self.model.predict(x)))
        return {
            name: np.concatenate([part[name].cpu().numpy() for part in parts]) for name in parts[0]
        }

    def _samples(self, data: Any) -> dict[str, Any]:
        """A data set as Keras' `evaluate` takes it."""
        size: int = self.module.EVALUATION_BATCH_SIZE
        if self.spec.data.STREAMS:
            return {"x": self.module.OrderedBatches(data, size)}
        names = ("x", "y", "sample_weight")[: len(data)]
        return {**dict(zip(names, data, strict=True)), "batch_size": size}

    def _device(self) -> Any:
        return next(self.model.parameters()).device


def _named(outputs: Any) -> dict[str, Any]:
    """What a network gives, by output; `ONLY` stands for a single one."""
    if isinstance(outputs, Mapping):
        return dict(cast("Mapping[str, Any]", outputs))
    return {ONLY: outputs}


def restored(saved: Saved, backend: Backend) -> Trained:
    """The live network of a spec with its trained weights.

    Raises:
        SpecError: the weights are not of this network, or it needs more memory than is free.
        FrameworkError: the framework is not installed.
        OSError: the weights cannot be read.
    """
    values = saved.values()
    check_memory(demand(graph_of(saved.spec)), available())
    module = runtime.execute(compile_spec(saved.spec, backend))
    model = module.build_model()
    runtime.set_weights(model, backend, values)
    return Trained(saved.spec, backend, module, model)


def evaluated(trained: Trained, data: Arrays | str | Path | None = None) -> Results:
    """The loss and the metrics on each part of the samples; see `samenet.evaluate`."""
    module = trained.module
    try:
        parts = _parts(trained, data)
    except module.DataError as error:
        raise SpecError([Diagnostic(Code.DATA, str(error))]) from error
    return {name: trained.measured(part) for name, part in parts.items()}


def _parts(trained: Trained, data: Arrays | str | Path | None) -> dict[str, Any]:
    """The samples to evaluate with, by name."""
    spec, module = trained.spec, trained.module
    if isinstance(data, str | Path):
        return {"data": module.read_data(Path(data))}
    if data is not None:
        return {"data": checked(module, data, "data")}
    if isinstance(spec.data, ArraysSource) or not (spec.data.validates or spec.data.tests):
        message = "the spec has no validation or test samples of its own"
        raise SpecError(
            [
                Diagnostic(
                    Code.DATA, message, "hand samples over, or name a file: --data FILE", ("data",)
                )
            ]
        )
    loaded = module.load_data(*data_paths(spec))[1:]
    names = ("validation", "test")[: len(loaded)]
    return {name: part for name, part in zip(names, loaded, strict=True) if part is not None}


def predicted(trained: Trained, data: Values | str | Path | None = None) -> dict[str, np.ndarray]:
    """What the network gives for inputs, by output; see `samenet.predict`."""
    spec, module = trained.spec, trained.module
    try:
        if data is None and isinstance(spec.data, Embedded):
            data = data_path(spec)
        if data is None:
            message = "there are no samples to predict"
            raise SpecError(
                [Diagnostic(Code.DATA, message, "hand samples over, or name a file: --data FILE")]
            )
        samples = read_inputs(spec, module, data)
    except module.DataError as error:
        raise SpecError([Diagnostic(Code.DATA, str(error))]) from error
    return trained.outputs(samples)
