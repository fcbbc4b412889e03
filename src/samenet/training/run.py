"""One training of a spec in one framework, and what it leaves behind."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from samenet import runtime
from samenet.compiler import Program, compile_spec, recorded_digest, spec_digest
from samenet.data.arrays import Arrays as ArraysSource
from samenet.data.embedded import Embedded
from samenet.diagnostics import Code, Diagnostic, SpecError
from samenet.files import write
from samenet.lowering import Backend
from samenet.spec.model import Spec
from samenet.spec.rendering import rendered
from samenet.spec.toml import dumped
from samenet.training.progress import Progress
from samenet.version import VERSION

if TYPE_CHECKING:
    import numpy as np

    Values = np.ndarray | Mapping[str, np.ndarray]
    """An array, or the arrays of several inputs or outputs by their names."""

    Arrays = tuple[Values, Values] | tuple[Values, Values, np.ndarray]
    """Inputs, targets and perhaps a weight for each sample, samples along the first axis."""


SPEC, RECORD, WEIGHTS = "spec.net.toml", "run.json", "weights.safetensors"
"""The files of a run from which it is read again."""


@dataclass(frozen=True)
class Run:
    """A finished training.

    Attributes:
        backend: the framework that trained.
        spec: what was trained.
        program: the program that ran.
        model: the trained model; with `restore_best_weights`, its best weights.
        history: one value per epoch of `loss`, the metrics, the same with `val_` in front where
            there are validation data, and `learning_rate`: the rate that the epoch used. With
            several outputs also their losses, without weights; the name of the output stands
            before those of its loss and its metrics, as in `price_loss`.
        seconds: how long training took, without building and loading.
    """

    backend: Backend
    spec: Spec
    program: Program
    model: Any
    history: dict[str, list[float]]
    seconds: float

    @property
    def epochs(self) -> int:
        """How many epochs were trained."""
        return len(self.history["loss"])

    @property
    def failure(self) -> str | None:
        """What is not finite at the end, a loss of the last epoch or the weights; or None."""
        for name in self.spec.losses():
            values = self.history.get(name, [])
            infinite = list(takewhile(lambda value: not math.isfinite(value), reversed(values)))
            if infinite:
                return f"{name} is {infinite[0]} from epoch {len(values) - len(infinite) + 1} on"
        for path, weight in self.weights().items():
            if not bool((abs(weight) < math.inf).all()):
                return f"{path} is not finite after epoch {self.epochs}"
        return None

    def kept_epochs(self, folder: Path) -> int:
        """After how many epochs of the run its state was kept in the folder; 0 if it was not."""
        state = runtime.execute(self.program).Checkpoint(folder).load()
        return len(state["history"]["loss"]) if state else 0

    def parameters(self, *, trainable: bool) -> int:
        """How many numbers the (non-)trainable weights of the live model hold."""
        return runtime.parameters(self.model, self.backend, trainable=trainable)

    def weights(self) -> dict[str, np.ndarray]:
        """The weights by the spec's names, in Keras' layouts, whatever the framework."""
        return runtime.weights(self.model, self.backend)

    def write(self, folder: str | Path) -> list[Path]:
        """Write what the run was made of and what came out.

        `spec.net.toml` is the spec with nothing left to be filled in, which compiles to the program
        beside it; `run.json` has the versions, the seed, the digests, the folder in which paths of
        the spec began, the number of epochs and the seconds of the training. The history is there
        as CSV and JSON, the weights as safetensors.

        Args:
            folder: is made if it does not exist; files of an earlier run in it are replaced.

        Returns:
            The files that were written.

        Raises:
            OSError: a file cannot be written.
        """
        from safetensors.numpy import save  # noqa: PLC0415  (comes with the frameworks' extras)

        folder = Path(folder)
        files = self.program.write(folder / f"{self.spec.name}_{self.backend}.py")
        for name, content in (
            (SPEC, dumped(rendered(self.spec)).encode()),
            (RECORD, (json.dumps(self.record(folder), indent=2) + "\n").encode()),
            ("history.csv", self._history_table().encode()),
            ("history.json", self._history_json().encode()),
            (WEIGHTS, save(self.weights())),
        ):
            write(folder / name, content)
            files.append(folder / name)
        return files

    def record(self, folder: Path) -> dict[str, Any]:
        """What is written down of the run in a folder, beside the spec and what came out."""
        return {
            "name": self.spec.name,
            "backend": self.backend,
            "versions": {"samenet": VERSION, **runtime.versions(self.backend)},
            "seed": self.spec.training.seed,
            "spec_sha256": spec_digest(self.spec),
            "program_sha256": recorded_digest(self.program.text),
            "folder": _way(folder, self.spec.folder),
            "epochs": self.epochs,
            "seconds": self.seconds,
        }

    def _history_json(self) -> str:
        """JSON has no word for NaN or infinity but null."""
        history = {
            name: [value if math.isfinite(value) else None for value in values]
            for name, values in self.history.items()
        }
        return json.dumps(history, indent=2)

    def _history_table(self) -> str:
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["epoch", *self.history])
        for epoch, row in enumerate(zip(*self.history.values(), strict=True), start=1):
            table.writerow([epoch, *row])
        return text.getvalue()


def _way(start: Path, end: Path) -> str:
    """The way from a folder to another one, so that both may be moved together."""
    try:
        return Path(os.path.relpath(end, start)).as_posix()
    except ValueError:  # on another drive
        return str(end.resolve())


def train_program(
    spec: Spec,
    backend: Backend,
    data: Arrays | None,
    validation_data: Arrays | None,
    *,
    epochs: int | None,
    progress: Progress | None,
    checkpoint: Path | None,
    device: str,
) -> Run:
    """Compile, execute and train; see `samenet.train`."""
    if epochs is not None and epochs < 1:
        raise ValueError(f"epochs must be at least 1, found {epochs}")
    if checkpoint is None:
        _check_folder(spec)
    runtime.require_packages(spec, backend)
    program = compile_spec(spec, backend)
    module = runtime.execute(program)
    training, validation = _samples(spec, module, data, validation_data)
    _check_monitors(spec, validation)
    kept = _checkpoint(module, checkpoint)
    progress = progress or Progress()
    epochs = epochs or spec.training.epochs
    with runtime.kept_float_type(backend), runtime.placed(module, backend, device):
        model = runtime.build_model(module, backend, device)
        batches = -(-training.size // spec.training.batch_size)
        progress.begin(spec, backend, epochs, batches)
        start = time.perf_counter()
        try:
            callback = runtime.callback(progress, backend, batches)
            history = module.train(
                model,
                training,
                validation,
                epochs=epochs,
                callbacks=[callback],
                checkpoint=kept,
            )
        finally:
            progress.end()
    seconds = time.perf_counter() - start
    return Run(backend, spec, program, model, _ordered(history, spec), seconds)


def _checkpoint(module: ModuleType, folder: Path | None) -> Any:
    """The state of training in a folder, for a program.

    Raises:
        SpecError: what it holds cannot be read.
    """
    if folder is None:
        return None
    checkpoint = module.Checkpoint(folder)
    try:
        checkpoint.load()
    except module.DataError as error:
        hint = "delete it to begin anew"
        raise SpecError([Diagnostic(Code.DATA, str(error), hint)]) from error
    return checkpoint


def _ordered(history: dict[str, list[float]], spec: Spec) -> dict[str, list[float]]:
    """The history in the order of our tables; each framework has another."""
    names = [name for name in spec.reported() if name in history]
    return {name: [float(value) for value in history[name]] for name in names}


def _samples(
    spec: Spec, module: ModuleType, data: Arrays | None, validation_data: Arrays | None
) -> tuple[Any, Any]:
    """The checked training and validation samples, as the program's own data sets."""
    try:
        own = None if data is None else checked(module, data, "data")
        if validation_data is None and own is None:
            training, validation, *_ = module.load_data(*data_paths(spec))
            return training, validation
        if validation_data is None:
            training, validation, *_ = _split(spec, module, own)
            return training, validation
        if own is None and spec.data.test_split:  # whose samples are not trained with
            own = module.load_data(*data_paths(spec))[0]
        elif own is None:
            own = module.read_data(data_path(spec))
        return own, checked(module, validation_data, "validation_data")
    except module.DataError as error:
        raise SpecError([Diagnostic(Code.DATA, str(error))]) from error


def checked(module: ModuleType, data: Arrays, name: str) -> Any:
    """Arrays as a program's data set, called `name` in its messages.

    Raises:
        DataError: of the program; they do not fit the network.
    """
    wanted = {2: "two arrays, inputs and targets", 3: "three arrays, inputs, targets and weights"}
    count = len(module.Dataset._fields)
    if len(data) != count:
        hint = ""
        if (count, len(data)) == (2, 3):
            hint = '; weights of samples need sample_weight = "w" in [data]'
        raise module.DataError(f"{name} must be {wanted[count]}; found {len(data)}{hint}")
    arrays = [dict(values) if isinstance(values, Mapping) else values for values in data]
    # Only programs with several inputs or outputs have the class for several sources.
    source = getattr(module, "Sources", module.Source)(name)
    return module.check_data(*arrays, source)


def _split(spec: Spec, module: ModuleType, data: Any) -> tuple[Any, ...]:
    """Samples that were handed over, split as the spec says; its file of validation stays.

    Raises:
        SpecError: the spec splits by what only its own file holds.
        DataError: of the program; the samples cannot be split.
    """
    source = spec.data
    by = "groups" if source.grouping(None) else "order_by" if source.timing(None) else None
    if by is not None and (source.validation_split or source.test_split):
        message = f"{by} is about the samples of {source.file}, not about those handed over"
        raise SpecError([Diagnostic(Code.DATA, message, "hand over validation_data as well")])
    parts = module.split_data(data) if hasattr(module, "split_data") else (data,)
    if source.validation_file is None:
        return parts if source.validation_split or not source.test_split else (parts[0], None)
    return parts[0], module.read_data(spec.folder / source.validation_file)


def data_path(spec: Spec) -> Path:
    """The file of a spec's data.

    Raises:
        SpecError: it has none of its own.
    """
    return data_paths(spec)[0]


def data_paths(spec: Spec) -> list[Path]:
    """The files that a program's `load_data` takes.

    Raises:
        SpecError: the spec has no data of its own.
    """
    if isinstance(spec.data, ArraysSource):
        message = "the spec has no data of its own"
        hint = "hand arrays over: samenet.train(spec, backend, data=(x, y))"
        raise SpecError([Diagnostic(Code.DATA, message, hint, ("data", "source"))])
    if isinstance(spec.data, Embedded):
        return [spec.data.stored()]
    return [spec.folder / file for file in spec.data.files_by_option().values()]


def _check_folder(spec: Spec) -> None:
    """Nothing is written where nobody said so."""
    if spec.writing:
        raise ValueError(f"{spec.writing} writes files; say with `checkpoint` into which folder")


def _check_monitors(spec: Spec, validation: Any) -> None:
    """Validation data that are handed over may be missing; what watches them must not be fooled."""
    read = [name for callback in spec.callbacks for name in callback.reads()]
    watching = [name for name in read if name.startswith("val_")]
    if validation is None and watching:
        message = f"nothing produces {watching[0]!r}: there are no validation data"
        hint = "hand over validation_data, or set validation_split in [data]"
        raise SpecError([Diagnostic(Code.MONITOR, message, hint, ("callbacks",))])
