"""Pages on results: all that is asked of them is there, and whatever is in a result stays text."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

import samenet
from samenet.cli import main
from samenet.verification.report import Report, Row
from tests.report.results import HOSTILE, SPEC, ablation, curve, sweep, write_json, write_run

VOID = {"meta", "link", "br", "img", "input", "hr"}
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "nav", "main", "article", "header"),
    *("section", "footer", "h1", "h2", "p", "ul", "li", "a", "div", "figure", "figcaption"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd"),
    *("details", "summary", "pre", "code", "span"),
    *("svg", "desc", "g", "rect", "path", "text", "circle"),
}


class Page(HTMLParser):
    """A page taken apart: its tags in number, their attributes, its text; closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(*paths: Path) -> Page:
    """The page on some results; what holds for every page is checked."""
    html = samenet.report(list(paths))
    page = Page(html)
    assert set(page.tags) <= ALLOWED
    assert page.tags["main"] == 1
    assert page.tags["h1"] == page.tags["article"] == len(paths)
    names = [name for name, _ in page.attributes]
    assert not [name for name in names if name.startswith("on") or name in ("src", "srcset")]
    links = [value for name, value in page.attributes if name == "href"]
    assert all(link.startswith("#") for link in links)
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", _styles(html))
    for picture in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
        root = ElementTree.fromstring(picture)
        assert root.attrib["role"] == "img"
    return page


def _styles(html: str) -> str:
    return "".join(re.findall(r"<style>.*?</style>", html, re.DOTALL))


def history(epochs: int = 6) -> dict[str, list[float | None]]:
    return {
        "loss": [1 / (i + 1) for i in range(epochs)],
        "accuracy": [i / epochs for i in range(epochs)],
        "val_loss": [[1.0, 0.5, 0.4, 0.45, 0.5, 0.6][i % 6] for i in range(epochs)],
        "val_accuracy": [0.5] * epochs,
        "learning_rate": [0.001 if i < 4 else 0.0001 for i in range(epochs)],
    }


def test_a_run_of_both_frameworks(tmp_path):
    for backend in ("keras", "torch"):
        folder = write_run(tmp_path / backend, backend, history())
        program = samenet.compile(SPEC, backend)
        (folder / f"small_{backend}.py").write_text(program.text)
    text = " ".join(read(tmp_path).text)
    assert "Keras: best at epoch 3 of 6, with val_loss 0.4000, val_accuracy 0.5000." in text
    assert "stopped early" in text
    assert "rate reduced" in text
    assert "67 parameters" in text  # 4 * 8 + 8 + 8 * 3 + 3
    assert {"Keras program", "PyTorch program", "spec of small"} <= set(
        map(str.strip, read(tmp_path).text)
    )
    assert "EarlyStopping" in text


@pytest.mark.slow
def test_a_real_training(tmp_path):
    """What `train` writes is what `report` reads."""
    run = CliRunner().invoke
    spec = write_json(tmp_path / "digits.net.json", {**DIGITS})
    out, page = tmp_path / "run", tmp_path / "page.html"
    trained = run(main, ["train", str(spec), "-b", "torch", "-q", "-o", str(out)])
    assert trained.exit_code == 0, trained.output
    ended = run(main, ["report", str(out), "-o", str(page)])
    assert ended.output == f"wrote {page}\n"
    recorded = json.loads((out / "torch" / "history.json").read_text())
    assert f"{recorded['val_loss'][-1]:.4f}" in page.read_text()


DIGITS = {
    **SPEC,
    "input": {"shape": [64]},
    "layers": [{"type": "dense", "units": 10, "activation": "softmax"}],
    "training": {**SPEC["training"], "epochs": 2},
    "data": {"source": "digits", "validation_split": 0.2},
}


@pytest.mark.parametrize("design", ["ladder", "one-at-a-time"])
def test_an_ablation(design, tmp_path):
    page = read(write_json(tmp_path / "result.json", ablation(design=design)))
    text = " ".join(page.text)
    assert "What helped" in text
    assert text.count("What each step added") == (design == "ladder")
    verdicts = {"better", "worse", "nothing shown", "too few seeds"}
    assert verdicts & set(map(str.strip, page.text))
    assert "118,282" in text


def test_the_best_variant_is_that_with_the_best_mean(tmp_path):
    tree = ablation()
    means = {v["title"]: v["summary"]["torch"]["val_accuracy"]["mean"] for v in tree["variants"]}
    best = max(means, key=lambda title: means[title])
    lead = " ".join(read(write_json(tmp_path / "a.json", tree)).text)
    assert f"Best val_accuracy with {best}: {means[best]:.4f}." in lead


@pytest.mark.parametrize(
    "options",
    [
        {"seeds": 1},
        {"epochs": 1},
        {"rungs": 0},
        {"rungs": 49, "seeds": 2, "epochs": 3},
        {"backends": ("keras", "torch")},
    ],
    ids=str,
)
def test_ablations_of_any_size(options, tmp_path):
    tree = ablation(**options)
    page = read(write_json(tmp_path / "result.json", tree))
    assert page.tags["details"] >= len(tree["variants"])


def test_effects_of_a_factorial_design(tmp_path):
    tree = ablation(rungs=2, design="factorial")
    found = {"difference": 0.5, "low": 0.25, "high": 0.75, "n": 3, "verdict": "better"}
    tree["effects"] = {"torch": {"dropout": {"val_accuracy": found}}}
    text = "".join(read(write_json(tmp_path / "result.json", tree)).text)
    assert "Effect of each technique" in text
    assert "dropout \u2013 0.3 behind 3 layers: +0.5000 [+0.2500, +0.7500], better" in text


def test_what_has_diverged_is_told(tmp_path):
    tree = ablation()
    variant = tree["variants"][1]
    for run in variant["runs"]:
        run["history"]["val_accuracy"] = [None, math.nan, math.inf]
        run["values"] = {name: None for name in run["values"]}
    variant["summary"] = {"torch": {}}
    verdict = {"difference": None, "low": None, "high": None, "n": 0, "verdict": "diverged"}
    variant["against_baseline"]["torch"]["val_accuracy"] = verdict
    assert "diverged" in " ".join(read(write_json(tmp_path / "result.json", tree)).text)


@pytest.mark.parametrize("trials", [0, 1, 24])
def test_a_sweep(trials, tmp_path):
    tree = sweep(trials)
    page = read(write_json(tmp_path / "result.json", tree))
    known = {t["value"]: t["number"] for t in tree["trials"] if t["value"] is not None}
    best = (
        f"Best val_accuracy: {max(known):.4f}, in trial {known[max(known)]}"
        if known
        else "No training"
    )
    assert best in " ".join(page.text)
    rows = [text for text in page.text if text.strip() in {"complete", "pruned", "diverged"}]
    assert len(rows) == trials


def test_a_verification(tmp_path):
    rows = (
        Row("initial weights", "", 0.0, 1e-8),
        Row("loss", "step 3", 0.5, 1e-8, "epsilon"),
        Row("shapes", "dense", math.inf, 0.0),
    )
    report = Report(
        "small",
        ("keras", "torch"),
        ("keras", "torch"),
        "float64",
        10,
        rows,
        ("a note",),
        samenet.render(SPEC),
    )
    file = tmp_path / "verify.json"
    file.write_text(report.as_json())
    text = " ".join(read(file).text)
    assert "keras and torch differ: loss at step 3 by 5.0e-01; epsilon." in text
    assert "not comparable" in text
    assert "a note" in text
    assert "67 parameters" in text


@pytest.mark.parametrize(
    "changed",
    [
        {"val_loss": None, "val_accuracy": None},
        {"loss": [None] * 6, "val_loss": [math.nan] * 6},
        {
            "loss": [1.0],
            "accuracy": [0.5],
            "val_loss": [1.0],
            "val_accuracy": [0.5],
            "learning_rate": [0.1],
        },
        {"learning_rate": None},
        {"learning_rate": [10.0**-i for i in range(6)]},
        {"loss": [1e308] * 6},
        {name: [] for name in history()},
    ],
    ids=["no validation", "NaN", "one epoch", "no rate", "rates", "huge", "no epoch"],
)
def test_odd_histories(changed, tmp_path):
    values = {name: v for name, v in {**history(), **changed}.items() if v is not None}
    assert read(write_run(tmp_path / "run", "torch", values)).tags["svg"] >= 2


def test_a_spec_that_cannot_be_read_is_shown_as_text(tmp_path):
    folder = write_run(tmp_path / "run", "torch", history())
    (folder / "spec.net.toml").write_text('version = 1\n[[layers]]\ntype = "my_own"\n')
    text = " ".join(read(folder).text)
    assert "its network is not drawn" in text
    assert "my_own" in text
    (folder / "spec.net.toml").unlink()
    assert "its network is not drawn" not in " ".join(read(folder).text)


def test_hostile_text_stays_text(tmp_path):
    """In names, values, folders, specs, programs: everywhere where a result has text."""
    values = {**history(), HOSTILE: [1.0] * 6, f"val_{HOSTILE}": [None] * 6}
    folder = write_run(
        tmp_path / 'a<b>&"c', HOSTILE, values, name=HOSTILE, versions={HOSTILE: HOSTILE}
    )
    (folder / "spec.net.toml").write_text(f"# {HOSTILE}\x00")
    tree = ablation(rungs=2)
    for item in (tree, *tree["variants"], *tree["techniques"]):
        item.update({key: HOSTILE for key in ("name", "title", "detail", "spec") if key in item})
    rows = (Row(HOSTILE, HOSTILE, 1.0, 0.0, HOSTILE),)
    searched = sweep(2)
    searched["trials"][0].update(parameters={HOSTILE: HOSTILE}, state=HOSTILE, error=HOSTILE)
    write_json(
        tmp_path / "sweep.json", {**searched, "sampler": HOSTILE, "importance": {HOSTILE: 1.0}}
    )
    report = Report(HOSTILE, (HOSTILE,), ("torch",), HOSTILE, 1, rows, (HOSTILE,), HOSTILE)
    (tmp_path / "verify.json").write_text(report.as_json())
    page = read(
        folder,
        write_json(tmp_path / "result.json", tree),
        tmp_path / "verify.json",
        tmp_path / "sweep.json",
    )
    assert "".join(page.text).count(HOSTILE) > 20


BAD = {
    "no JSON": "{",
    "another kind": '{"kind": "poem"}',
    "a list": "[1]",
    "nothing known": "{}",
    "not whole": '{"kind": "ablation", "format": 1}',
    "a later format": json.dumps({**ablation(rungs=1, epochs=1), "format": 2}),
    "deep": "[" * 100_000,
    "letters": '{"subjects": [], "rows": [{"what": 3}]}',
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_what_is_no_result_is_refused(text, tmp_path):
    file = tmp_path / "result.json"
    file.write_text(text)
    for path in (file, tmp_path):
        ended = CliRunner().invoke(main, ["report", str(path), "-o", str(tmp_path / "page.html")])
        assert ended.exit_code == 2
        assert "Error: " in ended.output
        assert "result.json" in ended.output
    assert not (tmp_path / "page.html").exists()


def test_folders_that_hold_no_result_are_refused(tmp_path):
    empty = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert empty.exit_code == 2
    assert "holds no run.json and no result.json" in empty.output
    write_json(tmp_path / "run.json", {"name": "x", "backend": "torch", "epochs": 1})
    half = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert half.exit_code == 2
    assert "history.json" in half.output
    assert CliRunner().invoke(main, ["report", str(tmp_path / "nowhere")]).exit_code == 2
    with pytest.raises(ValueError, match="name a folder"):
        samenet.report([])


def test_a_name_of_a_run_leads_to_no_other_folder(tmp_path):
    (tmp_path / "secret_torch.py").write_text("SECRET = 1")
    folder = write_run(tmp_path / "run", "torch", history(), name="../secret")
    assert "SECRET" not in "".join(read(folder).text)


def test_the_same_result_gives_the_same_page(tmp_path):
    file = write_json(tmp_path / "result.json", ablation(rungs=2, epochs=3))
    assert samenet.report(file) == samenet.report([str(file)])


def test_made_up_curves_are_plausible():
    """The results of these tests: accuracies within 0 and 1."""
    import random

    values = curve(0.9, 30, 0.05, random.Random(0))
    assert all(0 <= v <= 1 for name in ("accuracy", "val_accuracy") for v in values[name])
