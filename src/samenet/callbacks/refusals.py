"""What the files that callbacks write must not be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from samenet.diagnostics import Code, Path, Refusal
from samenet.spec.model import Spec

RUN_FILES = (
    "checkpoint.npz",
    "checkpoint.pt",
    "history.csv",
    "history.json",
    "model.keras",
    "model.pt",
    "run.json",
    "run.lock",
    "spec.net.toml",
    "weights.safetensors",
)
"""What a training itself leaves in its folder, beside the program and its data."""

MAX_BYTES = 200
"""Of a name of a file, with room for what is put before it while it is written."""


def refusals(spec: Spec) -> Iterator[Refusal]:
    """Files that are not in the folder of the run, or that something else writes.

    Places are those below `callbacks`.
    """
    own = [*RUN_FILES, *(f"{spec.name}_{backend}.py" for backend in ("keras", "torch"))]
    own += [PurePosixPath(file).name for file in spec.data.files_by_option().values()]
    taken = {name.casefold(): "the training itself" for name in own}
    for index, callback in enumerate(spec.callbacks):
        if callback.FILE is None:
            continue
        path: Path = (index, callback.FILE)
        refused = callback.refusal(_reported(spec))
        if refused:
            yield Code.OUTPUT, path, *refused
            continue
        value = callback.example()
        reason = _outside(value)
        if reason:
            message = f"{value!r} {reason}"
            yield Code.OUTPUT, path, message, 'use a path such as "log.csv" or "logs/epochs.csv"'
            continue
        names = {name.casefold() for name in callback.files()}
        clash = next((name for name in sorted(names) if name in taken), None)
        if clash:
            message = f"{taken[clash]} writes {clash!r}"
            yield Code.OUTPUT, path, message, "choose another name"
        taken |= dict.fromkeys(names, f"callbacks[{index}]")


def _reported(spec: Spec) -> list[str]:
    """The names of what is reported of every epoch."""
    return [name for name in spec.reported() if spec.has_validation or not name.startswith("val_")]


def _outside(name: str) -> str | None:
    """Why a text is no path of a file below a folder on every system."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or name[1:2] == ":":
        return "is not inside of the folder of the run"
    if not path.parts or path.as_posix() != name:
        return "is no plain path of a file"
    if any(character in '\\:*?"<>|' or not character.isprintable() for character in name):
        return "has characters that are not allowed in a file's name everywhere"
    if any(len(part.encode()) > MAX_BYTES or part[-1] in ". " for part in path.parts):
        return "has a name that is not allowed everywhere"
    return None
