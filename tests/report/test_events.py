"""What happened in a training, against the callbacks of a program and traces made by hand."""

from __future__ import annotations

import math
import random

import pytest

import samenet
from samenet import runtime
from samenet.reports.events import events
from tests.report.results import SPEC


def spec(**stopping):
    callbacks = [SPEC["callbacks"][0], {"type": "early_stopping", **stopping}]
    return samenet.load({**SPEC, "callbacks": callbacks})


def test_a_trace():
    history = {
        "val_loss": [1.0, 0.8, 0.7, 0.71, 0.72, 0.73],
        "learning_rate": [0.1, 0.1, 0.1, 0.1, 0.1, 0.01],
    }
    found = events(history, spec(patience=3, restore_best_weights=True))
    assert [(event.epoch, event.what) for event in found] == [
        (3, "best epoch"),
        (5, "rate reduced"),
        (6, "stopped early"),
    ]
    assert found[0].detail == "val_loss 0.7000; its weights were restored"
    assert found[1].detail == "0.1000 \u2192 0.0100"


def test_a_training_that_ended_by_itself_was_not_stopped():
    found = events({"val_loss": [3.0, 2.0, 1.0]}, spec(patience=1))
    assert [(event.epoch, event.what) for event in found] == [(3, "best epoch")]


def test_a_schedule_is_no_plateau():
    schedule = {"type": "exponential_decay", "decay_steps": 1, "decay_rate": 0.5}
    loaded = samenet.load({**SPEC, "schedule": schedule, "callbacks": []})
    assert events({"learning_rate": [1.0, 0.5]}, loaded) == ()


@pytest.mark.parametrize("mode", ["min", "max"])
def test_decisions_are_those_of_the_program(mode):
    """The class that a program stops with, on a thousand random histories."""
    arguments = {"patience": 2, "min_delta": 0.05, "start_from_epoch": 1, "baseline": 0.6}
    monitor = "val_loss" if mode == "min" else "val_accuracy"
    loaded = spec(monitor=monitor, **arguments)
    module = runtime.execute(samenet.compile(loaded, "torch"))
    draw = random.Random(1)
    for _ in range(1000):
        values = [draw.choice([draw.random(), math.nan, 0.5]) for _ in range(8)]
        callback = module.EarlyStopping(
            None, monitor=monitor, mode=mode, restore_best_weights=False, **arguments
        )
        best_epoch, best, ran = 0, None, 0
        for epoch, value in enumerate(values):
            callback.on_epoch_end(epoch, {monitor: value})
            if callback.best is not best:
                best, best_epoch = callback.best, epoch + 1
            ran = epoch + 1
            if callback.stop_training:
                break
        history = {monitor: [None if math.isnan(v) else v for v in values[:ran]]}
        found = {event.what: event.epoch for event in events(history, loaded)}
        expected = {"stopped early": ran} if callback.stop_training else {}
        if best is not None and math.isfinite(best):
            expected["best epoch"] = best_epoch
        assert found == expected
