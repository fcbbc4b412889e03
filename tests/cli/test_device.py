"""Where a network is built and trained."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

import samenet
from samenet import FrameworkError, runtime
from samenet.cli import main
from samenet.lowering import BACKENDS
from tests.specs import ROOT

BASIC = ROOT / "specs" / "basic.net.toml"


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_device_that_is_not_there_is_an_error_with_those_that_are(backend):
    with pytest.raises(FrameworkError, match=r"no device 'cuda:7' here; allowed: auto"):
        samenet.build(BASIC, backend, device="cuda:7")
    for command in ("build", "train"):
        arguments = [command, str(BASIC), "-b", backend, "--device", "cuda:7"]
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 3
        assert f"error: {backend} finds no device 'cuda:7' here" in result.stderr


def test_torch_builds_on_the_device(monkeypatch):
    module = runtime.execute(samenet.compile(BASIC, "torch"))
    monkeypatch.setattr(module, "devices", lambda: ["meta", "cpu"])
    for device in ("meta", "cpu"):
        model = runtime.build_model(module, "torch", device)
        assert {weight.device.type for weight in model.parameters()} == {device}


TWO_DEVICES = f"""
import tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

import samenet
from samenet import runtime
source = {str(BASIC)!r}
module = runtime.execute(samenet.compile(source, "keras"))
module.devices = lambda: ["gpu:0", "cpu:0", "cpu:1"]  # the first stands for a GPU
model = samenet.train(source, "keras", epochs=1, device="cpu:1").model
print({{v.value.device[-5:] for v in [*model.variables, *model.optimizer.variables]}})
"""


@pytest.mark.slow
def test_keras_trains_on_the_device():
    """The processor shown to TensorFlow as two devices: all that training changes is on one."""
    result = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "{'CPU:1'}"
