"""Training that goes on bit by bit where it was interrupted."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

import keras
from keras import ops

from ..shared.data import DataError
from ..shared.files import replacing

# The attributes of Keras' callbacks that change from epoch to epoch.
CALLBACK_STATE = {
    "_ema_weights_in_model",
    "best",
    "best_epoch",
    "best_weights",
    "columns",
    "cooldown_counter",
    "last_weights",
    "stopped_epoch",
    "text",
    "wait",
}


class TrainingState(keras.callbacks.History):
    """All that training changes; the order of samples is a function of the epoch.

    It stands behind the other callbacks: Keras resets these when training begins.
    """

    def __init__(
        self,
        callbacks: Sequence[keras.callbacks.Callback],
        checkpoint: Checkpoint | None,
        rate_by_step: bool = False,
    ) -> None:
        super().__init__()
        self.callbacks, self.checkpoint = callbacks, checkpoint
        self.rate_by_step = rate_by_step
        self.saved = checkpoint.load() if checkpoint else None
        if self.saved:
            self.history = self.saved["history"]

    @property
    def next_epoch(self) -> int:
        """The epoch that comes next, counted from 0."""
        return len(self.history.get("loss", ()))

    @property
    def stopped(self) -> bool:
        """Whether a callback has stopped the training that goes on."""
        return bool(self.saved and self.saved["stopped"])

    def on_train_begin(self, logs: Any = None) -> None:
        super().on_train_begin(logs)
        if self.saved:
            self.load_state_dict(self.saved)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.rate = self.learning_rate()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        # Callbacks may have set the rate of the next epoch already.
        rate = self.learning_rate() if self.rate_by_step else self.rate
        logs["learning_rate"] = rate
        super().on_epoch_end(epoch, logs)
        if self.checkpoint:
            self.checkpoint.save(self.state_dict())

    def learning_rate(self) -> float:
        """What it is now."""
        model: Any = self.model
        return float(model.optimizer.learning_rate)

    def state_dict(self) -> dict[str, Any]:
        """What it is after an epoch; the variables include the state of dropout."""
        model: Any = self.model
        return {
            "variables": [ops.convert_to_numpy(v) for v in model.variables],
            "optimizer": [ops.convert_to_numpy(v) for v in model.optimizer.variables],
            "callbacks": [
                {name: vars(item)[name] for name in CALLBACK_STATE & vars(item).keys()}
                for item in self.callbacks
            ],
            "history": self.history,
            "stopped": model.stop_training,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Make it what it was."""
        model: Any = self.model
        model.optimizer.build(model.trainable_variables)
        for kind, variables in (
            ("variables", model.variables),
            ("optimizer", model.optimizer.variables),
        ):
            for variable, value in zip(variables, state[kind], strict=True):
                variable.assign(value)
        for callback, saved in zip(self.callbacks, state["callbacks"], strict=True):
            vars(callback).update(saved)


@dataclass
class Checkpoint:
    """The file in a folder with the state of training after its last whole epoch."""

    folder: Path

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.folder / "checkpoint.npz"

    def load(self) -> dict[str, Any] | None:
        """The state, or None before the first epoch; an error if it is damaged."""
        if not self.path.exists():
            return None
        try:
            with self.path.open("rb") as opened, np.load(opened) as file:
                return unpacked(json.loads(str(file["state"])), file)
        except (BadZipFile, EOFError, KeyError, ValueError, zlib.error) as error:
            raise DataError(f"{self.path} is no checkpoint: {error}") from error

    def save(self, state: dict[str, Any]) -> None:
        """Replace the state; whatever happens, the old or the new one can be loaded.

        The old one stays if the loss of the epoch or a weight after it is not finite.
        """
        if not is_finite(state):
            return
        arrays: dict[str, Any] = {}
        values = packed(state, arrays)
        with replacing(self.path) as new:
            np.savez(new, state=json.dumps(values), **arrays)


def is_finite(state: dict[str, Any]) -> bool:
    """Whether the loss of the last epoch and all weights after it are finite."""
    return math.isfinite(state["history"]["loss"][-1]) and all(
        bool(np.isfinite(values).all()) for values in state["variables"]
    )


def packed(value: Any, arrays: dict[str, Any]) -> Any:
    """A value with the name of an array in `arrays` in place of each array in it."""
    if isinstance(value, dict):
        return {key: packed(item, arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [packed(item, arrays) for item in value]
    if not isinstance(value, np.ndarray):
        return value
    name = f"array_{len(arrays)}"
    arrays[name] = value
    return {"array": name}


def unpacked(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """The value that was packed."""
    if isinstance(value, list):
        return [unpacked(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"array"}:
        return arrays[value["array"]]
    return {key: unpacked(item, arrays) for key, item in value.items()}
