"""Results as other commands write them, made up but plausible."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import samenet

HOSTILE = "</script></title><img src=x onerror=\"alert('1')\">&amp;"

SPEC: dict[str, Any] = {
    "version": 1,
    "name": "small",
    "input": {"shape": [4]},
    "layers": [
        {"type": "dense", "units": 8, "activation": "relu", "dropout": 0.3},
        {"type": "dense", "units": 3, "activation": "softmax"},
    ],
    "optimizer": {"type": "adam"},
    "callbacks": [
        {"type": "reduce_lr_on_plateau", "patience": 2},
        {"type": "early_stopping", "patience": 3, "restore_best_weights": True},
    ],
    "training": {
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
        "epochs": 50,
    },
    "data": {"source": "arrays"},
}

LADDER = [
    ("batch_normalization", "batch normalization", "before the activation", 0.021),
    ("dropout", "dropout", "0.3 behind 3 layers", 0.012),
    ("plateau", "rate reduced on plateaus", "by half after 5 epochs", 0.004),
    ("weight_decay", "weight decay", "0.1", -0.018),
]
T95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}


def curve(end: float, epochs: int, overfit: float, draw: random.Random) -> dict[str, list[Any]]:
    """The history of a training that ends about a validation accuracy."""
    history: dict[str, list[Any]] = {
        name: [] for name in ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
    }
    for epoch in range(epochs):
        progress = 1 - math.exp(-(epoch + 1) / (epochs / 5))
        train = (end + overfit) * progress + 0.1 * (1 - progress) + draw.gauss(0, 0.003)
        val = end * progress + 0.16 * (1 - progress) + draw.gauss(0, 0.0025)
        history["accuracy"].append(min(train, 1.0))
        history["val_accuracy"].append(val)
        history["loss"].append(2.3 * (1 - progress) + 0.5 * (1 - min(train, 1.0)))
        history["val_loss"].append(2.3 * (1 - progress) + 0.6 * (1 - val))
        history["learning_rate"].append(0.001 if epoch < epochs // 2 else 0.0005)
    return history


def ablation(
    *,
    rungs: int = 4,
    seeds: int = 3,
    epochs: int = 30,
    backends: tuple[str, ...] = ("torch",),
    design: str = "ladder",
) -> dict[str, Any]:
    """An ablation: a baseline and as many further variants as `rungs`."""
    draw = random.Random(0)
    steps = [LADDER[i % len(LADDER)] for i in range(rungs)]
    text = samenet.render(SPEC)
    variants: list[dict[str, Any]] = []
    end, overfit = 0.912, 0.07
    for number in range(rungs + 1):
        key, title, _, gain = steps[number - 1] if number else (None, "baseline", "", 0.0)
        end, overfit = min(end + gain, 0.97), overfit - 0.25 * gain - 0.008
        runs = [
            {
                "seed": seed,
                "backend": backend,
                "seconds": 1.5 + 0.2 * number,
                "history": (found := curve(end, epochs, max(overfit, 0), draw)),
                "epoch": epochs,
                "values": {name: values[-1] for name, values in found.items()},
                "epochs_to_target": epochs // 2,
            }
            for backend in backends
            for seed in range(seeds)
        ]
        variants.append(
            {
                "name": key or "baseline",
                "title": f"+ {title}" if number else title,
                "techniques": [step[0] for step in steps[:number]],
                "added": key,
                "spec": text,
                "parameters": 118_282 + 500 * number,
                "runs": runs,
                "summary": {b: summary([r for r in runs if r["backend"] == b]) for b in backends},
            }
        )
    for number, variant in enumerate(variants[1:], 1):
        variant["against_baseline"] = against(variant, variants[0], backends)
        if design == "ladder":
            variant["against_previous"] = against(variant, variants[number - 1], backends)
    return {
        "kind": "ablation",
        "format": 1,
        "samenet": samenet.__version__,
        "name": "digits",
        "spec": text,
        "design": design,
        "backends": list(backends),
        "seeds": list(range(seeds)),
        "epochs": epochs,
        "monitor": "val_accuracy",
        "mode": "max",
        "target": 0.9,
        "techniques": [{"key": k, "title": t, "detail": d} for k, t, d, _ in steps],
        "variants": variants,
    }


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The spread of each value over the seeds."""
    columns = {name: [run["values"][name] for run in runs] for name in runs[0]["values"]}
    pairs = zip(columns["accuracy"], columns["val_accuracy"], strict=True)
    columns["gap_accuracy"] = [a - b for a, b in pairs]
    for name in ("seconds", "epoch", "epochs_to_target"):
        columns[name] = [run[name] for run in runs]
    return {
        name: {
            "mean": fmean(values),
            "std": stdev(values) if len(values) > 1 else None,
            "low": min(values),
            "high": max(values),
            "n": len(values),
        }
        for name, values in columns.items()
    }


def against(
    variant: dict[str, Any], other: dict[str, Any], backends: tuple[str, ...]
) -> dict[str, Any]:
    """The paired difference of the accuracy, with Student's interval."""
    found: dict[str, Any] = {}
    for backend in backends:
        ours, theirs = (
            [r["values"]["val_accuracy"] for r in item["runs"] if r["backend"] == backend]
            for item in (variant, other)
        )
        pairs = [a - b for a, b in zip(ours, theirs, strict=True)]
        mean, low, high, verdict = fmean(pairs), None, None, "too few seeds"
        if len(pairs) > 1:
            half = T95.get(len(pairs) - 1, 2.0) * stdev(pairs) / math.sqrt(len(pairs))
            low, high = mean - half, mean + half
        if low is not None and high is not None and len(pairs) > 2:
            verdict = "better" if low > 0 else "worse" if high < 0 else "nothing shown"
        entry = {"difference": mean, "low": low, "high": high, "n": len(pairs), "verdict": verdict}
        found[backend] = {"val_accuracy": entry}
    return found


def sweep(trials: int = 24) -> dict[str, Any]:
    """A sweep over a learning rate and an optimizer; some trials are pruned or diverge."""
    draw = random.Random(1)
    found: list[dict[str, Any]] = []
    for number in range(trials):
        rate = 10 ** draw.uniform(-4, -1)
        end = 0.95 - 0.08 * abs(math.log10(rate) + 2.5)
        history = curve(end, 5 if number % 5 == 4 else 15, 0.03, draw)
        state = "pruned" if number % 5 == 4 else "diverged" if number == 7 else "complete"
        value = history["val_accuracy"][-1] if state == "complete" else None
        found.append(
            {
                "number": number,
                "parameters": {"optimizer.learning_rate": rate, "optimizer.type": "adam"},
                "state": state,
                "value": value,
                "epoch": None if state == "pruned" else 15,
                "values": {},
                "seconds": 2.0,
                "history": history,
                "error": None,
            }
        )
    known = [trial for trial in found if trial["value"] is not None]
    best = max(known, key=lambda trial: trial["value"])["number"] if known else None
    return {
        "kind": "sweep",
        "format": 1,
        "samenet": samenet.__version__,
        "name": "digits",
        "spec": samenet.render(SPEC),
        "backend": "torch",
        "sampler": "tpe",
        "pruning": "hyperband",
        "epochs": 15,
        "seed": 0,
        "monitor": "val_accuracy",
        "mode": "max",
        "space": {},
        "trials": found,
        "best": best,
        "importance": {"optimizer.learning_rate": 0.93, "optimizer.type": 0.07},
    }


def write_json(path: Path, tree: Any) -> Path:
    """A JSON file with a tree."""
    path.write_text(json.dumps(tree), encoding="utf-8")
    return path


def write_run(folder: Path, backend: str, history: dict[str, list[Any]], **record: Any) -> Path:
    """The folder of a run."""
    folder.mkdir(parents=True)
    name = record.get("name", "small")
    epochs = max((len(values) for values in history.values()), default=0)
    run = {"name": name, "backend": backend, "versions": {"samenet": "0"}, "seed": 0, **record}
    write_json(folder / "run.json", {**run, "epochs": epochs, "seconds": 1.5})
    write_json(folder / "history.json", history)
    (folder / "spec.net.toml").write_text(samenet.render(SPEC), encoding="utf-8")
    return folder
