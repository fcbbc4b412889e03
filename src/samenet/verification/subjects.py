"""A program of any framework in one form: its weights, layers, loss, gradients and training.

Everything is told in NumPy and in Keras' layouts, by the names of the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, cast

import numpy as np

from samenet import runtime
from samenet.graph.ir import ResolvedGraph, ResolvedNode
from samenet.lowering import Backend
from samenet.verification.masks import mask, maskable

Arrays = dict[str, np.ndarray]


@dataclass
class Training:
    """The course of a training: after each step the weights and the rate, and the history.

    Attributes:
        probe: samples of which the predictions after each step are kept too, or None.
        ends: whether of weights and predictions those after the first and the last step are kept
            alone.
        weights: those after each step that is kept.
        predictions: likewise.
        rates: the learning rate of each step.
        history: the values of each epoch.
    """

    probe: Any = None
    ends: bool = False
    weights: list[Arrays] = field(default_factory=list[Arrays])
    predictions: list[Arrays] = field(default_factory=list[Arrays])
    rates: list[float] = field(default_factory=list[float])
    history: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def record(self, subject: Subject, rate: float) -> None:
        """Keep what a step has led to."""
        self.rates.append(rate)
        for kept, values in (
            (self.weights, subject.weights()),
            (self.predictions, {} if self.probe is None else subject.predictions(self.probe)),
        ):
            if self.ends:
                del kept[1:]
            kept.append(values)


class Subject:
    """A program, built."""

    backend: Backend

    def __init__(self, name: str, module: ModuleType, graph: ResolvedGraph, seed: int) -> None:
        self.name, self.module, self.graph, self.seed = name, module, graph, seed
        self.nodes = {node.name: node for node in graph.nodes}
        self.model: Any = module.build_model()

    def weights(self) -> Arrays:
        """Copies of all weights."""
        return runtime.weights(self.model, self.backend)

    def trainable(self) -> set[str]:
        """The names of the weights that are trained."""
        return runtime.trained_weights(self.model, self.backend)

    def set_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        """Give the model these weights."""
        runtime.set_weights(self.model, self.backend, weights)

    def predictions(self, data: Any) -> Arrays:
        """What the network gives for a data set of the program, by the name of the output."""
        raise NotImplementedError

    def layers(self, data: Any, *, training: bool) -> dict[str, list[np.ndarray]]:
        """Input and output of the layers that can be watched, by name; of the first call.

        Without the output where a framework does more in a layer than the spec does.
        """
        raise NotImplementedError

    def gradients(self, data: Any) -> tuple[float, Arrays]:
        """The loss of a batch in training, and its gradient by every weight."""
        raise NotImplementedError

    def train(
        self,
        training: Any,
        validation: Any,
        epochs: int,
        size: int,
        found: Training | None = None,
    ) -> Training:
        """A training by the program itself with batches of a size, from the model's weights.

        Args:
            training: a data set of the program.
            validation: another one, or None.
            epochs: how often it is gone through.
            size: of a batch.
            found: what keeps the course of it.
        """
        found = found or Training()
        with (
            TemporaryDirectory() as folder,  # for what callbacks write
            self.masked(),
            patched(self.module, "BATCH_SIZE", size),
            self.recording(found) as callback,
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

    def recording(self, found: Training) -> AbstractContextManager[Any]:
        """A callback that keeps the weights and the rate after each step."""
        raise NotImplementedError

    def masked(self) -> AbstractContextManager[None]:
        """Random layers multiply by the shared masks in training, for a while."""
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


class MasksError(Exception):
    """The random layers of a program are not those of the spec."""


def first_value(values: Any) -> Any:
    """The first of values that stand in lists, or the only one."""
    first: Any = values
    while isinstance(first, list | tuple) and first:
        first = cast("Sequence[Any]", first)[0]
    return cast("Any", first)


@contextmanager
def patched(owner: Any, name: str, value: Any) -> Generator[None]:
    """Another value of an attribute, for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)
