"""How far the frameworks' own parts drift from the exact programs, measured.

Programs of one framework are compared with its exact one: with one part exchanged at a time, then
with all. They start from the same weights, read the same batches and draw the same masks, so what
differs comes from the exchanged parts alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from samenet import runtime
from samenet.backends.idioms import Exchange
from samenet.compiler import Program, compile_spec, graph_of
from samenet.graph.ir import ResolvedGraph
from samenet.lowering import BACKENDS, Backend
from samenet.runtime import Precision
from samenet.schema import kind_of
from samenet.spec.model import Spec
from samenet.spec.rendering import rendered
from samenet.spec.toml import dumped
from samenet.verification.comparison import EPOCHS, KINDS, float_type, in_common_precision
from samenet.verification.decisions import decisions
from samenet.verification.differences import largest, relative
from samenet.verification.drift_report import NAMES, TOGETHER, Distance, Drift, DriftReport
from samenet.verification.kept import kept_helpers
from samenet.verification.samples import part, samples
from samenet.verification.subjects import Arrays, Subject, Training


def drift(
    spec: Spec,
    *,
    steps: int = 10,
    precision: Precision = "float64",
    batch_size: int | None = None,
) -> DriftReport:
    """Measure how far idiomatic programs are from the exact ones of the same framework.

    Args:
        spec: what the programs are of.
        steps: how many steps of the optimizer are taken, in two epochs, at least 2.
        precision: what they compute in.
        batch_size: of the steps, by default the spec's, at most 64.

    Raises:
        FrameworkError: a framework in whose program something is exchanged is not installed.
        ValueError: there are too few steps.
    """
    if steps < 2:
        raise ValueError(f"steps must be at least 2, found {steps}")
    stated, spec = spec.training.precision, in_common_precision(spec)
    graph, backends = graph_of(spec), exchanging(spec)
    programs = {backend: compile_spec(spec, backend, "idiomatic") for backend in backends}
    size = batch_size or min(spec.training.batch_size, 64)
    rows: list[Drift] = []
    taken = 0
    for backend in backends:
        runtime.require_packages(spec, backend)
    with float_type(backends, precision):
        for backend in backends:
            measurement = Measurement(spec, graph, backend, steps, size)
            rows += measurement.rows(programs[backend].exchanged)
            taken = len(measurement.exact.rates)
    notes = [f"{stated} was left out"] if stated not in ("float32", precision) else []
    notes += [
        f"{name}: nothing is exchanged, its own parts stand in the exact program already"
        for backend, name in NAMES.items()
        if backend not in backends
    ]
    return DriftReport(
        spec.name,
        precision,
        taken or steps,
        size,
        tuple(rows),
        {backend: unchanged(spec, graph, programs[backend]) for backend in backends},
        {backend: kept_helpers(programs[backend]) for backend in backends},
        tuple(notes),
        dumped(rendered(spec)),
    )


def exchanging(spec: Spec) -> list[Backend]:
    """The frameworks of which a part stands in an idiomatic program alone, PyTorch first.

    Some versions crash when TensorFlow is imported before PyTorch.
    """
    return [b for b in reversed(BACKENDS) if compile_spec(spec, b, "idiomatic").exchanged]


def unchanged(spec: Spec, graph: ResolvedGraph, program: Program) -> tuple[str, ...]:
    """What of a spec is the same in the exact program and in the one with exchanged parts."""
    losses = (spec.training.loss_of(name) for name in graph.outputs)
    items = (
        *(node.layer for node in graph.nodes),
        *losses,
        spec.optimizer,
        *spec.callbacks,
    )
    exchanged = {kind for exchange in program.exchanged for kind in exchange.kinds}
    kinds = dict.fromkeys(kind_of(type(item)) for item in items)
    return tuple(kind for kind in kinds if kind not in exchanged)


class Measurement:
    """Compares programs of a framework with its exact one.

    Args:
        spec: what they are of.
        graph: its network.
        backend: the framework.
        steps: of the optimizer.
        size: of a batch.
    """

    def __init__(
        self, spec: Spec, graph: ResolvedGraph, backend: Backend, steps: int, size: int
    ) -> None:
        self.spec, self.graph, self.size = spec, graph, size
        self.backend: Backend = backend
        per_epoch = -(-steps // EPOCHS)
        # As in a comparison, the last batch of an epoch is a short one.
        self.count = size * (per_epoch - 1) + max(1, size // 2)
        subject = self.subject(compile_spec(spec, backend))
        self.initial, self.trained = subject.weights(), subject.trainable()
        self.start, self.exact = self.course(subject)

    def rows(self, exchanges: Sequence[Exchange]) -> Iterator[Drift]:
        """Each part exchanged alone, then all together if there are several."""
        for exchange in exchanges:
            row = Drift(exchange.part, self.backend, exchange.own, exchange.law, exchange.source)
            row = self.measured(row, compile_spec(self.spec, self.backend, "idiomatic", [row.part]))
            if exchange.by_epoch:
                found = decisions(self.spec, self.graph, self.backend, exchange.part)
                row = replace(row, decisions=found)
            yield row
        if len(exchanges) > 1:
            row = Drift(TOGETHER, self.backend, "", "", "")
            yield self.measured(row, compile_spec(self.spec, self.backend, "idiomatic"))

    def measured(self, row: Drift, program: Program) -> Drift:
        """The row with what the program differs in, or with how it fails."""
        try:
            subject = self.subject(program)
            subject.set_weights(self.initial)
            start, course = self.course(subject)
        except Exception as error:  # what a framework's own part refuses, e.g. a batch of one
            message = f"{type(error).__name__}: {error}".splitlines()[0]
            return replace(row, failure=message)
        return replace(
            row,
            start=(distance("predictions", start, self.start),),
            first=tuple(self.after(0, course)),
            last=(*self.after(-1, course), self.loss(course)),
        )

    def subject(self, program: Program) -> Subject:
        """A program, built."""
        module = runtime.execute(program)
        seed = self.spec.training.seed
        return KINDS[self.backend](self.backend, module, self.graph, seed)

    def course(self, subject: Subject) -> tuple[Arrays, Training]:
        """The predictions of a program before any step, and its training."""
        module = subject.module
        data = samples(self.spec, self.graph, module, self.count)
        probe = part(module, data, slice(0, self.size))
        start = subject.predictions(probe)
        validation = probe if self.spec.data.validates else None
        found = Training(probe=probe, ends=True)
        return start, subject.train(data, validation, EPOCHS, self.size, found)

    def after(self, step: int, found: Training) -> Iterator[Distance]:
        """What differs after a step: 0 for the first, -1 for the last."""
        exact = self.exact
        for what, names in (
            ("weights", self.trained),
            ("statistics", exact.weights[0].keys() - self.trained),
        ):
            if names:
                pair = (training.weights[step] for training in (found, exact))
                yield distance(what, *({n: values[n] for n in sorted(names)} for values in pair))
        yield distance("predictions", found.predictions[step], exact.predictions[step])
        rate, wanted = found.rates[step], exact.rates[step]
        difference = abs(rate - wanted) / max(rate, wanted) if rate != wanted else 0.0
        yield Distance("learning rate", "", difference)

    def loss(self, found: Training) -> Distance:
        """The largest difference of the losses of each epoch."""
        differences = {
            f"{name} of epoch {epoch}": relative(value, exact)
            for name, values in self.exact.history.items()
            if name.endswith("loss")
            for epoch, (value, exact) in enumerate(
                zip(found.history.get(name, ()), values, strict=False), start=1
            )
        }
        where = max(differences, key=lambda name: differences[name])
        return Distance("loss", where, differences[where])


def distance(what: str, found: Arrays, exact: Mapping[str, Any]) -> Distance:
    """The largest difference of arrays by name."""
    row = largest(what, found, dict(exact), 0.0)
    return Distance(what, row.where, row.difference)
