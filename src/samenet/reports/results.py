"""What a report is made from: the folders and files that other commands have written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from samenet.diagnostics import printable

MAX_BYTES = 256 * 2**20
"""Of a file of results; more is none of ours."""


class ReportError(ValueError):
    """A folder or a file is nothing that a report can be made from."""


def _finite(value: float | None) -> float | None:
    """The value, or None for one that is not finite, or so large that no axis holds it."""
    return value if value is not None and abs(value) < 1e300 else None


class Part(BaseModel):
    """A part of a file; keys that a later version writes are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")


Number = Annotated[float | None, AfterValidator(_finite)]
"""A number, or None where it is not finite."""

History = dict[str, tuple[Number, ...]]
"""One value for each epoch, by name."""


class RunRecord(Part):
    """`run.json`, what a training ran with."""

    name: str
    backend: str
    versions: dict[str, str] = {}
    seed: int | None = None
    spec_sha256: str = ""
    program_sha256: str = ""
    epochs: int
    seconds: Number = None


class Run(Part):
    """The folder of a training."""

    folder: str
    record: RunRecord
    history: History
    spec: str | None = None
    program: str | None = None


class Runs(Part):
    """Trainings of one spec, one for each framework."""

    runs: tuple[Run, ...]


class Summary(Part):
    """A value over several seeds."""

    mean: Number = None
    std: Number = None
    low: Number = None
    high: Number = None
    n: int = 0


class Difference(Part):
    """A paired difference with its interval, and what it says."""

    difference: Number = None
    low: Number = None
    high: Number = None
    n: int = 0
    verdict: str


class Training(Part):
    """A training of a variant; `epoch` is the one whose weights count, `values` are of it."""

    seed: int
    backend: str
    seconds: Number = None
    history: History
    epoch: int | None = None
    values: dict[str, Number] = {}
    epochs_to_target: int | None = None


class Technique(Part):
    """What an ablation adds or leaves out."""

    key: str
    title: str
    detail: str = ""


Differences = dict[str, dict[str, Difference]]
"""By framework and by name of the value."""


class Variant(Part):
    """A network or a training of an ablation."""

    name: str
    title: str
    techniques: tuple[str, ...] = ()
    added: str | None = None
    spec: str = ""
    parameters: int | None = None
    runs: tuple[Training, ...]
    summary: dict[str, dict[str, Summary]] = {}
    against_baseline: Differences = {}
    against_previous: Differences = {}


class Ablation(Part):
    """`result.json` of an ablation."""

    kind: Literal["ablation"]
    format: Literal[1]
    samenet: str = ""
    name: str
    spec: str = ""
    design: str
    backends: tuple[str, ...]
    seeds: tuple[int, ...]
    epochs: int | None = None
    monitor: str
    mode: Literal["min", "max"]
    target: Number = None
    techniques: tuple[Technique, ...] = ()
    variants: tuple[Variant, ...] = Field(min_length=1)
    effects: dict[str, dict[str, dict[str, Difference]]] = {}


class Trial(Part):
    """A training of a sweep; `state` is "complete", "pruned", "diverged" or "invalid"."""

    number: int
    parameters: dict[str, Any]
    state: str
    value: Number = None
    epoch: int | None = None
    seconds: Number = None
    history: History | None = None
    error: str | None = None


class Sweep(Part):
    """`result.json` of a sweep; `best` is the number of a trial."""

    kind: Literal["sweep"]
    format: Literal[1]
    samenet: str = ""
    name: str
    spec: str = ""
    backend: str
    sampler: str = ""
    pruning: Any = None
    epochs: int | None = None
    seed: int | None = None
    monitor: str
    mode: Literal["min", "max"]
    trials: tuple[Trial, ...]
    best: int | None = None
    importance: dict[str, Number] | None = None


class Comparison(Part):
    """A row of a verification; None for a difference that is no number."""

    what: str
    where: str = ""
    difference: Number
    tolerance: float
    cause: str = ""
    agrees: bool


class Verification(Part):
    """What `samenet verify --format json` prints."""

    name: str
    subjects: tuple[str, ...]
    backends: tuple[str, ...]
    precision: str
    steps: int
    agrees: bool
    verdict: str
    rows: tuple[Comparison, ...]
    notes: tuple[str, ...] = ()
    spec: str = ""


Result = Runs | Ablation | Sweep | Verification

KNOWN = (
    "it takes folders that `samenet train --output` has written, `result.json` of an ablation or a "
    "sweep, "
    "and reports of `samenet verify --format json`"
)

Kind = TypeVar("Kind", bound=Part)


def read(path: Path) -> Result:
    """What a folder or a file holds.

    Raises:
        ReportError: it holds nothing that a report can be made from.
        OSError: it cannot be read.
    """
    if path.is_dir():
        return _folder(path)
    if path.name == "run.json":
        return Runs(runs=(_run(path.parent),))
    tree = _json(path)
    if not isinstance(tree, dict):
        raise ReportError(f"{_named(path)} is no result; {KNOWN}")
    tree = cast("dict[str, Any]", tree)
    kinds: dict[object, type[Ablation | Sweep]] = {"ablation": Ablation, "sweep": Sweep}
    kind = kinds.get(str(tree.get("kind")))
    if kind is not None:
        return _parsed(kind, tree, path)
    if {"subjects", "rows"} <= tree.keys():
        return _parsed(Verification, tree, path)
    raise ReportError(f"{_named(path)} is no result; {KNOWN}")


def _folder(path: Path) -> Result:
    """What a folder holds: a training, one for each framework, or a study."""
    if (path / "result.json").is_file():
        return read(path / "result.json")
    folders = [path] if (path / "run.json").is_file() else []
    folders = folders or sorted(found.parent for found in path.glob("*/run.json"))
    if not folders:
        raise ReportError(f"{_named(path)} holds no run.json and no result.json; {KNOWN}")
    return Runs(runs=tuple(map(_run, folders)))


def _run(folder: Path) -> Run:
    record = _parsed(RunRecord, _json(folder / "run.json"), folder / "run.json")
    run = {"folder": str(folder), "record": record, "history": _json(folder / "history.json")}
    spec = _text(folder / "spec.net.toml")
    program = _text(folder / f"{Path(record.name).name}_{Path(record.backend).name}.py")
    return _parsed(Run, {**run, "spec": spec, "program": program}, folder / "history.json")


def _text(path: Path) -> str | None:
    """The text of a file, or None if there is none."""
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None


def _json(path: Path) -> Any:
    if path.stat().st_size > MAX_BYTES:
        raise ReportError(f"{_named(path)} is larger than {MAX_BYTES:,} bytes")
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{_named(path)} is no JSON: {printable(str(error))}") from error


def _parsed(kind: type[Kind], tree: Any, path: Path) -> Kind:
    try:
        return kind.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "it"
        reason = printable(f"{place}: {first['msg']}")
        raise ReportError(f"{_named(path)} cannot be read as a result: {reason}") from error


def _named(path: Path) -> str:
    return printable(str(path))
