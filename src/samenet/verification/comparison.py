"""The comparisons, in the order in which a program computes: weights, layers, loss, training."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import numpy as np

from samenet import runtime
from samenet.compiler import Program, compile_spec, graph_of
from samenet.graph.ir import ResolvedGraph
from samenet.lowering import BACKENDS, Backend
from samenet.runtime import Precision
from samenet.spec.model import Spec
from samenet.spec.rendering import rendered
from samenet.spec.toml import dumped
from samenet.verification.differences import (
    Tolerances,
    course,
    histories,
    laid_out,
    largest,
    relative,
    tolerances,
)
from samenet.verification.keras_subject import KerasSubject
from samenet.verification.masks import maskable, other_random
from samenet.verification.report import Report, Row
from samenet.verification.samples import part, samples
from samenet.verification.subjects import Arrays, MasksError, Subject
from samenet.verification.torch_subject import TorchSubject

COMMON = ("build_model", "train", "check_data", "Dataset", "Checkpoint", "BATCH_SIZE")
NEEDED: Mapping[Backend, Sequence[str]] = MappingProxyType(
    {
        "keras": (*COMMON, "compile_model"),
        "torch": (*COMMON, "build_optimizer", "measure", "Callback", "as_tensors"),
    }
)
"""What a comparison calls of a program."""


EPOCHS = 2
"""Of a compared training: enough for schedules, callbacks and a new order to act."""


PADDING = "padding: Keras' 'same' puts the odd cell behind"
CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "batch_normalization": "epsilon, momentum, or the variance of moving statistics "
        "(biased in Keras)",
        "layer_normalization": "epsilon, or the axes that are normalized",
        "dense": "the order of axes in the kernel",
        "conv1d": PADDING,
        "conv2d": PADDING,
        "conv3d": PADDING,
        "lstm": "the order of gates, or the two biases of PyTorch",
        "gru": "the order of gates, or reset_after",
        "multi_head_attention": "the scale of the scores, or the order of heads",
        "embedding": "the numbers that are looked up",
    }
)
"""What a layer usually differs in whose inputs agree."""


KINDS: Mapping[Backend, type[Subject]] = {"keras": KerasSubject, "torch": TorchSubject}


Batches = Sequence[tuple[Subject, Any]]
"""Two programs, each with samples as a data set of its own; the first is the reference."""


def verify(
    spec: Spec,
    *,
    steps: int = 10,
    precision: Precision = "float64",
    program: Path | None = None,
    batch_size: int | None = None,
) -> Report:
    """Compare the programs of a spec, or one that was edited with the one that was compiled.

    Args:
        spec: what the programs are of.
        steps: how many steps of the optimizer are compared, at least 2.
        precision: what both compute in.
        program: a compiled program, perhaps edited; it is executed and compared with the spec's
            own of the same framework. Without, Keras is compared with PyTorch.
        batch_size: of the compared steps, by default the spec's, at most 64.

    Raises:
        FrameworkError: a framework is not installed.
        OSError: the program cannot be read.
        ValueError: it is no program of a framework that is known, or there are too few steps.
    """
    if steps < 2:
        raise ValueError(f"steps must be at least 2, found {steps}")
    stated = spec.training.precision
    if program is None:
        spec = in_common_precision(spec)
    graph, seed = graph_of(spec), spec.training.seed
    edited = None if program is None else _read(program)
    backends = BACKENDS if edited is None else (edited.backend,)
    for backend in backends:
        runtime.require_packages(spec, backend)
    # PyTorch first: some versions crash when TensorFlow is imported before it.
    with float_type(sorted(backends, key=("torch", "keras").index), precision):
        subjects = [
            KINDS[backend](backend, runtime.execute(compile_spec(spec, backend)), graph, seed)
            for backend in backends
        ]
        if program is not None and edited is not None:
            subjects[0].name = "the spec's program"
            subjects.append(_edited(edited, program, graph, seed))
        size = batch_size or min(spec.training.batch_size, 64)
        comparison = Comparison(spec, graph, tolerances(graph, precision), steps, size)
        if stated not in ("float32", precision):
            comparison.notes.append(
                f"{stated} was left out: each framework rounds at places of its own"
            )
        first, other = subjects
        rows: list[Row] = []
        try:
            for row in comparison.rows(first, other):
                rows.append(row)  # those before one that fails are kept
        except Exception as error:
            if program is None:
                raise
            rows.append(failed(error))  # a program of somebody else may raise anything
    return Report(
        spec.name,
        (first.name, other.name),
        (first.backend, other.backend),
        precision,
        steps,
        tuple(rows),
        tuple(comparison.notes),
        dumped(rendered(spec)),
    )


def in_common_precision(spec: Spec) -> Spec:
    """The spec whose programs compute in what the frameworks are set to."""
    training = spec.training.model_copy(update={"precision": "float32"})
    return spec.model_copy(update={"training": training})


def _edited(program: Program, file: Path, graph: ResolvedGraph, seed: int) -> Subject:
    """A program that somebody has edited.

    Raises:
        ValueError: it does not run, or lacks what programs have.
    """
    try:
        module = runtime.execute(program, file=file)
        lacking = [name for name in NEEDED[program.backend] if not hasattr(module, name)]
        if not lacking:
            return KINDS[program.backend](file.name, module, graph, seed)
    except Exception as error:
        raise ValueError(f"{file} does not run: {type(error).__name__}: {error}") from error
    raise ValueError(f"{file} has no {lacking[0]}, which the compiled program has")


def _read(file: Path) -> Program:
    """The program in a file.

    Raises:
        ValueError: it imports no framework that is known.
    """
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    for backend in BACKENDS:
        if any(line.startswith((f"import {backend}", f"from {backend}")) for line in lines):
            return Program(backend, text)
    raise ValueError(f"{file} imports neither keras nor torch")


@contextmanager
def float_type(backends: Iterable[Backend], precision: Precision) -> Generator[None]:
    """The frameworks that are compared compute in a precision."""
    before: dict[Backend, Precision] = {
        backend: runtime.float_type(backend) for backend in backends
    }
    try:
        for backend in backends:
            runtime.set_float_type(backend, precision)
        yield
    finally:
        for backend, name in before.items():
            runtime.set_float_type(backend, name)


class Comparison:
    """Compares programs with a first one."""

    def __init__(
        self, spec: Spec, graph: ResolvedGraph, allowed: Tolerances, steps: int, size: int
    ) -> None:
        self.spec, self.graph, self.allowed = spec, graph, allowed
        self.steps, self.size = steps, size
        self.notes: list[str] = []

    def rows(self, first: Subject, other: Subject) -> Iterator[Row]:
        """All comparisons of two programs; where the weights differ by name, no others."""
        shapes = self.shapes(first, other)
        yield shapes
        if not shapes.agrees:
            return
        initial = first.weights()
        yield largest("initial weights", other.weights(), initial, self.allowed.forward)
        other.set_weights(initial)
        per_epoch = -(-self.steps // EPOCHS)
        count = self.size * (per_epoch - 1) + max(1, self.size // 2)
        data = [(s, samples(self.spec, self.graph, s.module, count)) for s in (first, other)]
        batches = [(s, part(s.module, found, slice(0, self.size))) for s, found in data]
        yield self.same_samples([batch for _, batch in batches])
        yield from self.forward(batches, training=False)
        yield self.predicted("predictions", batches, self.allowed.forward)
        random = sorted({node.kind for node in other_random(self.graph)})
        if random:
            self.notes.append(f"training was not compared: {', '.join(random)} draw at random")
            return
        try:
            yield from self.forward(batches, training=True)
        except MasksError as error:
            yield Row("random layers", str(error), float("inf"), 0.0)
            return
        for subject in (first, other):
            subject.set_weights(initial)
        yield from self.backward(batches)
        yield from self.training(data, batches)

    def shapes(self, first: Subject, other: Subject) -> Row:
        """The names, shapes and kinds of the weights."""
        kinds = [
            {path: (values.shape, path in trained) for path, values in subject.weights().items()}
            for subject in (first, other)
            for trained in (subject.trainable(),)
        ]
        wrong = [
            path for path in {**kinds[0], **kinds[1]} if kinds[0].get(path) != kinds[1].get(path)
        ]
        cause = "a layer was added, removed or changed in size" if wrong else ""
        return Row(
            f"{len(kinds[0])} weights by name, shape and whether they are trained",
            wrong[0] if wrong else "",
            float("inf") if wrong else 0.0,
            0.0,
            cause,
        )

    def same_samples(self, batches: Sequence[Any]) -> Row:
        """The batches that they read."""
        expected, found = (
            {
                name: value
                for kind in batch._fields
                for name, value in _arrays(kind, getattr(batch, kind)).items()
            }
            for batch in batches
        )
        return largest("samples", found, expected, self.allowed.forward)

    def predicted(self, what: str, batches: Batches, allowed: float) -> Row:
        """What the networks give, in inference."""
        expected, found = (subject.predictions(batch) for subject, batch in batches)
        return largest(what, found, expected, allowed)

    def forward(self, batches: Batches, *, training: bool) -> Iterator[Row]:
        """What layers read and give, in the order of evaluation."""
        mode = "training" if training else "inference"
        found = [subject.layers(batch, training=training) for subject, batch in batches]
        worst = Row(f"layers in {mode}", "", 0.0, self.allowed.forward)
        compared = 0
        for row, values, expected in self._watched(worst, *found):
            difference = laid_out(values, expected)
            if difference is None:
                continue
            compared += 1
            if not difference <= row.tolerance:
                yield replace(row, difference=difference)
                return
            if difference >= worst.difference:
                worst = replace(row, difference=difference, cause="")
        if compared:
            yield replace(worst, what=f"{compared} inputs and outputs of layers in {mode}")

    def _watched(
        self,
        row: Row,
        first: Mapping[str, list[np.ndarray]],
        other: Mapping[str, list[np.ndarray]],
    ) -> Iterator[tuple[Row, np.ndarray, np.ndarray]]:
        """What layers read and give, in the order of evaluation, as rows without a difference."""
        before = "the input of the network"
        for node in self.graph.nodes:
            if node.name not in first or node.name not in other:
                continue
            expected, values = first[node.name], other[node.name]
            cause = f"what stands between {before} and {node.name}"
            where = f"the input of {node.name}"
            yield replace(row, where=where, cause=cause), values[0], expected[0]
            before = node.name
            if min(len(values), len(expected)) == 2:
                cause = CAUSES.get(node.kind, "")
                yield replace(row, where=node.name, cause=cause), values[1], expected[1]

    def backward(self, batches: Batches) -> Iterator[Row]:
        """The loss of a batch, and its gradients."""
        (expected, gradients), (loss, found) = (s.gradients(b) for s, b in batches)
        yield Row("loss", "", relative(loss, expected), self.allowed.forward)
        yield largest("gradients", found, gradients, self.allowed.backward)

    def comparable(self, history: dict[str, list[float]]) -> dict[str, list[float]]:
        """The history without what Keras averages otherwise when it runs eagerly, as with masks.

        The losses of single outputs are then means over samples, else over batches.
        """
        if self.graph.graph.single_output or not maskable(self.graph):
            return history
        own = {f"{prefix}{name}_loss" for name in self.graph.outputs for prefix in ("", "val_")}
        return {name: values for name, values in history.items() if name not in own}

    def training(self, data: Batches, batches: Batches) -> Iterator[Row]:
        """Steps, rates, statistics, decisions; the last batch of each epoch is a short one.

        Args:
            data: the programs with the samples that they train on.
            batches: the same with the first batch, which is also what they validate with.
        """
        allowed = self.allowed.training
        validated = self.spec.data.validates
        expected, found = (
            subject.train(training, batch if validated else None, EPOCHS, self.size)
            for (subject, training), (_, batch) in zip(data, batches, strict=True)
        )
        first = data[0][0]
        trained = first.trainable()
        for what, names in (
            ("weights after each step", trained),
            ("statistics after each step", first.weights().keys() - trained),
        ):
            if names:
                yield course(what, found.weights, expected.weights, names, allowed)
        rates = [relative(a, b) for a, b in zip(found.rates, expected.rates, strict=True)]
        worst = int(np.argmax(rates))
        where = f"step {worst + 1}" if rates[worst] else ""
        yield Row("learning rate of each step", where, rates[worst], allowed)
        yield histories(self.comparable(found.history), self.comparable(expected.history), allowed)
        yield self.predicted("predictions after training", batches, allowed)


def failed(error: Exception) -> Row:
    """The row of a program that cannot be run to the end."""
    message = f"{type(error).__name__}: {error}".splitlines()[0]
    return Row("running it", "", float("inf"), 0.0, message)


def _arrays(kind: str, values: Any) -> Arrays:
    if isinstance(values, Mapping):
        named = cast("Mapping[str, Any]", values)
        return {f"{kind}.{name}": np.asarray(value) for name, value in named.items()}
    return {kind: np.asarray(values)}
