"""The trainings of an ablation: laid out, done by one or several processes, and put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samenet.ablation.result import Ablation, Question, concluded
from samenet.ablation.variants import plan
from samenet.compiler import spec_digest
from samenet.document import Document
from samenet.frameworks import import_frameworks
from samenet.lowering import Backend
from samenet.spec.model import Spec
from samenet.spec.studies import Ablation as Table
from samenet.spec.studies import Design
from samenet.studies.cells import Cell, cell, data_digest, train_all
from samenet.studies.place import prepared
from samenet.studies.storage import require_optuna
from samenet.studies.workers import beside, shared_cores

Finished = Callable[[str, int, Backend, Mapping[str, Any], int, int], None]
"""Is told of a training that is done: the variant, the seed, the framework, what came out, how many
are done, and of how many."""


@dataclass(frozen=True)
class Options:
    """How an ablation is done; what is None is as the spec says.

    Attributes:
        backends: the frameworks.
        design: which variants there are.
        seeds: how often each is trained.
        epochs: passes over the data.
        only: the techniques that are looked at, all if there are none.
        output: the folder for the trials and the result, or None to keep nothing.
        storage: a storage URL of Optuna, in place of a journal in the folder.
        jobs: how many processes work.
        force: whether an earlier study in the folder is removed.
        layers: Python files that register layers, for further processes.
    """

    backends: tuple[Backend, ...]
    design: Design | None = None
    seeds: int | None = None
    epochs: int | None = None
    only: tuple[str, ...] = ()
    output: Path | None = None
    storage: str | None = None
    jobs: int = 1
    force: bool = False
    layers: tuple[Path, ...] = ()


def asked(document: Document, spec: Spec, options: Options) -> Question:
    """What an ablation asks.

    Raises:
        SpecError: a variant is no valid spec.
        ValueError: an option does not fit the spec.
    """
    table = spec.ablation or Table.model_validate({})
    design = options.design or table.design
    count = options.seeds or table.seeds
    first = spec.training.seed
    return Question(
        spec=spec,
        plan=plan(document, spec, design, only=options.only, epochs=options.epochs),
        design=design,
        backends=options.backends,
        seeds=tuple(range(first, first + count)),
        monitor=table.monitor or spec.judged_by,
        target=table.target,
    )


def ablated(question: Question, options: Options, finished: Finished | None = None) -> Ablation:
    """Train all variants with all seeds, or go on with that, and say what came out.

    Raises:
        SpecError: the data do not fit the spec, or memory does not suffice.
        FrameworkError: a framework, Optuna or SciPy is missing.
        LostError: too many processes were lost over a training.
        OSError: the folder or the storage cannot be used, or holds something else.
        ValueError: the storage URL leads nowhere.
    """
    require_optuna()
    named = _cells(question)
    cells = {item.key: item for item in named.values()}
    study = f"ablation {question.spec.name} {spec_digest(question.spec)[:12]}"
    with ExitStack() as stack:
        place = prepared(study, options.output, options.storage, stack, force=options.force)
        jobs = min(options.jobs, len(cells))
        stack.enter_context(shared_cores(jobs))
        arguments = (place, cells)
        workers = beside(
            jobs - 1, train_all, arguments, backends=options.backends, layers=options.layers
        )
        stack.enter_context(workers)
        import_frameworks(options.backends)
        news = _News(named, finished)
        train_all(place, cells, news.told)
        result = concluded(question, {name: news.results[item.key] for name, item in named.items()})
    if options.output is not None:
        result.write(options.output)
    return result


def _cells(question: Question) -> dict[tuple[str, int, Backend], Cell]:
    """Each training by its variant, seed and framework; rounds of all variants, seed by seed."""
    data = data_digest(question.spec)
    return {
        (variant.name, seed, backend): cell(
            variant.spec, backend, question.monitor, seed=seed, data=data
        )
        for seed in question.seeds
        for variant in question.plan.variants
        for backend in question.backends
    }


class _News:
    """What has come out so far; each training is told of once."""

    def __init__(
        self, named: Mapping[tuple[str, int, Backend], Cell], finished: Finished | None
    ) -> None:
        self._named = {name: item.key for name, item in named.items()}
        self._finished = finished
        self._told: set[tuple[str, int, Backend]] = set()
        self.results: Mapping[str, Any] = {}

    def told(self, results: Mapping[str, Any]) -> None:
        """Of all that is done."""
        self.results = results
        for name, key in self._named.items():
            if key in results and name not in self._told:
                self._told.add(name)
                if self._finished is not None:
                    self._finished(*name, results[key], len(self._told), len(self._named))
