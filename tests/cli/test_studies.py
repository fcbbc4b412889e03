"""`samenet ablate` and `samenet sweep`: what they do, go on with, print and refuse."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import samenet
from samenet.studies.storage import Place
from tests.cli.test_cli import run
from tests.specs import ROOT

GOOD = ROOT / "specs" / "complete.net.toml"
SPEC = """\
# The smallest network that learns something.
version = 1
name = "small"

[variables]
width = 16                        # hidden units

[input]
shape = [64]

[[layers]]
type = "dense"
units = "${width}"
activation = "relu"
dropout = 0.5

[[layers]]
type = "dense"
units = 10
activation = "softmax"

[optimizer]
type = "adam"
learning_rate = 0.003             # to be found

[[callbacks]]
type = "early_stopping"
patience = 1
restore_best_weights = true

[training]
loss = "sparse_categorical_crossentropy"
metrics = ["accuracy"]
epochs = 2

[data]
source = "digits"
validation_split = 0.2
"""
ABLATION = """
[ablation]
seeds = 2
target = 0.5

[ablation.changes.wide]
"variables.width" = 32
"""
SEARCH = """
[search]
trials = 3

[search.space]
"optimizer.learning_rate" = { low = 1e-3, high = 1e-1, log = true }
"variables.width" = { low = 8, high = 32, step = 8 }
"""
SPACE = '[search.space]\n"variables.width" = { choices = [8, 16] }'


def written(folder: Path, *tables: str, name: str = "small.net.toml") -> Path:
    path = folder / name
    path.write_text(SPEC + "".join(tables), encoding="utf-8")
    return path


def result(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_an_ablation_from_the_first_training_to_the_last(tmp_path: Path) -> None:
    spec, out = written(tmp_path, ABLATION), tmp_path / "out"
    first = run("ablate", spec, "-b", "torch", "-o", out, "--format", "markdown")
    assert first.exit_code == 0, first.output
    assert first.stderr.count("\n") == 8 + 1  # 4 variants, 2 seeds; the file
    assert "a verdict needs at least 3 seeds: --seeds 3" in first.stdout
    found = result(out)
    assert [item["name"] for item in found["variants"]] == [
        "baseline",
        "dropout",
        "early_stopping",
        "wide",
    ]
    assert [item["key"] for item in found["techniques"]] == ["dropout", "early_stopping", "wide"]
    assert (found["monitor"], found["mode"], found["seeds"]) == ("val_accuracy", "max", [0, 1])
    for variant in found["variants"]:
        assert (
            samenet.summary(samenet.load(_tree(variant["spec"]))).parameters()
            == (variant["parameters"])
        )
        for trained in variant["runs"]:
            for name, value in trained["values"].items():
                assert value == trained["history"][name][trained["epoch"] - 1]
    wide = found["variants"][3]
    ours, theirs = (
        [r["values"]["val_accuracy"] for r in found["variants"][i]["runs"]] for i in (3, 0)
    )
    entry = wide["against_baseline"]["torch"]["val_accuracy"]
    expected = sum(a - b for a, b in zip(ours, theirs, strict=True)) / 2
    assert entry["difference"] == pytest.approx(expected)
    assert entry["verdict"] == "too few seeds"

    begin = time.monotonic()
    again = run("ablate", spec, "-b", "torch", "-o", out, "--format", "json")
    assert time.monotonic() - begin < 5
    assert json.loads(again.stdout) == found, "nothing was trained again"

    more = run("ablate", spec, "-b", "torch", "-o", out, "--seeds", 3, "--only", "dropout")
    assert more.exit_code == 0, more.output
    assert result(out)["seeds"] == [0, 1, 2]
    assert "nothing shown" in more.stdout or "worse" in more.stdout or "better" in more.stdout

    spec.write_text(spec.read_text().replace("0.003", "0.004"), encoding="utf-8")
    refused = run("ablate", spec, "-b", "torch", "-o", out)
    assert refused.exit_code == 2
    assert "it holds the study of another spec" in refused.stderr
    assert "--force" in refused.stderr
    anew = run("ablate", spec, "-b", "torch", "-o", out, "--force", "--only", "wide", "--seeds", 1)
    assert anew.exit_code == 0, anew.output
    assert "learning_rate = 0.004" in result(out)["spec"]


def _tree(text: str) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(text)


def test_variants_are_written_as_specs(tmp_path: Path) -> None:
    spec, out = written(tmp_path, ABLATION), tmp_path / "variants"
    assert run("ablate", spec, "--write", out, "--design", "leave-one-out").exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "00_complete.net.toml",
        "01_without_dropout.net.toml",
        "02_without_early_stopping.net.toml",
        "03_without_wide.net.toml",
    ]
    assert run("validate", out).exit_code == 0
    (out / "00_complete.net.toml").write_text("mine")
    refused = run("ablate", spec, "--write", out, "--design", "leave-one-out")
    assert (refused.exit_code, "--force replaces it" in refused.stderr) == (2, True)


def test_shared_weights_begin_with_the_same_values(tmp_path: Path) -> None:
    """As live models, in which another name would show."""
    run("ablate", GOOD, "--write", tmp_path)
    paths = sorted(tmp_path.iterdir())
    models = [samenet.build(path, "torch").named_weights() for path in paths]
    complete = models[-1]
    for model in models[:-1]:
        assert model.keys() <= complete.keys()
        assert all((model[path] == complete[path]).all() for path in model)


@pytest.mark.slow
def test_a_killed_ablation_goes_on(tmp_path: Path) -> None:
    """Nothing that was finished is trained again, and the one that was interrupted is."""
    spec, out = written(tmp_path, ABLATION), tmp_path / "out"
    arguments = ("ablate", spec, "-b", "torch", "-o", out, "--epochs", 12)
    command = [sys.executable, "-m", "samenet", *map(str, arguments)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    lines = [process.stderr.readline(), process.stderr.readline()]
    assert lines[1].startswith("[2/8]"), lines
    time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()
    assert run(*arguments, "-q").exit_code == 0
    study = Place(str(out / "trials.journal"), _study(out)).open()[1]
    states = [trial.state.name for trial in study.trials]
    assert states.count("COMPLETE") == 8
    assert states.count("FAIL") <= 1


def _study(folder: Path) -> str:
    from samenet.studies.storage import studies_in

    (name,) = studies_in(str(folder / "trials.journal"))
    return name


@pytest.mark.slow
def test_several_processes_give_what_one_gives(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    threads = {name: os.environ.get(name) for name in names}
    spec = written(tmp_path, ABLATION)
    url = f"sqlite:///{tmp_path / 'trials.db'}"
    for name, options in (("one", []), ("three", ["--jobs", 3, "--storage", url])):
        ended = run("ablate", spec, "-b", "torch", "-o", tmp_path / name, "-q", *options)
        assert ended.exit_code == 0, ended.output
    one, three = (
        [[r["values"] for r in v["runs"]] for v in result(tmp_path / name)["variants"]]
        for name in ("one", "three")
    )
    assert one == three
    assert {name: os.environ.get(name) for name in names} == threads


def test_a_search_and_its_best_spec(tmp_path: Path) -> None:
    spec, out = written(tmp_path, SEARCH), tmp_path / "out"
    ended = run("sweep", spec, "-b", "torch", "-o", out)
    assert ended.exit_code == 0, ended.output
    found = result(out)
    assert [trial["number"] for trial in found["trials"]] == [0, 1, 2]
    best = max(found["trials"], key=lambda trial: trial["value"])
    assert (
        found["best"] == best["number"]
        or best["value"] == (found["trials"][found["best"]]["value"])
    )
    parameters = found["trials"][found["best"]]["parameters"]
    text = (out / "best.net.toml").read_text(encoding="utf-8")
    assert text.startswith("# The smallest network that learns something.\n")
    assert text.splitlines()[5].endswith("# hidden units")
    spec_of_best = samenet.load(out / "best.net.toml")
    assert spec_of_best.optimizer.learning_rate == parameters["optimizer.learning_rate"]
    assert samenet.summary(spec_of_best).nodes[0].output_shape == (parameters["variables.width"],)
    trained = samenet.train(spec_of_best, "torch")
    assert max(trained.history["val_accuracy"]) >= found["trials"][found["best"]]["value"] - 0.02
    more = run("sweep", spec, "-b", "torch", "-o", out, "--trials", 4, "-q")
    assert more.exit_code == 0, more.output
    assert result(out)["trials"][:3] == found["trials"], "they were not done again"


def test_a_grid(tmp_path: Path) -> None:
    space = """
[search]
sampler = "grid"

[search.space]
"layers[0].dropout" = { choices = [0.0, 0.5] }
"variables.width" = { low = 8, high = 16, step = 8 }
"""
    spec = written(tmp_path, space)
    found = samenet.sweep(spec, "torch", epochs=1).data
    assert [tuple(trial["parameters"].values()) for trial in found["trials"]] == [
        (0.0, 8),
        (0.0, 16),
        (0.5, 8),
        (0.5, 16),
    ]


@pytest.mark.parametrize(
    ("command", "tables", "options", "words"),
    [
        ("ablate", "", ["--only", "droput"], "did you mean 'dropout'?"),
        ("sweep", "", [], "it has no table [search.space]"),
        ("sweep", SEARCH.replace("trials = 3", 'sampler = "grid"'), [], "a grid needs a step"),
        ("sweep", SEARCH, ["-b", "keras", "-b", "torch"], "give --backend once"),
        ("ablate", "", ["--storage", "nonsense://here", "--seeds", 1], "leads to no storage"),
    ],
)
def test_what_cannot_be_done(
    command: str, tables: str, options: list[Any], words: str, tmp_path: Path
) -> None:
    ended = run(command, written(tmp_path, tables), *options)
    assert ended.exit_code == 2, ended.output
    assert words in " ".join(ended.stderr.split())


@pytest.mark.parametrize(
    ("tables", "line", "words"),
    [
        ('[ablation]\nmonitor = "val_acuracy"', 2, "did you mean 'val_accuracy'?"),
        ('[ablation.changes.a]\n"layers[7].units" = 3', 2, "there is no layers[7]"),
        ('[ablation.changes.a]\n"variables.widht" = 3', 2, "did you mean 'width'?"),
        ('[ablation.changes.a]\n"variables.width" = -3', 2, "with the change 'a'"),
        ('[ablation.changes.a]\n"search.trials" = 3', 2, "has no part in the training"),
        ('[search.space]\n"optimizer.learning_rate" = { low = 1.0 }', 2, "low and high"),
        ('[search.space]\n"optimizer.learning_rate" = { low = 2, high = 1 }', 2, "less than high"),
        ('[search.space]\n"training.epochs" = { low = 0, high = 3 }', 2, "at least 1, found 0"),
        ('[search.space]\n"variables.width" = { choices = [8, "wide"] }', 2, "with variables"),
        ('[search.space]\n"a b" = { choices = [1] }', 2, "the path cannot be read"),
        ('[search]\nsampler = "grid"\npruning = true\n' + SPACE, 3, "a grid is trained"),
    ],
)
def test_mistakes_in_what_is_tried_have_a_place(
    tables: str, line: int, words: str, tmp_path: Path
) -> None:
    """When the spec is read, and not hours later."""
    spec = written(tmp_path, "\n", tables, "\n")
    ended = run("validate", spec)
    assert ended.exit_code == 1, ended.output
    assert words in " ".join(ended.output.split())
    first = SPEC.count("\n") + 1
    assert f"{spec}:{first + line}:" in ended.output


def test_tables_of_studies_change_no_program() -> None:
    spec = _tree(SPEC)
    studies = _tree(SPEC + ABLATION + SEARCH)
    for backend in ("keras", "torch"):
        assert samenet.compile(studies, backend).text == samenet.compile(spec, backend).text
    assert samenet.render(studies) == samenet.render(spec)
