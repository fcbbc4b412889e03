"""`verify` finds what differs, says where, and finds nothing where nothing does.

What differs is put there by editing a compiled program, as its owner might.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import samenet
from samenet.cli import main
from samenet.compiler import Program, graph_of
from samenet.lowering import BACKENDS
from samenet.verification import Report, comparison, masks, samples
from tests.specs import ROOT

SPEC: dict[str, Any] = {
    "version": 1,
    "name": "verified",
    "input": {"shape": [8, 8, 2]},
    "layers": [
        {
            "type": "conv2d",
            "filters": 4,
            "kernel_size": 3,
            "strides": 2,
            "padding": "same",
            "batch_normalization": "before_activation",
            "activation": "relu",
        },
        {"type": "spatial_dropout2d", "rate": 0.3},
        {"type": "flatten"},
        {"type": "dense", "units": 6, "activation": "tanh"},
        {"type": "dropout", "rate": 0.4},
        {"type": "dense", "units": 3, "activation": "softmax"},
    ],
    "optimizer": {"type": "adam", "learning_rate": 0.01, "weight_decay": 0.01},
    "schedule": {"type": "cosine_decay", "clock": "step"},
    "training": {
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
        "batch_size": 16,
    },
    "data": {"source": "arrays"},
}


def test_what_is_the_same_is_found_to_be_the_same():
    report = samenet.verify(SPEC)
    assert report.agrees, report.verdict
    assert report.first is None
    assert max(row.difference for row in report.rows) < 1e-11  # measured: 2e-12
    compared = " ".join(row.what for row in report.rows)
    for what in (
        *("10 weights", "initial weights", "samples", "layers in inference"),
        *("layers in training", "predictions", "loss", "gradients", "weights after each step"),
        *("statistics after", "learning rate", "history", "predictions after"),
    ):
        assert what in compared
    assert not report.notes


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "complete",
        "batch_normalization_after",
        "networks/lenet5",
        "networks/siamese",
        "networks/transformer_classifier",
        "networks/wide_and_deep",
        "networks/text_cnn",
    ],
)
def test_networks_are_the_same(name):
    report = samenet.verify(ROOT / "specs" / f"{name}.net.toml", steps=4, batch_size=16)
    assert report.agrees, report.verdict
    assert max(row.difference for row in report.rows) < 1e-9  # measured: 3e-11


def test_in_single_precision():
    before = [samenet.runtime.float_type(backend) for backend in BACKENDS]
    report = samenet.verify(SPEC, precision="float32", steps=4)
    assert report.agrees, report.verdict
    assert 1e-9 < max(row.difference for row in report.rows) < 1e-3
    assert [samenet.runtime.float_type(backend) for backend in BACKENDS] == before


def edited(tmp_path: Path, backend: str, *changes: tuple[str, str]) -> Path:
    """A compiled program with some of its text replaced."""
    text = samenet.compile(SPEC, backend).text
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    file = tmp_path / "edited.py"
    file.write_text(text)
    return file


EDITS: dict[str, tuple[str, tuple[str, str], str, str]] = {
    "another stride": (
        "keras",
        ("strides=2", "strides=1"),
        "weights by name, shape",
        "dense/kernel",
    ),
    "another epsilon": (
        "torch",
        ("eps=0.001", "eps=0.01"),
        "layers in inference",
        "conv2d_batch_normalization",
    ),
    "another momentum": (
        "torch",
        ("momentum=0.01", "momentum=0.02"),
        "statistics after each step",
        "step 1, conv2d_batch_normalization/moving_",
    ),
    "another activation in Keras": (
        "keras",
        ('activation="tanh"', 'activation="sigmoid"'),
        "layers in inference",
        "the input of dropout",
    ),
    "another activation in PyTorch": (
        "torch",
        ("torch.tanh(", "torch.sigmoid("),
        "layers in inference",
        "the input of dense_1",
    ),
    "another rate": (
        "torch",
        ("nn.Dropout(0.4)", "nn.Identity()"),
        "random layers",
        "1 dropout modules for 2 dropout layers",
    ),
    "another learning rate": (
        "keras",
        ("initial=0.01", "initial=0.02"),
        "weights after each step",
        "step 1, ",
    ),
    "no weight decay": (
        "torch",
        ("weight_decay=0.01", "weight_decay=0.0"),
        "weights after each step",
        "step 1, ",
    ),
    "another seed": ("keras", ("SEED = 0", "SEED = 1"), "initial weights", ""),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_found_and_placed(name, tmp_path):
    backend, change, what, where = EDITS[name]
    report = samenet.verify(SPEC, program=edited(tmp_path, backend, change), steps=4)
    assert not report.agrees
    assert report.first is not None
    assert what in report.first.what, report.verdict
    assert where in report.first.where, report.verdict
    assert report.subjects == ("the spec's program", "edited.py")
    assert report.backends == (backend, backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_edit_that_changes_nothing(backend, tmp_path):
    file = edited(tmp_path, backend, ("BATCH_SIZE = 16", "BATCH_SIZE = 16  # as published"))
    report = samenet.verify(SPEC, program=file, steps=4)
    assert report.agrees
    assert {row.difference for row in report.rows} == {0.0}


def test_a_wrong_lowering_is_found_across_frameworks(monkeypatch):
    """As if the PyTorch program were translated in the usual way."""
    compile_spec = comparison.compile_spec

    def wrong(spec: Any, backend: Any) -> Program:
        program = compile_spec(spec, backend)
        usual = program.text.replace("BatchNorm2d(4, eps", "nn.BatchNorm2d(4, eps")
        return program if backend == "keras" else Program(backend, usual)

    monkeypatch.setattr(comparison, "compile_spec", wrong)
    report = samenet.verify(SPEC, steps=4)
    assert report.first is not None
    assert "statistics" in report.first.what
    assert report.first.where == "step 1, conv2d_batch_normalization/moving_variance"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("print('hello')\n", "imports neither keras nor torch"),
        ("import torch\nraise OSError('no')\n", "does not run: OSError: no"),
        ("import torch\n", "has no build_model"),
        ("import keras\n\n\ndef build_model(:\n", "does not run: SyntaxError"),
    ],
)
def test_what_is_no_program(text, message, tmp_path):
    file = tmp_path / "program.py"
    file.write_text(text)
    with pytest.raises(ValueError, match=message):
        samenet.verify(SPEC, program=file)


def test_a_program_that_fails_on_the_way(tmp_path):
    file = edited(tmp_path, "torch", ("self.dense(", "self.nothing("))
    report = samenet.verify(SPEC, program=file)
    assert report.first is not None
    assert report.first.what == "running it"
    assert "AttributeError" in report.verdict


def test_random_layers_that_cannot_share_draws_are_named():
    layers = [{"type": "gaussian_noise", "stddev": 0.1}, *SPEC["layers"]]
    report = samenet.verify({**SPEC, "layers": layers}, steps=2)
    assert report.agrees
    assert report.notes == ("training was not compared: gaussian_noise draw at random",)


SEVERAL: dict[str, Any] = {
    **SPEC,
    "inputs": {"a": {"shape": [6]}, "b": {"shape": [4], "dtype": "int32"}},
    "blocks": {
        "residual": {
            "parameters": ["units"],
            "layers": [
                {"type": "dense", "units": "${units}", "activation": "gelu", "dropout": 0.2},
                {"type": "layer_normalization"},
                {"type": "add", "inputs": ["input", "layer_normalization"]},
            ],
        }
    },
    "layers": [
        {"type": "embedding", "input_dim": 5, "output_dim": 3, "inputs": "b"},
        {"type": "flatten", "name": "flat"},
        {"type": "dense", "units": 8, "inputs": "a"},
        {"block": "residual", "with": {"units": 8}, "repeat": 3, "name": "stage"},
        {"type": "concatenate", "inputs": ["stage", "flat"], "name": "both"},
        {"type": "dense", "units": 3, "activation": "softmax", "name": "kind"},
        {"type": "dense", "units": 1, "name": "price", "inputs": "both"},
    ],
    "outputs": ["kind", "price"],
    "training": {
        "loss": {"kind": "sparse_categorical_crossentropy", "price": "mean_squared_error"},
        "metrics": {"kind": ["accuracy"]},
        "loss_weights": {"price": 0.3},
        "batch_size": 16,
    },
}
del SEVERAL["input"]


def test_several_inputs_and_outputs_and_repeated_blocks_with_dropout():
    report = samenet.verify(SEVERAL)
    assert report.agrees, report.verdict
    # gelu: TensorFlow's constant of single precision.
    assert max(row.difference for row in report.rows) < 1e-7  # measured: 4e-8


def test_callbacks_write_nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    callbacks = [
        {"type": "csv_logger", "filename": "log.csv"},
        {"type": "model_checkpoint", "filepath": "best.keras", "monitor": "loss"},
    ]
    report = samenet.verify({**SPEC, "callbacks": callbacks}, steps=2)
    assert report.agrees, report.verdict
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["dropout", "spatial_dropout2d"])
def test_masks_are_those_of_dropout(name):
    graph = graph_of(samenet.load(SPEC))
    node = next(node for node in masks.maskable(graph) if node.kind == name)
    shape = (400, 5, 5, 8)
    found = masks.mask(node, 0, shape, seed=0)
    rate = node.layer.rate
    assert set(np.unique(found)) == {0.0, 1 / (1 - rate)}
    np.testing.assert_allclose((found == 0).mean(), rate, atol=0.02)
    per_channel = (found == found[:, :1, :1]).all()
    assert per_channel == (name == "spatial_dropout2d")
    np.testing.assert_array_equal(found, masks.mask(node, 0, shape, seed=0))
    assert (found != masks.mask(node, 1, shape, seed=0)).any()


def test_made_numbers_fit_the_tables_that_they_index():
    spec = samenet.load(ROOT / "specs" / "networks" / "text_cnn.net.toml")
    graph = graph_of(spec)
    x, y = samples.made(spec, graph, 500)
    assert 19_000 < x.max() < 20_000
    assert y.shape == (500,)


# The command


def run(*arguments: str | Path) -> Any:
    result = CliRunner().invoke(main, ["verify", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.net.json"
    path.write_text(json.dumps(SPEC))
    return path


def test_the_command_says_what_the_function_says(file):
    result = run(file, "--steps", "4", "--format", "json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    report: Report = samenet.verify(SPEC, steps=4)
    assert found["agrees"] is True
    assert [row["what"] for row in found["rows"]] == [row.what for row in report.rows]
    text = run(file, "--steps", "4").stdout
    assert "keras and torch are the same network with the same training, in float64." in text
    table = run(file, "--steps", "4", "--format", "markdown").stdout
    assert table.count("| same |") == len(report.rows)


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_a_difference_ends_with_status_1(form, file, tmp_path):
    program = edited(tmp_path, "torch", ("eps=0.001", "eps=0.01"))
    result = run(file, "--program", program, "--format", form, "--steps", "2")
    assert result.exit_code == 1
    assert "conv2d_batch_normalization" in result.stdout


def test_wrong_usage(file, tmp_path):
    assert run(file, "--steps", "1").exit_code == 2
    program = tmp_path / "other.py"
    program.write_text("print(1)\n")
    result = run(file, "--program", program)
    assert result.exit_code == 2
    assert "imports neither keras nor torch" in " ".join(result.stderr.split())


def test_the_function_refuses_too_few_steps():
    with pytest.raises(ValueError, match="at least 2"):
        samenet.verify(SPEC, steps=1)
