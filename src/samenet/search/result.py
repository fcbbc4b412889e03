"""What came out of a search: its trials, the best of them, and the spec with its values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samenet.files import write
from samenet.search.best import best_text
from samenet.spec.rendering import rendered
from samenet.spec.toml import dumped
from samenet.studies.judging import values_at
from samenet.studies.storage import Place
from samenet.version import VERSION

if TYPE_CHECKING:
    from samenet.search.study import Task

Table = dict[str, Any]


@dataclass(frozen=True)
class Sweep:
    """What came out.

    Attributes:
        data: all of it, as it stands in `result.json`: dictionaries, lists, texts and numbers.
        best: the text of the spec with the best values, or None if no training came to its end.
    """

    data: Table
    best: str | None

    def write(self, folder: str | Path) -> list[Path]:
        """Write `result.json` and `best.net.toml` into a folder.

        Raises:
            OSError: they cannot be written.
        """
        folder = Path(folder)
        files = {"result.json": self.as_json()}
        if self.best is not None:
            files["best.net.toml"] = self.best
        for name, text in files.items():
            write(folder / name, text.encode())
        return [folder / name for name in files]

    def as_json(self) -> str:
        """All of it, but for the text of the best spec."""
        return json.dumps(self.data, indent=2) + "\n"


def concluded(
    task: Task, results: Mapping[str, Any], importance: Mapping[str, float] | None
) -> Sweep:
    """What the trials of a search say.

    Args:
        task: what was asked.
        results: what came out, by the numbers of the trials.
        importance: how much each path explains of the differences, or None.
    """
    spec, search = task.spec, task.search
    mode = spec.mode_of(task.monitor)
    trials = [trial_of(int(key), results[key], task.monitor) for key in sorted(results, key=int)]
    finished = [trial for trial in trials if trial["value"] is not None]
    sign = 1 if mode == "min" else -1
    best = min(finished, key=lambda trial: sign * trial["value"], default=None)
    data = {
        "kind": "sweep",
        "format": 1,
        "samenet": VERSION,
        "name": spec.name,
        "spec": dumped(rendered(spec)),
        "backend": task.backend,
        "sampler": search.sampler,
        "pruning": search.pruning,
        "epochs": task.epochs,
        "seed": spec.training.seed,
        "monitor": task.monitor,
        "mode": mode,
        "space": {
            path: values.model_dump(exclude_none=True, exclude_defaults=True)
            for path, values in search.space.items()
        },
        "trials": trials,
        "best": None if best is None else best["number"],
        "importance": importance,
    }
    return Sweep(data, None if best is None else best_text(task.document, best["parameters"]))


def trial_of(number: int, result: Mapping[str, Any], monitor: str) -> Table:
    """A trial as it stands in `result.json`."""
    history = result.get("history")
    epoch = result.get("epoch")
    values = values_at(history, epoch) if history and epoch else {}
    state = "invalid" if "error" in result else "pruned" if epoch is None else "complete"
    value = values.get(monitor)
    return {
        "number": number,
        "parameters": result["parameters"],
        "state": "diverged" if state == "complete" and value is None else state,
        "value": value,
        "epoch": epoch,
        "values": values,
        "seconds": result.get("seconds"),
        "history": history,
        "error": result.get("error"),
    }


def importance(place: Place) -> dict[str, float] | None:
    """How much each path explains of the differences, if that can be said of so few trials.

    Source: Watanabe et al. (2023), PED-ANOVA, arXiv 2304.10255.
    """
    import optuna  # noqa: PLC0415

    _, study = place.open()
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    try:
        found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    except (ValueError, RuntimeError, ZeroDivisionError):
        return None
    return {path: float(value) for path, value in found.items()} or None
