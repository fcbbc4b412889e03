"""What came out of an ablation: of each variant its runs, their spread, and what that shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from samenet.ablation.statistics import difference, spread, verdicts
from samenet.ablation.variants import Plan, Variant
from samenet.compiler import graph_of
from samenet.files import write
from samenet.lowering import Backend
from samenet.spec.model import Spec
from samenet.spec.rendering import rendered
from samenet.spec.studies import Design
from samenet.spec.toml import dumped
from samenet.studies.judging import judged_epoch, reached, values_at
from samenet.version import VERSION

Table = dict[str, Any]
Runs = Mapping[tuple[str, int, Backend], Mapping[str, Any]]
"""The seconds and the history of each training, by variant, seed and backend."""


@dataclass(frozen=True)
class Question:
    """What an ablation asks.

    Attributes:
        spec: the spec as it is written.
        plan: its techniques and variants.
        design: which variants there are.
        backends: in which frameworks they are trained.
        seeds: with which seeds.
        monitor: what the verdict is about.
        target: a value of the monitor, or None.
    """

    spec: Spec
    plan: Plan
    design: Design
    backends: tuple[Backend, ...]
    seeds: tuple[int, ...]
    monitor: str
    target: float | None


@dataclass(frozen=True)
class Ablation:
    """What came out.

    Attributes:
        data: all of it, as it stands in `result.json`: dictionaries, lists, texts and numbers, and
            None where a training has diverged.
    """

    data: Table

    def write(self, folder: str | Path) -> Path:
        """Write `result.json` into a folder.

        Raises:
            OSError: it cannot be written.
        """
        path = Path(folder) / "result.json"
        write(path, self.as_json().encode())
        return path

    def as_json(self) -> str:
        """All of it."""
        return json.dumps(self.data, indent=2) + "\n"


def concluded(question: Question, runs: Runs) -> Ablation:
    """What the trainings of all variants say.

    Args:
        question: what was asked.
        runs: what came out.
    """
    spec, variants = (
        question.spec,
        [_variant(item, question, runs) for item in question.plan.variants],
    )
    _compare(variants, question)
    return Ablation(
        {
            "kind": "ablation",
            "format": 1,
            "samenet": VERSION,
            "name": spec.name,
            "spec": dumped(rendered(spec)),
            "design": question.design,
            "reference": variants[0]["name"],
            "backends": list(question.backends),
            "seeds": list(question.seeds),
            "epochs": question.plan.variants[0].spec.training.epochs,
            "monitor": question.monitor,
            "mode": spec.mode_of(question.monitor),
            "target": question.target,
            "techniques": [asdict(item) for item in question.plan.techniques],
            "variants": variants,
            **({"effects": _effects(variants, question)} if question.design == "factorial" else {}),
        }
    )


def _variant(variant: Variant, question: Question, runs: Runs) -> Table:
    found = [
        _run(variant.spec, seed, backend, runs[variant.name, seed, backend], question)
        for backend in question.backends
        for seed in question.seeds
    ]
    return {
        "name": variant.name,
        "title": variant.title,
        "techniques": list(variant.techniques),
        "added": variant.added,
        "spec": dumped(rendered(variant.spec)),
        "parameters": graph_of(variant.spec).parameters(),
        "runs": found,
        "summary": {backend: _summary(_of(found, backend)) for backend in question.backends},
    }


def _run(
    spec: Spec, seed: int, backend: Backend, result: Mapping[str, Any], question: Question
) -> Table:
    history = result["history"]
    epoch = judged_epoch(spec, history)
    mode = spec.mode_of(question.monitor)
    target = question.target
    return {
        "seed": seed,
        "backend": backend,
        "seconds": result["seconds"],
        "history": history,
        "epoch": epoch,
        "values": values_at(history, epoch),
        "epochs_to_target": None
        if target is None
        else reached(history[question.monitor], target, mode),
    }


def _of(runs: Sequence[Table], backend: Backend) -> list[Table]:
    return [run for run in runs if run["backend"] == backend]


def _summary(runs: Sequence[Table]) -> Table:
    """The spread of all that was reported, of the gaps between training and validation, and more.

    What has diverged is left out of a mean and counted in `lost`.
    """
    names = list(runs[0]["values"])
    columns: dict[str, list[float | None]] = {
        name: [run["values"][name] for run in runs] for name in names
    }
    for name in names:
        if f"val_{name}" in columns:
            pairs = zip(columns[name], columns[f"val_{name}"], strict=True)
            columns[f"gap_{name}"] = [None if a is None or b is None else a - b for a, b in pairs]
    for name in ("seconds", "epoch", "epochs_to_target"):
        columns[name] = [run[name] for run in runs]
    summary: Table = {}
    for name, column in columns.items():
        values = [value for value in column if value is not None]
        of = spread(values)
        if of is not None:
            summary[name] = {**asdict(of), "lost": len(column) - len(values)}
    return summary


def _compare(variants: Sequence[Table], question: Question) -> None:
    """Put the differences against the reference, and in a ladder against the rung below."""
    first, rest = variants[0], list(variants[1:])
    _put("against_baseline", rest, [first] * len(rest), question)
    if question.design == "ladder":
        _put("against_previous", rest, list(variants[:-1]), question)


def _put(
    key: str, variants: Sequence[Table], references: Sequence[Table], question: Question
) -> None:
    """Put the differences of variants and their references, pair by pair, at a key."""
    for variant in variants:
        variant[key] = {backend: {} for backend in question.backends}
    for backend in question.backends:
        for name in references[0]["runs"][0]["values"] if references else ():
            columns = [
                ([run["values"][name] for run in _of(item["runs"], backend)])
                for item in (*variants, *references)
            ]
            half = len(variants)
            pairs = zip(columns[:half], columns[half:], strict=True)
            found = [difference(ours, theirs) for ours, theirs in pairs]
            judged = verdicts(found, question.spec.mode_of(name))
            for variant, item, (verdict, p) in zip(variants, found, judged, strict=True):
                entry = {**asdict(item), "p_holm": p, "verdict": verdict}
                variant[key][backend][name] = entry


def _effects(variants: Sequence[Table], question: Question) -> Table:
    """Of a factorial design: the mean of all with a technique minus that of all without it."""
    keys = [item.key for item in question.plan.techniques]
    names = [name for name in variants[0]["runs"][0]["values"]]
    effects: Table = {}
    for backend in question.backends:
        effects[backend] = {key: {} for key in keys}
        for name in names:
            found = [
                difference(
                    _means([v for v in variants if key in v["techniques"]], backend, name),
                    _means([v for v in variants if key not in v["techniques"]], backend, name),
                )
                for key in keys
            ]
            judged = verdicts(found, question.spec.mode_of(name))
            for key, item, (verdict, p) in zip(keys, found, judged, strict=True):
                effects[backend][key][name] = {**asdict(item), "p_holm": p, "verdict": verdict}
    return effects


def _means(variants: Sequence[Table], backend: Backend, name: str) -> list[float | None]:
    """For each seed the mean over variants; None if one of them has diverged."""
    columns = [[run["values"][name] for run in _of(item["runs"], backend)] for item in variants]
    return [None if None in row else sum(row) / len(row) for row in zip(*columns, strict=True)]
