"""A layer of one's own, as `docs/custom_layers.md` shows it: its files are taken from there."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from typing import Literal

import pytest
from click.testing import CliRunner

import samenet
from samenet.cli import main
from samenet.codegen.helpers import source
from samenet.extending import Layer, call, helper_file, lowers, register
from samenet.layers import CATALOGUE
from tests.layers.harness import LayerCase, check_layer
from tests.specs import ROOT

PAGE = (ROOT / "docs" / "custom_layers.md").read_text()
FILES = re.findall(r"`(swiglu\w*\.py)` [^\n]*:\n\n```python\n(.*?)```", PAGE, re.DOTALL)
SPEC = {
    "version": 1,
    "input": {"shape": [6]},
    "layers": [{"type": "swiglu", "units": 4}, {"type": "dense", "units": 1}],
    "optimizer": {"type": "sgd"},
    "training": {"loss": "mean_squared_error"},
    "data": {"source": "arrays"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("layers")
    assert [name for name, _ in FILES] == ["swiglu.py", "swiglu_keras.py", "swiglu_torch.py"]
    for name, text in FILES:
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def swiglu(folder):
    sys.modules.pop("swiglu", None)
    runpy.run_path(str(folder / "swiglu.py"))
    yield CATALOGUE["swiglu"]
    del CATALOGUE._classes["swiglu"]  # other tests judge the catalogue as it comes


@pytest.mark.parametrize("shape", [(5,), (3, 5)])
def test_a_layer_of_ones_own_is_the_same_in_both_frameworks(swiglu, shape, float64):
    check_layer(LayerCase({"type": "swiglu", "units": 4}, shape, (*shape[:-1], 4), parameters=40))


def test_its_keys_are_checked_like_those_of_any_layer(swiglu):
    layers = [{"type": "swiglu", "unts": 4}, {"type": "dense", "units": 0}]
    found = samenet.validate({**SPEC, "layers": layers})
    assert {item.path for item in found} == {("layers", 0, "unts"), ("layers", 1, "units")}
    assert any("units" in item.hint for item in found)


def test_its_programs_carry_its_classes(swiglu):
    for backend, base in (("keras", "layers.Layer"), ("torch", "nn.Module")):
        text = samenet.compile(SPEC, backend).text
        assert text.count(f"class SwiGLU({base}):") == 1


def test_a_file_of_layers_is_named_on_the_command_line(folder, tmp_path):
    spec = tmp_path / "a.net.toml"
    spec.write_text(
        'version = 1\ninput.shape = [6]\nlayers = [{ type = "swiglu", units = 1 }]\n'
        'optimizer.type = "sgd"\ntraining.loss = "mean_squared_error"\ndata.source = "arrays"\n'
    )
    command = [sys.executable, "-m", "samenet"]
    without = subprocess.run(
        [*command, "validate", spec], check=False, capture_output=True, text=True
    )
    assert without.returncode == 1
    assert 'layers[0].type is "swiglu"' in without.stdout
    arguments = ["--layers", folder / "swiglu.py", "validate", spec]
    subprocess.run([*command, *arguments], check=True)


def test_a_file_of_layers_that_fails_is_told_with_its_line(tmp_path):
    file = tmp_path / "broken.py"
    file.write_text("import samenet\n\nsamenet.register(3)\n")
    ended = CliRunner().invoke(main, ["--layers", str(file), "validate", str(tmp_path)])
    assert ended.exit_code == 2
    assert "broken.py:3: TypeError: register takes a subclass" in ended.output


class Twice(Layer):
    """x + x."""

    type: Literal["dense"]


class Nameless(Layer):
    """x."""


def test_what_cannot_be_registered_is_refused():
    with pytest.raises(ValueError, match="Twice has no lowering for keras; write a function"):
        register(Twice)
    for kind in (Twice, Nameless):
        for backend in ("keras", "torch"):
            lowers(kind, backend)(lambda layer, node: call("layers.Identity"))
    with pytest.raises(ValueError, match="'dense' is taken by"):
        register(Twice)
    with pytest.raises(ValueError, match="Nameless needs a field type"):
        register(Nameless)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import pandas\n", ":1: programs cannot import 'pandas'"),
        ("\nimport numpy\n", ":2: programs cannot import 'numpy' so"),
        ("from os import system\n", ":1: programs cannot import 'system'"),
        ("def f(:\n", ":1: invalid syntax"),
    ],
)
def test_helper_files_import_what_programs_have(tmp_path, text, words):
    file = tmp_path / "helper_of_mine.py"
    file.write_text(text)
    with pytest.raises(ValueError, match=re.escape(words)):
        helper_file(file)


def test_helpers_of_one_name_do_not_replace_each_other(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same_stem.py").write_text("class BatchNorm1d:\n    pass\n")
    name = helper_file(tmp_path / "a" / "same_stem.py")
    with pytest.raises(ValueError, match="has the same name; choose another one"):
        helper_file(tmp_path / "b" / "same_stem.py")
    with pytest.raises(ValueError, match="'BatchNorm1d', which a program has already"):
        source([(name, "BatchNorm1d"), ("torch/layers", "BatchNorm1d")])
