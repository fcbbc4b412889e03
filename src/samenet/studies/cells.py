"""Trainings that are known beforehand: what each of them is, and doing all of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samenet import api
from samenet.data.arrays import Arrays
from samenet.data.embedded import Embedded
from samenet.diagnostics import Code, Diagnostic, SpecError
from samenet.lowering import Backend
from samenet.spec.model import Spec
from samenet.spec.rendering import rendered
from samenet.studies.judging import finite, judged_epoch, values_at
from samenet.studies.storage import Place
from samenet.studies.work import Outcome, Told, work
from samenet.training.run import data_path
from samenet.version import VERSION


@dataclass(frozen=True)
class Cell:
    """A training: all that decides what comes out, in a form that another process can read.

    Attributes:
        tree: the spec, rendered, with the seed and the epochs of this training.
        folder: where paths of its data begin.
        backend: the framework.
        monitor: what it is judged by.
        data: the digest of the file of its data, or an empty text for data of the package.
    """

    tree: Mapping[str, Any]
    folder: Path
    backend: Backend
    monitor: str
    data: str

    @property
    def key(self) -> str:
        """A digest of what decides the result; equal cells are done once."""
        deciding = [self.tree, self.backend, self.data, VERSION]
        return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()

    @property
    def spec(self) -> Spec:
        """The spec to train."""
        return api.load(self.tree).in_folder(self.folder)


def cell(spec: Spec, backend: Backend, monitor: str, *, seed: int, data: str) -> Cell:
    """The training of a spec with a seed."""
    tree = rendered(spec)
    tree["training"] = {**tree["training"], "seed": seed}
    return Cell(tree, spec.folder.resolve(), backend, monitor, data)


def data_digest(spec: Spec) -> str:
    """The SHA-256 of the file of a spec's data; empty for data of the package.

    Raises:
        SpecError: it has no data of its own, or they cannot be read.
    """
    if isinstance(spec.data, Embedded):
        return ""
    if isinstance(spec.data, Arrays):
        message = "the spec has no data of its own, by which trainings could be repeated"
        hint = 'put them into a file and use source = "npz"'
        raise SpecError([Diagnostic(Code.DATA, message, hint, ("data", "source"))])
    path = data_path(spec)
    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        message = f"cannot read the data {path}: {error.strerror}"
        raise SpecError([Diagnostic(Code.DATA, message)]) from error


def train_all(place: Place, cells: Mapping[str, Cell], told: Told | None = None) -> None:
    """Do cells, as one of perhaps several processes, until all of them are done.

    Args:
        place: the study.
        cells: by their keys.
        told: is called whenever something may be new.

    Raises:
        SpecError: the data do not fit the spec, or memory does not suffice.
        FrameworkError: a framework is missing.
        LostError: too many processes were lost over a cell.
        OSError: the storage cannot be used.
    """
    work(place, list(cells), lambda _, claim: _trained(cells[claim.key]), told)


def _trained(cell: Cell) -> Outcome:
    """Train; gives what is kept of it, and what it is judged by."""
    spec = cell.spec
    run = api.train(spec, cell.backend)
    history = finite(run.history)
    value = values_at(history, judged_epoch(spec, history))[cell.monitor]
    result = {"seconds": run.seconds, "history": history}
    return Outcome(result, worst(spec, cell.monitor) if value is None else value)


def worst(spec: Spec, monitor: str) -> float:
    """What no training is worse than."""
    return float("inf" if spec.mode_of(monitor) == "min" else "-inf")
