"""The trainings of a search: asked for by Optuna, done by one or several processes."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samenet import api
from samenet.diagnostics import SpecError
from samenet.document import Document
from samenet.frameworks import import_frameworks
from samenet.lowering import Backend
from samenet.search.result import Sweep, concluded, importance
from samenet.search.space import grid, search_digest, spec_with, suggested
from samenet.spec.model import Spec
from samenet.spec.studies import Search
from samenet.studies.cells import data_digest, worst
from samenet.studies.claims import Claim, Fixed
from samenet.studies.judging import finite, judged_epoch, values_at
from samenet.studies.place import prepared
from samenet.studies.storage import Place, require_optuna
from samenet.studies.work import Outcome, Told, work
from samenet.studies.workers import beside, shared_cores
from samenet.training.progress import Progress
from samenet.version import VERSION

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import Trial

Finished = Callable[[int, Mapping[str, Any], int, int], None]
"""Is told of a trial that is done: its number, what came out, and how many of how many are done."""


@dataclass(frozen=True)
class Task:
    """A search, in a form that another process can read.

    Attributes:
        document: what the spec says, not yet filled in.
        backend: the framework.
        monitor: what is to become best.
        epochs: passes over the data.
        trials: how many trainings there are.
    """

    document: Document
    backend: Backend
    monitor: str
    epochs: int
    trials: int

    @property
    def spec(self) -> Spec:
        """The spec."""
        return api.load(self.document)

    @property
    def search(self) -> Search:
        """Its table of the search.

        Raises:
            ValueError: it has none.
        """
        search = self.spec.search
        if search is None:
            message = "the spec does not say what to search: it has no table [search.space]"
            raise ValueError(
                f'{message}; for example "optimizer.learning_rate" = '
                "{ low = 1e-4, high = 1e-1, log = true }"
            )
        return search


@dataclass(frozen=True)
class Options:
    """How a search is done.

    Attributes:
        output: the folder for the trials and the results, or None to keep nothing.
        storage: a storage URL of Optuna, in place of a journal in the folder.
        jobs: how many processes work.
        force: whether an earlier search in the folder is removed.
        layers: Python files that register layers, for further processes.
    """

    output: Path | None = None
    storage: str | None = None
    jobs: int = 1
    force: bool = False
    layers: tuple[Path, ...] = ()


def task(
    document: Document,
    backend: Backend,
    *,
    trials: int | None = None,
    epochs: int | None = None,
) -> Task:
    """The search that a spec asks for.

    Raises:
        SpecError: the spec is invalid.
        ValueError: it says nothing of a search, or its grid is too large.
    """
    spec = api.load(document)
    search = spec.search
    monitor = (search and search.monitor) or spec.judged_by
    found = Task(document, backend, monitor, epochs or spec.training.epochs, 0)
    if found.search.sampler == "grid":
        count = len(grid(found.search))
    else:
        count = trials or found.search.trials
    return Task(document, backend, monitor, found.epochs, count)


def swept(found: Task, options: Options, finished: Finished | None = None) -> Sweep:
    """Do the trainings of a search, or go on with them, and say which values were best.

    Raises:
        SpecError: the data do not fit the spec, or memory does not suffice.
        FrameworkError: a framework or Optuna is missing.
        OSError: the folder or the storage cannot be used, or holds something else.
        ValueError: the storage URL leads nowhere.
    """
    require_optuna()
    spec = found.spec
    deciding = [search_digest(spec, found.epochs), found.backend, data_digest(spec), VERSION]
    digest = hashlib.sha256(json.dumps(deciding).encode()).hexdigest()
    study = f"search {spec.name} {digest[:12]}"
    minimize = spec.mode_of(found.monitor) == "min"
    with ExitStack() as stack:
        place = prepared(
            study, options.output, options.storage, stack, force=options.force, minimize=minimize
        )
        jobs = min(options.jobs, found.trials)
        stack.enter_context(shared_cores(jobs))
        backends = (found.backend,)
        workers = beside(
            jobs - 1, search_all, (place, found), backends=backends, layers=options.layers
        )
        stack.enter_context(workers)
        import_frameworks(backends)
        results: dict[str, Any] = {}

        def told(done: Mapping[str, Any]) -> None:
            for key, result in done.items():
                if key not in results:
                    results[key] = result
                    if finished is not None:
                        finished(int(key), result, len(results), found.trials)

        search_all(place, found, told)
        result = concluded(found, results, importance(place))
    if options.output is not None:
        result.write(options.output)
    return result


def search_all(place: Place, found: Task, told: Told | None = None) -> None:
    """Do trials, as one of perhaps several processes, until all of them are done.

    Raises:
        SpecError: the data do not fit the spec, or memory does not suffice.
        FrameworkError: a framework is missing.
        LostError: too many processes were lost over a trial.
        OSError: the storage cannot be used.
    """
    keys = [str(number) for number in range(found.trials)]
    fixed: dict[str, Fixed] = {}
    if found.search.sampler == "grid":
        points = grid(found.search)
        fixed = {key: points[int(key)] for key in keys}
    work(place, keys, lambda study, claim: _tried(study, claim, found), told, fixed)


def _tried(study: Study, claim: Claim, found: Task) -> Outcome:
    """A trial: values are chosen, and the spec with them is trained."""
    import optuna  # noqa: PLC0415

    search, spec = found.search, found.spec
    # A seed for each trial: two processes would choose the same values with the same one.
    seed = search.seed + int(claim.key)
    samplers = optuna.samplers
    chooser = samplers.TPESampler if search.sampler == "tpe" else samplers.RandomSampler
    study.sampler = chooser(seed=seed)
    study.pruner = optuna.pruners.MedianPruner(n_warmup_steps=search.warmup)
    trial = optuna.Trial(study, claim.trial)
    values = suggested(trial, search.space)
    result: dict[str, Any] = {"parameters": values}
    try:
        trained = spec_with(found.document, spec, values, found.epochs)
    except SpecError as error:
        return Outcome({**result, "error": str(error)}, None)
    watcher = Watcher(trial if search.pruning else None, found.monitor)
    start = time.perf_counter()
    try:
        run = api.train(trained, found.backend, progress=watcher)
    except optuna.TrialPruned:
        history = finite(watcher.history)
        return Outcome({**result, "seconds": time.perf_counter() - start, "history": history}, None)
    history = finite(run.history)
    epoch = judged_epoch(trained, history)
    value = values_at(history, epoch)[found.monitor]
    result |= {"seconds": run.seconds, "history": history, "epoch": epoch}
    return Outcome(result, worst(trained, found.monitor) if value is None else value)


class Watcher(Progress):
    """Tells a trial of each epoch, and ends the training where the others were better."""

    def __init__(self, trial: Trial | None, monitor: str) -> None:
        self._trial, self._monitor = trial, monitor
        self.history: dict[str, list[float]] = {}

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Note the values, and compare them."""
        for name in self.spec.reported():
            if name in logs:
                self.history.setdefault(name, []).append(float(logs[name]))
        if self._trial is None:
            return
        self._trial.report(float(logs[self._monitor]), epoch)
        if self._trial.should_prune():
            import optuna  # noqa: PLC0415

            raise optuna.TrialPruned
