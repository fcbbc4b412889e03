"""What a run has left behind, read again: a spec with its trained weights."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from samenet import api
from samenet.diagnostics import Code, Diagnostic, SpecError
from samenet.lowering import BACKENDS, Backend
from samenet.spec.model import Spec
from samenet.training.run import RECORD, SPEC, WEIGHTS

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Saved:
    """A spec with a file of weights.

    Attributes:
        spec: the spec; its paths begin where they began when it was trained.
        weights: the file of its weights.
        backend: the framework that trained it, if that is known.
    """

    spec: Spec
    weights: Path
    backend: Backend | None = None

    def values(self) -> dict[str, np.ndarray]:
        """The weights by the spec's names, in Keras' layouts.

        Raises:
            SpecError: the file holds no weights, or those of another network.
            OSError: it cannot be read.
        """
        from safetensors import SafetensorError  # noqa: PLC0415  (comes with the frameworks)
        from safetensors.numpy import load  # noqa: PLC0415

        content = self.weights.read_bytes()
        try:
            found = load(content)
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            raise _bad(self.weights, f"not a readable safetensors file ({error})") from None
        expected = api.summary(self.spec).weights()
        for path, weight in expected.items():
            if path not in found:
                raise _bad(self.weights, f"there are no weights {path!r}")
            if found[path].shape != weight.shape:
                shapes = f"{found[path].shape}; the network takes {weight.shape}"
                raise _bad(self.weights, f"{path!r} has shape {shapes}")
            if found[path].dtype.kind != "f":
                raise _bad(self.weights, f"{path!r} holds {found[path].dtype}, not numbers")
        for path in found:
            if path not in expected:
                raise _bad(self.weights, f"the network has no weights {path!r}")
        return found


def _bad(file: Path, message: str) -> SpecError:
    return SpecError([Diagnostic(Code.DATA, f"{file}: {message}")])


def saved(
    source: api.Source, weights: str | Path | None = None, overrides: Sequence[str] = ()
) -> list[Saved]:
    """The trained networks that a source stands for.

    Args:
        source: the folder of a run, a folder with those of several frameworks, or a spec.
        weights: the safetensors file of the weights; a folder has its own.
        overrides: as for `samenet.load`.

    Raises:
        SpecError: a spec is invalid.
        OSError: a file cannot be read, or a folder holds no run.
        ValueError: a spec is given without weights.
    """
    if not isinstance(source, str | Path) or not Path(source).is_dir():
        if weights is None:
            raise ValueError("a spec has no weights of its own; name their file with weights")
        return [Saved(api.load(source, overrides), Path(weights))]
    folder = Path(source)
    folders = [folder, *(folder / backend for backend in BACKENDS)]
    runs = [item for item in folders if (item / SPEC).is_file()]
    if not runs:
        raise FileNotFoundError(2, f"there is no run in it: no {SPEC}", str(folder))
    return [_from_folder(item, weights, overrides) for item in runs]


def _from_folder(folder: Path, weights: str | Path | None, overrides: Sequence[str]) -> Saved:
    spec = api.load(folder / SPEC, overrides)
    record = _record(folder / RECORD)
    backend: Backend | None = next(
        (name for name in BACKENDS if name == record.get("backend")), None
    )
    began = record.get("folder")
    if isinstance(began, str):
        spec = spec.in_folder(folder / began)
    return Saved(spec, Path(weights) if weights else folder / WEIGHTS, backend)


def _record(path: Path) -> Mapping[str, Any]:
    """What was written down of a run, if it can be read."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}
